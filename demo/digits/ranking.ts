import type {Runner} from './run';
import {smoothed} from './smoothing';

export type RankedBy = 'accuracy' | 'loss';

/** The last smoothed training loss; undefined before the first step. */
export function lossOf({history}: Runner): number | undefined {
  return smoothed(history.losses).at(-1);
}

/** The last accuracy; undefined before the first score. */
export function accuracyOf({history}: Runner): number | undefined {
  return history.scores.at(-1)?.accuracy;
}

/** The runners, the best one first. Those of equal accuracy, or without one, are in the order of their losses. */
export function ranked<R extends Runner>(runners: readonly R[], by: RankedBy): readonly R[] {
  const figures = runners.map(runner => ({
    runner,
    // Without a score, a runner is as good as any other that has none.
    accuracy: by === 'accuracy' ? (accuracyOf(runner) ?? 0) : 0,
    loss: comparable(lossOf(runner)),
  }));
  return figures
    .sort((a, b) => b.accuracy - a.accuracy || (a.loss === b.loss ? 0 : a.loss - b.loss))
    .map(({runner}) => runner);
}

/** A loss that has diverged is the worst. */
function comparable(loss: number | undefined): number {
  return loss === undefined || Number.isNaN(loss) ? Infinity : loss;
}
