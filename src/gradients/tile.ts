import {reshape, sum} from '@tensorflow/tfjs-core';

import {at} from '../util/at';
import {isNumbers} from './axes';
import type {TrainingGradient} from './in_front';

/** The highest rank that all reductions of tfjs take. */
const HIGHEST_RANK = 4;

/** An axis of a gradient of `tile`: of repetitions, which are summed, or of the tensor itself. */
interface TiledAxis {
  readonly length: number;
  readonly isSummed: boolean;
}

/** The axes of dy, each split into its repetitions and the tensor's own axis. Adjacent axes of one kind are joined. */
function tiledAxes(shape: readonly number[], reps: readonly number[]): TiledAxis[] {
  const split = shape.flatMap((length, i) => [
    {length: at(reps, i), isSummed: true},
    {length, isSummed: false},
  ]);
  return split
    .filter(({length}) => length > 1)
    .reduce((axes: TiledAxis[], axis) => {
      const last = axes.at(-1);
      return last?.isSummed === axis.isSummed
        ? [...axes.slice(0, -1), {...axis, length: last.length * axis.length}]
        : [...axes, axis];
    }, []);
}

/**
 * The gradient of `tile`: the sum of dy over the repetitions. tfjs's takes a slice and an addition for each of them:
 * 512 of both for the scale of a layer normalization of 16 sequences of 32 vectors.
 */
export const tileGradient: TrainingGradient = (dy, [x], {reps}) => {
  if (x === undefined || dy.dtype !== 'float32' || dy.size === 0 || !isNumbers(reps)) return undefined;
  const axes = tiledAxes(x.shape, reps);
  if (axes.length > HIGHEST_RANK) return undefined;
  const split = reshape(
    dy,
    axes.map(({length}) => length),
  );
  const summed = axes.flatMap(({isSummed}, i) => (isSummed ? [i] : []));
  const dx = reshape(summed.length === 0 ? split : sum(split, summed), x.shape);
  return {x: () => dx};
};
