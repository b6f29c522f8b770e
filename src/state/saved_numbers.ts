import * as tf from '@tensorflow/tfjs-core';

import type {Lending} from './lending';

/** Int32 tensors by name. For the same numbers it returns the same tensor again. */
export class SavedNumbers {
  readonly #lending: Lending;
  readonly #tensors = new Map<string, {readonly numbers: Int32Array; readonly tensor: tf.Tensor}>();

  constructor(lending: Lending) {
    this.#lending = lending;
  }

  /** A tensor of these numbers. It lives until other numbers get its name, or until `dispose`. */
  tensor(name: string, numbers: Int32Array, shape: number[]): tf.Tensor {
    const last = this.#tensors.get(name);
    if (last !== undefined && tf.util.arraysEqual(last.numbers, numbers)) return last.tensor;
    if (last !== undefined) this.#lending.release(last.tensor);
    // A copy, because the CPU backend shares the array.
    const tensor = tf.keep(tf.tensor(numbers.slice(), shape, 'int32'));
    this.#tensors.set(name, {numbers, tensor});
    return tensor;
  }

  dispose(): void {
    for (const {tensor} of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}
