import * as tf from '@tensorflow/tfjs-core';

import {isTensor} from '../util/tensors';

/** How many turns of the microtask queue a tensor stays lent: `await` takes 1, an async method in between 3 more. */
const TURNS = 4;

/**
 * Lends tensors that the optimizer owns. tfjs reads them a microtask later and must not see a step that was made in
 * between. Until then they stay as they are. The optimizer continues with another tensor on the same data; a step then
 * writes to other memory, because the data are shared.
 */
export class Lending {
  /** How many loans each tensor is in now. A tensor that is not lent is absent. */
  readonly #lent = new Map<tf.Tensor, number>();
  /** Lent tensors that are no longer the optimizer's state. They are disposed when their last loan ends. */
  readonly #retired = new Set<tf.Tensor>();

  /** Lends tensors. The promise resolves when the loan ends. */
  async lend(tensors: readonly tf.Tensor[]): Promise<void> {
    const count = (tensor: tf.Tensor, by: number): number => {
      const now = by + (this.#lent.get(tensor) ?? 0);
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

  /**
   * Replaces lent tensors in the optimizer's state. Must be called before the state is written or disposed.
   * @param states returns all of the state.
   */
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

  /** Disposes a tensor: now, or when its last loan ends. */
  release(tensor: tf.Tensor): void {
    if (this.#lent.has(tensor)) this.#retired.add(tensor);
    else tensor.dispose();
  }

  /** Disposes lent tensors that are no longer the optimizer's state. */
  dispose(): void {
    tf.dispose([...this.#retired]);
    this.#retired.clear();
  }
}
