/**
 * Gradients of tfjs's operations that take fewer passes over the data than tfjs's own: made of its differentiable operations, as those are,
 * so that gradients of gradients go on. Each gives `undefined` for what is left to tfjs's.
 */
import {add, clone, div, mul, neg, reshape, rsqrt, sub, sum, tile, util, type GradFunc, type Tensor} from '@tensorflow/tfjs-core';

import {lengthOf} from './attributes';

export type TrainingGradient = (dy: Tensor, saved: readonly Tensor[], attrs: Parameters<GradFunc>[2]) => ReturnType<GradFunc> | undefined;

/** The gradient of `tile`, which the gradient of this gradient needs, ends at this rank. */
const HIGHEST_RANK = 4;

/** dy, which has 1 or nothing where x was summed, repeated to x's shape: tfjs multiplies it by ones, which it makes in JavaScript. */
function repeated(dy: Tensor, x: Tensor, axis: unknown): Tensor | undefined {
  if (x.rank > HIGHEST_RANK || x.rank === 0 || dy.dtype !== 'float32') return undefined;
  const given = typeof axis === 'number' || (Array.isArray(axis) && axis.every((one) => typeof one === 'number')) ? axis : x.shape.map((_, at) => at);
  const axes = util.parseAxisParam(given, x.shape);
  const kept = x.shape.map((length, at) => axes.includes(at) ? 1 : length);
  return tile(reshape(dy, kept), x.shape.map((length, at) => axes.includes(at) ? length : 1));
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
 * y = (x - mean) · inv · scale + offset with inv = 1 / √(variance + ε), for statistics of channels. With s = Σ dy and t = Σ dy · (x - mean),
 *   dx = dy · inv · scale, d mean = -inv · scale · s, d variance = -½ · inv³ · scale · t, d scale = inv · t, d offset = s.
 */
const batchNormGradient: TrainingGradient = (dy, [x, mean, variance, scale], {varianceEpsilon}) => {
  if (x === undefined || mean?.rank !== 1 || variance?.rank !== 1 || (scale !== undefined && scale.rank !== 1) || typeof varianceEpsilon !== 'number') {
    return undefined;
  }
  if (![mean, variance].every(({shape}) => lengthOf(shape, 0) === lengthOf(x.shape, x.rank - 1))) return undefined;
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const inv = rsqrt(add(variance, varianceEpsilon));
  const factor = scale === undefined ? inv : mul(inv, scale);
  const s = sum(dy, axes);
  const t = sum(mul(dy, sub(x, mean)), axes);
  return {
    x: () => mul(dy, factor),
    mean: () => neg(mul(factor, s)),
    variance: () => mul(mul(-0.5, mul(inv, inv)), mul(factor, t)),
    scale: () => mul(inv, t),
    // Backpropagation disposes what it has added up.
    offset: () => clone(s),
  };
};

/** By the kernel whose gradient it is. */
export const TRAINING_GRADIENTS: Readonly<Record<string, TrainingGradient>> = {
  FusedBatchNorm: batchNormGradient,
  Mean: meanGradient,
  Sum: sumGradient,
};
