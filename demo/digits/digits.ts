import * as tf from '@tensorflow/tfjs';

import {shuffled} from '../../examples/digits/random';

/** The number of pixels on each side of an image. */
export const SIDE = 28;
const PIXELS = SIDE * SIDE;
/** The number of digits to tell apart. */
export const CLASSES = 10;

/** What a network trains on: `xs` [n, 784] from 0 to 1 and `ys` [n, 10], one-hot. */
export interface Batch {
  readonly xs: tf.Tensor2D;
  readonly ys: tf.Tensor2D;
}

/** Images and the digits that they show, as bytes. Only the images of a batch become tensors. */
export class Digits {
  readonly #pixels: Uint8Array;
  readonly #labels: Uint8Array;

  /** @param pixels from 0 (paper) to 255 (ink), image after image. */
  constructor(pixels: Uint8Array, labels: Uint8Array) {
    this.#pixels = pixels;
    this.#labels = labels;
  }

  /** The digits in bytes as digits_asset.ts describes them. */
  static of(bytes: Uint8Array): Digits {
    const size = bytes.length / (PIXELS + 1);
    if (!Number.isInteger(size))
      throw new Error(`digits.bin must hold ${PIXELS + 1} bytes per image; it has ${bytes.length} bytes.`);
    return new Digits(bytes.subarray(size), bytes.subarray(0, size));
  }

  get size(): number {
    return this.#labels.length;
  }

  /** The images from `start` to `end`, without `end`. */
  slice(start: number, end: number): Digits {
    return new Digits(this.#pixels.subarray(start * PIXELS, end * PIXELS), this.#labels.subarray(start, end));
  }

  /** The digit that image `i` shows. */
  label(i: number): number {
    const label = this.#labels[i];
    if (label === undefined) throw new Error(`There is no image ${i}; there are ${this.size}.`);
    return label;
  }

  /** Image `i`, 784 numbers from 0 to 1. */
  image(i: number): Float32Array {
    return Float32Array.from(this.#pixels.subarray(i * PIXELS, (i + 1) * PIXELS), ink => ink / 255);
  }

  /** The images at these places. The caller must dispose the batch. */
  batch(places: readonly number[]): Batch {
    const xs = new Float32Array(places.length * PIXELS);
    const ys = new Float32Array(places.length * CLASSES);
    places.forEach((place, row) => {
      xs.set(this.image(place), row * PIXELS);
      ys[row * CLASSES + this.label(place)] = 1;
    });
    return {xs: tf.tensor2d(xs, [places.length, PIXELS]), ys: tf.tensor2d(ys, [places.length, CLASSES])};
  }

  /** The places of all images, in order, in batches of `n`. */
  *batches(n: number): Generator<readonly number[]> {
    for (let start = 0; start < this.size; start += n) yield range(start, Math.min(start + n, this.size));
  }
}

/** The order in which a training sees the images. The seed decides it, and each epoch has another order. */
export class Batches {
  readonly #size: number;
  readonly #batch: number;
  readonly #seed: number;
  #epoch = -1;
  #order: readonly number[] = [];

  constructor(size: number, batch: number, seed: number) {
    this.#size = size;
    this.#batch = batch;
    this.#seed = seed;
  }

  get perEpoch(): number {
    return Math.ceil(this.#size / this.#batch);
  }

  /** The places of the images of a step. Steps are counted over all epochs. */
  at(step: number): readonly number[] {
    const epoch = Math.floor(step / this.perEpoch);
    if (epoch !== this.#epoch) {
      this.#order = shuffled(this.#size, this.#seed * 1000 + epoch);
      this.#epoch = epoch;
    }
    const start = (step - epoch * this.perEpoch) * this.#batch;
    return this.#order.slice(start, start + this.#batch);
  }
}

/** Fetches the digits from the file that digits_asset.ts adds to the page and describes. */
export async function loadDigits(): Promise<Digits> {
  const response = await fetch('digits.bin');
  if (!response.ok || response.body === null)
    throw new Error(`The digits cannot be loaded: the status of digits.bin is ${response.status}.`);
  const bytes = new Uint8Array(
    await new Response(response.body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer(),
  );
  return Digits.of(bytes);
}

function range(start: number, end: number): number[] {
  return Array.from({length: end - start}, (_, i) => start + i);
}
