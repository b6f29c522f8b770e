import type {SingleBar} from 'cli-progress';

import {progressBar} from '../support/progress';

/** What one batch gave. */
export interface BatchLogs {
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * A bar that shows how far training is, with the loss and accuracy of each model on its last batch. Plain lines where
 * there is no terminal.
 */
export class Progress {
  readonly #bar: SingleBar;
  readonly #latest: Map<string, BatchLogs | undefined>;

  /**
   * @param names the models that train.
   * @param total the number of batches, those of all models together.
   * @param stage what comes first, such as `epoch 1`.
   */
  constructor(names: readonly string[], total: number, stage: string) {
    this.#latest = new Map(names.map(name => [name, undefined]));
    this.#bar = progressBar('{stage} | {state}');
    this.#bar.start(total, 0, {stage, state: this.#state()});
  }

  batch(name: string, stage: string, logs: BatchLogs): void {
    this.#latest.set(name, logs);
    this.#bar.increment(1, {stage, state: this.#state()});
  }

  stop(): void {
    this.#bar.stop();
  }

  #state(): string {
    const numbers = (logs: BatchLogs | undefined) =>
      logs === undefined ? '…' : `loss ${logs.loss.toFixed(3)} accuracy ${(100 * logs.accuracy).toFixed(1)} %`;
    return [...this.#latest].map(([name, logs]) => `${name} ${numbers(logs)}`).join(' | ');
  }
}
