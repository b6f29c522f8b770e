import {newCallback} from '../rule/callback';
import {normOf, rmsOf, unscaled} from '../rule/norms';
import {required} from '../rule/required';
import {scalar, zeros} from '../rule/starts';
import type {Value} from '../rule/value';

/**
 * The learning rate of one parameter: `localLr = lr·trustCoeff·‖p‖/(‖grad‖ + wd·‖p‖ + eps)`, with 2-norms. The option
 * `clip` limits it to `lr` (default true, which is LARC; false is LARS). The rate of a parameter that is all zeros is
 * 0, so it never moves. Where the ratio is NaN, `clip` makes it `lr`. Defaults: `trustCoeff` 0.02, `wd` 0, `eps` 1e-8.
 * Source: You et al., Large Batch Training of Convolutional Networks, 2017.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad, larcLayerLr.with({clip: true}), larcStep],
 *   {lr: 0.1, mom: 0.9, trustCoeff: 0.02, eps: 1e-8},
 * );
 * ```
 */
export const larcLayerLr = newCallback(
  'larcLayerLr',
  {
    hypers: {lr: required, trustCoeff: 0.02, wd: 0, eps: 1e-8},
    state: {localLr: scalar},
    options: {clip: true},
    isStep: false,
    decays: false,
  },
  ({p, grad, lr, trustCoeff, wd, eps, clip}) => {
    const pNorm = unscaled(normOf(p));
    const gradNorm = unscaled(normOf(grad));
    const localLr = pNorm.mul(lr * trustCoeff).div(gradNorm.add(pNorm.mul(wd)).add(eps));
    return {localLr: clip ? localLr.where(localLr.less(lr), lr) : localLr};
  },
);

/**
 * Descent at the parameter's own rate: `p ← p - localLr·g`. Here g is `gradAvg` if a callback before it computes that,
 * otherwise `grad`.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageGrad, larcLayerLr.with({clip: true}), larcStep],
 *   {lr: 0.1, mom: 0.9, trustCoeff: 0.02, eps: 1e-8},
 * );
 * ```
 */
export const larcStep = newCallback('larcStep', {needs: {localLr: scalar}, reads: {gradAvg: zeros}}, at => ({
  update: (at.gradAvg ?? at.grad).mul(at.localLr),
}));

/**
 * Layerwise adaptive rates for any step, as LARS and LAMB have them; for `after`: `u ← q·u`, where u is the update of
 * the step before, with `q = min(lr·rms(p)/rms(u), maxRatio)`, and q 1 where `lr·rms(p)` or rms(u) is 0. Then the
 * update has the root mean square `lr·rms(p)`, unless q is at its limit. p is the parameter before the update. The
 * option `maxRatio` is from 0; default 10. `lr` must be given. After Adam's step it is LAMB.
 *
 * Sources: You et al., Large Batch Training of Convolutional Networks, 2017; You et al., Large Batch Optimization for
 * Deep Learning: Training BERT in 76 minutes, 2020. The limit is that of fastai's LAMB.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {after: [trustRatio]}), loss: 'meanSquaredError'});
 * ```
 */
export const trustRatio = /* @__PURE__ */ newCallback(
  'trustRatio',
  {hypers: {lr: required}, options: {maxRatio: 10}, ranges: {maxRatio: {from: 0}}, takesUpdate: true},
  ({p, update, lr, maxRatio}) => ({
    update: update.mul(trustOf(unscaled(rmsOf(p)).mul(lr), unscaled(rmsOf(update)), maxRatio)),
  }),
);

/** What a step is scaled by: `wanted/size`, at most `limit`, and 1 where one of the two is 0. */
export function trustOf(wanted: Value, size: Value, limit: number): Value {
  const ratio = wanted.div(size);
  const capped = ratio.where(ratio.greater(limit).logicalNot(), limit);
  return capped.where(wanted.equal(0).logicalOr(size.equal(0)).logicalNot(), 1);
}
