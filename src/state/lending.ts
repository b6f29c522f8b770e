import * as tf from '@tensorflow/tfjs-core';

import {isTensor} from '../util/tensors';

/** For how many turns of the microtask queue: `await` takes one, and an async method in between three more. */
const TURNS = 4;

/**
 * Tensors that the optimizer owns and hands out. tfjs reads them a microtask later, and a step in between must not be
 * what it reads: until then they stay as they are. What takes their place in the optimizer is another tensor on the
 * same data, so that a step writes elsewhere.
 */
export class Lending {
  /** How often each is handed out now. */
  readonly #lent = new Map<tf.Tensor, number>();
  /** Not the optimizer's state any more: they go as soon as they are not handed out. */
  readonly #retired = new Set<tf.Tensor>();

  /** Hands out tensors. */
  async lend(tensors: readonly tf.Tensor[]): Promise<void> {
    const count = (tensor: tf.Tensor, by: number): number => {
      const now = (this.#lent.get(tensor) ?? 0) + by;
      this.#lent.set(tensor, now);
      return now;
    };
    for (const tensor of tensors) count(tensor, 1);
    for (let i = 0; i < TURNS; i++) await Promise.resolve();
    for (const tensor of tensors) {
      if (count(tensor, -1) > 0) continue;
      this.#lent.delete(tensor);
      if (this.#retired.delete(tensor)) tensor.dispose();
    }
  }

  /** To be called before the optimizer's state is written or disposed. @param states gives all of it. */
  replace(states: () => ReadonlyArray<Record<string, tf.Tensor | number>>): void {
    if (this.#lent.size === 0) return;
    for (const entries of states()) {
      for (const [name, value] of Object.entries(entries)) {
        if (!isTensor(value) || !this.#lent.has(value)) continue;
        entries[name] = tf.keep(value.clone());
        this.#retired.add(value);
      }
    }
  }

  /** Disposes a tensor, once it is not handed out any more. */
  release(tensor: tf.Tensor): void {
    if (this.#lent.has(tensor)) this.#retired.add(tensor);
    else tensor.dispose();
  }

  /** Disposes what is not the optimizer's state any more. */
  dispose(): void {
    tf.dispose([...this.#retired]);
    this.#retired.clear();
  }
}
