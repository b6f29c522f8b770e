/**
 * Gradients of tfjs's operations that take fewer passes over the data than tfjs's own, or that mend them. Gradients of
 * gradients go on. Each gives `undefined` for what is left to tfjs's.
 */
import {clone, div, engine, expandDims, type GradFunc, reshape, type Tensor, tile, util} from '@tensorflow/tfjs-core';

export type TrainingGradient = (
  dy: Tensor,
  saved: readonly Tensor[],
  attrs: Parameters<GradFunc>[2],
) => ReturnType<GradFunc> | undefined;

/** The name of our kernel for the gradient of batch norm. */
export const BATCH_NORM_GRADIENT = 'TfjsOptimBatchNormGradient';

/** The gradient of `tile`, which the gradient of this gradient needs, ends at this rank. */
const HIGHEST_RANK = 4;

/**
 * dy, which has 1 or nothing where x was summed, repeated to x's shape: tfjs multiplies it by ones, which it makes in
 * JavaScript.
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

/**
 * tfjs's takes about twenty kernels for it. One that is recorded, for a gradient of this gradient, is left to it,
 * being differentiable.
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
  const [dx, dMean, dVariance, dScale, dOffset] = Array.isArray(gradients) ? gradients : [gradients];
  if (
    dx === undefined ||
    dMean === undefined ||
    dVariance === undefined ||
    dScale === undefined ||
    dOffset === undefined
  )
    return undefined;
  return {x: () => dx, mean: () => dMean, variance: () => dVariance, scale: () => dScale, offset: () => dOffset};
};

/**
 * Of an operation with several outputs where it has one: tfjs then hands over that output's gradient itself, and its
 * own gradients take a list of them. An LSTM of one time step is such a case. With more outputs than one tfjs's own
 * run.
 */
const unpackGradient: TrainingGradient = (dy, _, {axis}) =>
  typeof axis === 'number' ? {value: () => expandDims(dy, axis)} : undefined;
const splitGradient: TrainingGradient = dy => ({x: () => clone(dy)});

/** By the kernel whose gradient it is. */
export const TRAINING_GRADIENTS: Readonly<Record<string, TrainingGradient>> = {
  FusedBatchNorm: fusedBatchNormGradient,
  Mean: meanGradient,
  SplitV: splitGradient,
  Sum: sumGradient,
  Unpack: unpackGradient,
};
