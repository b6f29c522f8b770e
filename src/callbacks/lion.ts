import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import type {Value} from '../rule/value';
import {average} from './stats';

/**
 * Lion: `p ← p - lr·sign(mom·m + (1 - mom)·grad)`, then `m ← slowMom·m + (1 - slowMom)·grad`. `lionAvg` is m, has the
 * parameter's shape and starts at zeros. The sign of 0 is 0. Defaults: `mom` 0.9, `slowMom` 0.99, both in [0, 1). `lr`
 * must be given. Source: Chen et al., Symbolic Discovery of Optimization Algorithms, 2023.
 * @example
 * ```ts
 * const opt = new Optimizer([weightDecay, lionStep], {lr: 1e-4, wd: 1});
 * ```
 */
export const lionStep = /* @__PURE__ */ newCallback(
  'lionStep',
  {hypers: {lr: required, mom: 0.9, slowMom: {default: 0.99, from: 0, below: 1}}, state: {lionAvg: zeros}},
  ({grad, lionAvg, lr, mom, slowMom}) => ({
    update: signOf(average(lionAvg, grad, mom)).mul(lr),
    lionAvg: average(lionAvg, grad, slowMom),
  }),
);

/** The sign, and NaN of NaN. Backends disagree on `sign` of NaN. Without NaN, a broken model would only stand still. */
export function signOf(x: Value): Value {
  const atMostOne = x.where(x.greater(0).logicalNot(), 1);
  return atMostOne.where(x.less(0).logicalNot(), -1);
}
