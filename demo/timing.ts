import * as tf from '@tensorflow/tfjs';

/** How many of the last steps count. */
const KEPT = 101;

/** The milliseconds of a contestant's measured steps. */
export class StepTimes {
  readonly #optimizer: number[] = [];
  readonly #whole: number[] = [];

  /**
   * @param whole from a batch that is on the device to updated weights; `optimizer` is the part of it from gradients
   *   to updated weights.
   */
  add(optimizer: number, whole: number): void {
    for (const [list, time] of [
      [this.#optimizer, optimizer],
      [this.#whole, whole],
    ] as const) {
      list.push(time);
      if (list.length > KEPT) list.shift();
    }
  }

  /** Undefined before the first. */
  get typical(): {readonly optimizer: number; readonly whole: number} | undefined {
    return this.#whole.length === 0
      ? undefined
      : {optimizer: middleMean(this.#optimizer), whole: middleMean(this.#whole)};
  }
}

/** Whether the backend computes later than it is called, so that a clock tells nothing without waiting. */
export function computesLater(): boolean {
  return ['webgl', 'webgpu'].includes(tf.getBackend());
}

/** Waits until the GPU has computed the tensor, by reading one number of it; other backends have it at once. */
export async function settled(tensor: tf.Tensor): Promise<void> {
  if (!computesLater()) return;
  const one = tf.tidy(() => tensor.flatten().slice(0, 1));
  // `data()` of WebGL waits for a timer of some milliseconds.
  if (tf.getBackend() === 'webgl') one.dataSync();
  else await one.data();
  one.dispose();
}

/** The milliseconds that `settled` takes when there is nothing to wait for: each measured time has so much in it. */
export async function waitingCost(tensor: tf.Tensor): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    await settled(tensor);
    times.push(performance.now() - start);
  }
  return middleMean(times);
}

/** The mean without the lowest and the highest quarter: as steady as a median, and finer where the clock is coarse. */
function middleMean(values: readonly number[]): number {
  const quarter = Math.floor(values.length / 4);
  const middle = [...values].sort((a, b) => a - b).slice(quarter, values.length - quarter);
  return middle.reduce((a, b) => a + b) / middle.length;
}
