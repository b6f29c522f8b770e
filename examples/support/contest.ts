import type * as tf from '@tensorflow/tfjs';

import {batchesOf, Contestant, network} from '../digits/contestant';
import type {Digits} from '../digits/data';
import {scoreOf} from '../digits/score';
import {table} from '../digits/table';
import {withProgress} from './progress';

/** A small convolutional network for digits and its optimizer. The seed decides the initial weights. */
export function contestant(name: string, optimizer: tf.Optimizer, seed: number, model = network(seed)): Contestant {
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return new Contestant(name, model);
}

/**
 * Trains all contestants on the same batches. They take turns, one epoch each, so that changes of the machine's speed
 * affect all of them.
 */
export async function trainInTurn(
  contestants: readonly Contestant[],
  digits: Digits,
  {
    first = 1,
    last,
    seed,
  }: {
    readonly first?: number;
    readonly last: number;
    readonly seed: number;
  },
): Promise<void> {
  await withProgress(contestants.length * (last - first + 1) * batchesOf(digits), async advance => {
    for (let epoch = first; epoch <= last; epoch++) {
      for (const one of contestants)
        await one.epoch(digits, seed * 1000 + epoch, ({loss}) =>
          advance(`epoch ${epoch} | ${one.name} | loss ${loss.toFixed(3)}`),
        );
    }
  });
}

/** A table of the contestants' losses, accuracies and times. */
export async function scoreTable(
  contestants: readonly Contestant[],
  training: Digits,
  validation: Digits,
): Promise<string> {
  const rows: string[][] = [];
  for (const {name, model, seconds} of contestants) {
    const scores = [await scoreOf(model, training), await scoreOf(model, validation)];
    const cells = scores.flatMap(({loss, accuracy}) => [loss.toFixed(4), `${(100 * accuracy).toFixed(2)} %`]);
    rows.push([name, ...cells, seconds.toFixed(1)]);
  }
  return table(['', 'training loss', 'accuracy', 'validation loss', 'accuracy', 'seconds'], rows);
}
