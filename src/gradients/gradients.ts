/**
 * Gradients of tfjs's operations that need fewer passes over the data than tfjs's own, or that correct them. Each
 * returns undefined for cases that are left to tfjs's gradient.
 */
import {clone, engine, expandDims, type Tensor} from '@tensorflow/tfjs-core';

import {at} from '../util/at';
import {axesOf} from './axes';
import {BATCH_NORM_GRADIENT, type TrainingGradient} from './in_front';

/**
 * The gradient of batch norm in one kernel; tfjs's takes about twenty. Where it is recorded for a gradient of this
 * gradient, it is left to tfjs's, which is differentiable.
 */
export const fusedBatchNormGradient: TrainingGradient = (dy, [x, mean, variance, scale], {varianceEpsilon}) => {
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
    x.size > 0 &&
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
export const unpackGradient: TrainingGradient = (dy, _, {axis}) =>
  typeof axis === 'number' ? {value: () => expandDims(dy, axis)} : undefined;
export const splitGradient: TrainingGradient = dy => ({x: () => clone(dy)});

/** How a sum or a mean over `axis` of a tensor of `shape` is repeated: its shape with summed axes of length 1. */
export function shapeWithOnes(shape: readonly number[], axis: unknown): number[] | undefined {
  const axes = axesOf(shape, axis);
  return axes && shape.map((length, i) => (axes.includes(i) ? 1 : length));
}
