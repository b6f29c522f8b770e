import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {decayedRate} from './stats';
import {overRoot} from './steps';

/**
 * Adagrad: `sqrSum ← sqrSum + grad²`, then `p ← p - rate·grad/(√(initialAccumulatorValue + sqrSum) + eps)` with
 * `rate = lr/(1 + (step - 1)·lrDecay)`. `sqrSum` has the parameter's shape and starts at zeros. Needs a step count
 * before it. Option: `epsInRoot` (default false) adds eps under the root, as `tf.train` does:
 * `√(initialAccumulatorValue + sqrSum + eps)`. Defaults: `initialAccumulatorValue` 0, `lrDecay` 0, `eps` 1e-10, all
 * from 0. `lr` must be given. Source: Duchi et al., Adaptive Subgradient Methods for Online Learning and Stochastic
 * Optimization, 2011.
 * @example
 * ```ts
 * const opt = new Optimizer([weightDecay, stepStat, adagradStep], {lr: 0.01, wd: 1e-4});
 * ```
 */
export const adagradStep = /* @__PURE__ */ newCallback(
  'adagradStep',
  {
    hypers: {lr: required, initialAccumulatorValue: {default: 0, from: 0}, lrDecay: {default: 0, from: 0}, eps: 1e-10},
    state: {sqrSum: zeros},
    needs: {step: 0},
    options: {epsInRoot: false},
  },
  ({grad, sqrSum, step, lr, initialAccumulatorValue, lrDecay, eps, epsInRoot}) => {
    const sum = sqrSum.add(grad.square());
    // The first value is not in the state, because a start does not know hypers.
    return {
      update: overRoot(grad.mul(decayedRate(lr, lrDecay, step)), sum.add(initialAccumulatorValue), eps, epsInRoot),
      sqrSum: sum,
    };
  },
);
