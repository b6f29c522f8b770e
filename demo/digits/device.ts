import {start} from './backends';
import type {Trainer} from './trainer';

/**
 * Uses the device for something other than the training, when nothing else uses it.
 * @param message for the visitor. @param done the message at the end.
 */
export type UseDevice = <T>(message: string, act: () => Promise<T>, done: string) => Promise<T>;

/** The device of the trainer. @param backend that is started where there is no training, which has started its own. */
export function deviceOf(trainer: Trainer, backend: () => string): UseDevice {
  return (message, act, done) =>
    trainer.during(
      message,
      async () => {
        if (trainer.session === undefined) await start(backend());
        return act();
      },
      () => done,
    );
}
