import * as tf from '@tensorflow/tfjs';

import {start} from './backends';
import type {Trainer} from './trainer';

/** Starts a backend. @param carryOver takes along what must not stay on the present one. */
export async function startWith(
  backend: string,
  carryOver: (change: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const change = () => start(backend);
  await (backend === tf.getBackend() ? change() : carryOver(change));
}

/**
 * Uses the device for something other than the training, when nothing else uses it.
 * @param message for the visitor. @param done the message at the end.
 */
export type UseDevice = <T>(message: string, act: () => Promise<T>, done: string) => Promise<T>;

/** The device of the trainer. @param begin starts a backend where there is no training, which has started its own. */
export function deviceOf(trainer: Trainer, begin: () => Promise<void>): UseDevice {
  return (message, act, done) =>
    trainer.during(
      message,
      async () => {
        if (trainer.session === undefined) await begin();
        return act();
      },
      () => done,
    );
}
