import {newCallback} from '../rule/callback';
import {normOf, unscaled} from '../rule/norms';
import {required} from '../rule/required';
import {scalar, zeros} from '../rule/starts';

/**
 * The learning rate of one parameter: `localLr = lr·trustCoeff·‖p‖/(‖grad‖ + wd·‖p‖ + eps)`, with 2-norms. The option
 * `clip` limits it to `lr` (default true, which is LARC; false is LARS). The rate of a parameter that is all zeros is
 * 0, so it never moves. Where the ratio is NaN, `clip` makes it `lr`. Defaults: `trustCoeff` 0.02, `wd` 0, `eps` 1e-8.
 * Source: You et al., Large Batch Training of Convolutional Networks, 2017.
 */
export const larcLayerLr = newCallback(
  'larcLayerLr',
  {hypers: {lr: required, trustCoeff: 0.02, wd: 0, eps: 1e-8}, state: {localLr: scalar}, options: {clip: true}},
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
 */
export const larcStep = newCallback(
  'larcStep',
  {needs: {localLr: scalar}, reads: {gradAvg: zeros}},
  ({grad, gradAvg, localLr}) => ({update: (gradAvg ?? grad).mul(localLr)}),
);
