import * as tf from '@tensorflow/tfjs';

/** The number of measured steps that count: the last ones. */
export const MEASUREMENTS = 101;

/** Typical milliseconds of a step. */
export interface Times {
  /** From gradients to new weights. */
  readonly optimizer: number;
  /** From a batch on the device to new weights, with the time of the optimizer. */
  readonly whole: number;
}

/** The milliseconds of a contestant's measured steps. */
export class StepTimes {
  readonly #optimizer: number[] = [];
  readonly #whole: number[] = [];

  /**
   * @param optimizer milliseconds from gradients to new weights.
   * @param whole milliseconds from a batch on the device to new weights, so with the time of the optimizer.
   */
  add(optimizer: number, whole: number): void {
    for (const [list, time] of [
      [this.#optimizer, optimizer],
      [this.#whole, whole],
    ] as const) {
      list.push(time);
      if (list.length > MEASUREMENTS) list.shift();
    }
  }

  /** The mean of the middle half of the last measurements; undefined before the first one. */
  get typical(): Times | undefined {
    return this.#whole.length === 0
      ? undefined
      : {optimizer: middleMean(this.#optimizer), whole: middleMean(this.#whole)};
  }
}

/** Whether the backend only queues work when it is called. To measure a time then means to wait for the GPU. */
export function computesLater(backend: string): boolean {
  return ['webgl', 'webgpu'].includes(backend);
}

/** Waits until the GPU has computed the tensor, by reading one number of it. Other backends need no wait. */
export async function settled(tensor: tf.Tensor): Promise<void> {
  if (!computesLater(tf.getBackend())) return;
  const one = tf.tidy(() => tensor.flatten().slice(0, 1));
  // On WebGL, `data()` waits for a timer of some milliseconds.
  if (tf.getBackend() === 'webgl') one.dataSync();
  else await one.data();
  one.dispose();
}

/** The milliseconds that `settled` takes when the GPU has finished already. Each measured time includes them. */
export async function waitingCost(tensor: tf.Tensor): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    await settled(tensor);
    times.push(performance.now() - start);
  }
  return middleMean(times);
}

/** The mean without the lowest and the highest quarter. Steady as a median, and finer when the clock is coarse. */
function middleMean(values: readonly number[]): number {
  const quarter = Math.floor(values.length / 4);
  const middle = [...values].sort((a, b) => a - b).slice(quarter, values.length - quarter);
  return middle.reduce((a, b) => a + b) / middle.length;
}
