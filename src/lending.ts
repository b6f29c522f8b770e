import * as tf from '@tensorflow/tfjs-core';
import {isTensor} from './tensors';

/** For how many turns of the microtask queue: `await` takes one, and an async method in between three more. */
const TURNS = 4;

/**
 * Tensors that the optimizer owns and hands out. tfjs reads them a microtask later, and a step in between must not be what it reads: until then they
 * stay as they are. What takes their place in the optimizer is another tensor on the same data, so that a step writes elsewhere.
 */
export class Lending {
  readonly #lent = new Map<tf.Tensor, number>();
  /** No longer the optimizer's state: they go as soon as they are not handed out any more. */
  readonly #retired = new Set<tf.Tensor>();
  #loans = 0;

  /** Hands out tensors. */
  lend(tensors: readonly tf.Tensor[]): void {
    this.#loans++;
    for (const tensor of tensors) this.#lent.set(tensor, this.#loans);
    void this.#end(tensors, this.#loans);
  }

  async #end(tensors: readonly tf.Tensor[], loan: number): Promise<void> {
    for (let i = 0; i < TURNS; i++) await Promise.resolve();
    for (const tensor of tensors) {
      if (this.#lent.get(tensor) !== loan) continue;
      this.#lent.delete(tensor);
      if (this.#retired.delete(tensor)) tensor.dispose();
    }
  }

  /** Whether anything is handed out now. */
  get active(): boolean {
    return this.#lent.size > 0;
  }

  /** To be called before state is written or disposed. */
  replace(states: ReadonlyArray<Record<string, tf.Tensor | number>>): void {
    for (const entries of states) {
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

  dispose(): void {
    for (const tensor of this.#retired) tensor.dispose();
    this.#retired.clear();
    this.#lent.clear();
  }
}
