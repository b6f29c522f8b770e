import {engine, reshape, type Tensor} from '@tensorflow/tfjs-core';

import {fusedBatchNormGradient, shapeWithOnes, splitGradient, unpackGradient} from '../gradients/gradients';
import type {TrainingGradient} from '../gradients/in_front';
import {tileGradient} from '../gradients/tile';

/** The name of our kernel that repeats a tensor along axes and multiplies it by a number. */
export const REPEATED = 'TfjsOptimRepeated';

/** Both shader languages have vectors of up to four numbers. */
const HIGHEST_RANK = 4;

/** tfjs computes with fewer numbers on the host, where they are there already. */
const FEW = 128;

/** The most columns that can be summed in one dispatch. */
const MOST_CHANNELS = 65_535;

/** Whether a tensor is small and on the host. */
type IsOnHost = (tensor: Tensor) => boolean;

/**
 * The gradient of a sum, or of a mean where `isMean`. tfjs's multiplies dy by ones, which it makes in JavaScript and
 * uploads in every step. Where it is recorded for a gradient of this gradient, it is left to tfjs's, which is
 * differentiable.
 */
function repeating(isMean: boolean, isOnHost: IsOnHost): TrainingGradient {
  return (dy, [x], {axis}) => {
    if (
      x === undefined ||
      x.rank === 0 ||
      x.rank > HIGHEST_RANK ||
      x.size === 0 ||
      dy.dtype !== 'float32' ||
      engine().state.gradientDepth > 0 ||
      (x.size < FEW && isOnHost(dy))
    ) {
      return undefined;
    }
    const withOnes = shapeWithOnes(x.shape, axis);
    if (withOnes === undefined) return undefined;
    const factor = isMean ? dy.size / x.size : 1;
    return {
      x: () => engine().runKernel<Tensor>(REPEATED, {dy: reshape(dy, withOnes)}, {shape: x.shape, factor}),
    };
  };
}

/** The gradients, by the names of their kernels. */
export function gpuGradients(isOnHost: IsOnHost): Readonly<Record<string, TrainingGradient>> {
  return {
    FusedBatchNorm: (dy, saved, attrs) => {
      const [, mean] = saved;
      return mean !== undefined && mean.size > MOST_CHANNELS ? undefined : fusedBatchNormGradient(dy, saved, attrs);
    },
    Mean: repeating(true, isOnHost),
    SplitV: splitGradient,
    Sum: repeating(false, isOnHost),
    Tile: tileGradient,
    Unpack: unpackGradient,
  };
}
