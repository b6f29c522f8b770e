/**
 * Gradients of tfjs's operations that need fewer passes over the data than tfjs's own, or that correct them. Gradients
 * of gradients still work. Each returns undefined for cases that are left to tfjs's gradient.
 */
import {
  clone,
  div,
  engine,
  expandDims,
  type GradFunc,
  reshape,
  sum,
  type Tensor,
  tile,
  util,
} from '@tensorflow/tfjs-core';

import {at} from '../util/at';

export type TrainingGradient = (
  dy: Tensor,
  saved: readonly Tensor[],
  attrs: Parameters<GradFunc>[2],
) => ReturnType<GradFunc> | undefined;

/** The name of our kernel for the gradient of batch norm. */
export const BATCH_NORM_GRADIENT = 'TfjsOptimBatchNormGradient';

/** The highest rank for which tfjs has a gradient of `tile`, and that all its reductions take. */
const HIGHEST_RANK = 4;

/**
 * dy repeated to x's shape. Summed axes have length 1 in dy, or are missing. tfjs's gradient multiplies dy by ones,
 * which it makes in JavaScript.
 */
function repeated(dy: Tensor, x: Tensor, axis: unknown): Tensor | undefined {
  if (x.rank > HIGHEST_RANK || x.rank === 0 || dy.dtype !== 'float32') return undefined;
  const given =
    typeof axis === 'number' || (Array.isArray(axis) && axis.every(one => typeof one === 'number'))
      ? axis
      : x.shape.map((_, at) => at);
  const axes = util.parseAxisParam(given, x.shape);
  const withOnes = x.shape.map((length, at) => (axes.includes(at) ? 1 : length));
  return tile(
    reshape(dy, withOnes),
    x.shape.map((length, at) => (axes.includes(at) ? length : 1)),
  );
}

const sumGradient: TrainingGradient = (dy, [x], {axis}) => {
  const dx = x === undefined ? undefined : repeated(dy, x, axis);
  return dx === undefined ? undefined : {x: () => dx};
};

const meanGradient: TrainingGradient = (dy, [x], {axis}) => {
  const dx = x === undefined || dy.size === 0 ? undefined : repeated(div(dy, x.size / dy.size), x, axis);
  return dx === undefined ? undefined : {x: () => dx};
};

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

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(one => typeof one === 'number');
}

/**
 * The gradient of `tile`: the sum of dy over the repetitions. tfjs's takes a slice and an addition for each of them:
 * 512 of both for the scale of a layer normalization of 16 sequences of 32 vectors.
 */
const tileGradient: TrainingGradient = (dy, [x], {reps}) => {
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

/**
 * The gradient of batch norm in one kernel; tfjs's takes about twenty. Where it is recorded for a gradient of this
 * gradient, it is left to tfjs's, which is differentiable.
 */
const fusedBatchNormGradient: TrainingGradient = (dy, [x, mean, variance, scale], {varianceEpsilon}) => {
  if (
    x === undefined ||
    mean?.rank !== 1 ||
    variance?.rank !== 1 ||
    (scale !== undefined && scale.rank !== 1) ||
    typeof varianceEpsilon !== 'number'
  ) {
    return undefined;
  }
  const isSuited =
    [dy, x, mean, variance, ...(scale === undefined ? [] : [scale])].every(({dtype}) => dtype === 'float32') &&
    mean.size === x.shape.at(-1) &&
    mean.size > 0 &&
    engine().state.gradientDepth === 0;
  if (!isSuited) return undefined;
  const inputs = {dy, x, mean, variance, ...(scale === undefined ? {} : {scale})};
  const gradients: Tensor | Tensor[] = engine().runKernel(BATCH_NORM_GRADIENT, inputs, {varianceEpsilon});
  const all = Array.isArray(gradients) ? gradients : [gradients];
  const gradient = (i: number) => () => at(all, i);
  return {x: gradient(0), mean: gradient(1), variance: gradient(2), scale: gradient(3), offset: gradient(4)};
};

/**
 * The gradients of operations with a list of outputs, where the list has one output. tfjs then passes that output's
 * gradient itself, but its own gradients expect a list. An LSTM of one time step is such a case. Longer lists are left
 * to tfjs's gradients.
 */
const unpackGradient: TrainingGradient = (dy, _, {axis}) =>
  typeof axis === 'number' ? {value: () => expandDims(dy, axis)} : undefined;
const splitGradient: TrainingGradient = dy => ({x: () => clone(dy)});

/** The gradients, by the names of their kernels. */
export const TRAINING_GRADIENTS: Readonly<Record<string, TrainingGradient>> = {
  FusedBatchNorm: fusedBatchNormGradient,
  Mean: meanGradient,
  SplitV: splitGradient,
  Sum: sumGradient,
  Tile: tileGradient,
  Unpack: unpackGradient,
};
