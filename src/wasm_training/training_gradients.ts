/**
 * Gradients of tfjs's operations that need fewer passes over the data than tfjs's own, or that correct them. Gradients
 * of gradients still work. Each returns undefined for cases that are left to tfjs's gradient.
 */
import {div, reshape, type Tensor, tile} from '@tensorflow/tfjs-core';

import {fusedBatchNormGradient, shapeWithOnes, splitGradient, unpackGradient} from '../gradients/gradients';
import type {TrainingGradient} from '../gradients/in_front';
import {tileGradient} from '../gradients/tile';
import {at} from '../util/at';

/** The highest rank for which tfjs has a gradient of `tile`, which the gradient of this gradient needs. */
const HIGHEST_RANK = 4;

/**
 * dy repeated to x's shape. Summed axes have length 1 in dy, or are missing. tfjs's gradient multiplies dy by ones,
 * which it makes in JavaScript.
 */
function repeated(dy: Tensor, x: Tensor, axis: unknown): Tensor | undefined {
  if (x.rank > HIGHEST_RANK || x.rank === 0 || dy.dtype !== 'float32') return undefined;
  const withOnes = shapeWithOnes(x.shape, axis);
  if (withOnes === undefined) return undefined;
  return tile(
    reshape(dy, withOnes),
    // An axis that is not summed has the length of x already.
    x.shape.map((length, i) => (at(withOnes, i) === length ? 1 : length)),
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

/** The gradients, by the names of their kernels. */
export const TRAINING_GRADIENTS: Readonly<Record<string, TrainingGradient>> = {
  FusedBatchNorm: fusedBatchNormGradient,
  Mean: meanGradient,
  SplitV: splitGradient,
  Sum: sumGradient,
  Tile: tileGradient,
  Unpack: unpackGradient,
};
