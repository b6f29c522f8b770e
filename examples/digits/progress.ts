import type {SingleBar} from 'cli-progress';

import {progressBar} from '../support/progress';

/** The loss and the accuracy of one batch. */
export interface BatchLogs {
  readonly loss: number;
  readonly accuracy: number;
}

/**
 * A bar that shows the progress of training, with the loss and accuracy of each model on its last batch. If the output
 * is not a terminal, it prints plain lines.
 */
export class Progress {
  readonly #bar: SingleBar;
  readonly #latest: Map<string, BatchLogs | undefined>;

  /**
   * @param names the names of the models that train.
   * @param total the number of batches, those of all models together.
   * @param stage the text before the figures, such as `epoch 1`.
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
