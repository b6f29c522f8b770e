import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {debias, decayedRate, larger} from './stats';

/**
 * Adamax: `maxGrad ← max(sqrMom·maxGrad, |grad| + eps)`, `p ← p - rate·(gradAvg/d1)/maxGrad`, with `d1 = 1 - mom^step`
 * and `rate = lr/(1 + (step - 1)·lrDecay)`. `maxGrad` has the parameter's shape and starts at zeros. Needs a dampened
 * average and a step count before it. Option: `epsOutside` (default false) adds eps to the maximum instead, as
 * `tf.train` does: `maxGrad ← max(sqrMom·maxGrad, |grad|)`, `p ← p - rate·(gradAvg/d1)/(maxGrad + eps)`. Defaults:
 * `sqrMom` 0.999, `eps` 1e-8, `lrDecay` 0, from 0. `lr` and `mom` must be given. Source: Kingma & Ba, Adam: A Method
 * for Stochastic Optimization, 2015, section 7.1.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad.with({dampening: true}), stepStat, adamaxStep],
 *   {lr: 2e-3, sqrMom: 0.999, eps: 1e-8},
 * );
 * ```
 */
export const adamaxStep = /* @__PURE__ */ newCallback(
  'adamaxStep',
  {
    hypers: {lr: required, mom: required, sqrMom: 0.999, eps: 1e-8, lrDecay: {default: 0, from: 0}},
    state: {maxGrad: zeros},
    needs: {gradAvg: zeros, step: 0},
    options: {epsOutside: false},
  },
  ({grad, gradAvg, maxGrad, step, lr, mom, sqrMom, eps, lrDecay, epsOutside}) => {
    const size = grad.abs();
    const most = larger(maxGrad.mul(sqrMom), epsOutside ? size : size.add(eps));
    const rate = decayedRate(lr, lrDecay, step) / debias(mom, 1 - mom, step);
    return {update: gradAvg.mul(rate).div(epsOutside ? most.add(eps) : most), maxGrad: most};
  },
);
