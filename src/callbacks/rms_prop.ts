import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {average, momentum} from './stats';
import {overRoot} from './steps';

/**
 * The mean and the mean square of the gradient, for RMSProp that is centered: `sqrAvg ← sqrMom·sqrAvg +
 * (1 - sqrMom)·grad²`, `center ← sqrMom·center + (1 - sqrMom)·grad`. Both have the parameter's shape and start at
 * zeros. Default: `sqrMom` 0.99, in [0, 1). Source: Graves, Generating Sequences With Recurrent Neural Networks, 2013.
 * @example
 * ```ts
 * const opt = new Optimizer([centeredSqrGrad, rmsPropRootStep], {lr: 1e-3, eps: 1e-7});
 * ```
 */
export const centeredSqrGrad = newCallback(
  'centeredSqrGrad',
  {hypers: {sqrMom: 0.99}, state: {sqrAvg: zeros, center: zeros}, isStep: false},
  // In the order of tf.train. The variance is a small difference of large numbers, in which each rounding shows.
  ({grad, sqrAvg, center, sqrMom}) => ({
    sqrAvg: sqrAvg.mul(sqrMom).add(grad.square().mul(1 - sqrMom)),
    center: average(center, grad, sqrMom),
  }),
);

/**
 * RMSProp as `tf.train` computes it, with eps under the root: `p ← p - lr·grad/√(sqrAvg + eps)`. After
 * `centeredSqrGrad` it is `lr·grad/√(sqrAvg - center² - eps)`. TensorFlow.js subtracts eps there, so its root is NaN
 * where the variance is below eps. Here the root is √eps where it would be NaN or 0. Default: `eps` 1e-7. `lr` must be
 * given.
 * @example
 * ```ts
 * const opt = new Optimizer([averageSqrGrad, rmsPropRootStep], {lr: 1e-3, eps: 1e-7});
 * ```
 */
export const rmsPropRootStep = newCallback(
  'rmsPropRootStep',
  {hypers: {lr: required, eps: 1e-7}, needs: {sqrAvg: zeros}, reads: {center: zeros}},
  ({grad, sqrAvg, center, lr, eps}) => {
    const numerator = grad.mul(lr);
    if (center === undefined) return {update: overRoot(numerator, sqrAvg, eps, true)};
    const variance = sqrAvg.sub(center.square().add(eps));
    // A variance of NaN stays.
    return {update: numerator.div(variance.where(variance.lessEqual(0).logicalNot(), eps).sqrt())};
  },
);

/**
 * Momentum of the update instead of the gradient: `updateAvg ← mom·updateAvg + damp·update`, which is the new update,
 * with `damp = 1 - mom` under the option `dampening` (default false: `damp = 1`). It comes after a step. The learning
 * rate of each step is part of the average. `updateAvg` has the parameter's shape and starts at zeros. Default: `mom`
 * 0.9, in [0, 1).
 * @example
 * ```ts
 * const opt = new Optimizer([averageSqrGrad, rmsPropRootStep, averageUpdate], {lr: 1e-3, mom: 0.9, eps: 1e-7});
 * ```
 */
export const averageUpdate = newCallback(
  'averageUpdate',
  {takesUpdate: true, hypers: {mom: 0.9}, state: {updateAvg: zeros}, options: {dampening: false}},
  ({update, updateAvg, mom, dampening}) => {
    const next = momentum(updateAvg, update, mom, dampening);
    return {update: next, updateAvg: next};
  },
);
