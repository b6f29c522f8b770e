import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {average, debias} from './stats';

/**
 * AdEMAMix: Adam's step along a fast and a slow average of the gradient: `slowAvg ← β·slowAvg + (1 - β)·grad`,
 * `p ← p - lr·(m/d1 + α·slowAvg)/(√(sqrAvg/d2) + eps)`, with `d1 = 1 - mom^step`, `d2 = 1 - sqrMom^step`. The slow
 * average is not debiased. Here m is `gradAvg` if a callback before it computes that, otherwise `grad`, with d1 = 1.
 *
 * α is `slowWeight`, after a warm-up of `slowWeight·step/slowWeightWarmup`. β is `slowMom`, after a warm-up in which
 * its half-life grows linearly from that of `mom`, over `slowMomWarmup` steps. Both options are whole numbers of the
 * parameter's steps, from 0. Default: 0, no warm-up. The authors take the length of the training for both.
 *
 * Needs the dampened `sqrAvg` and a step count before it. `slowAvg` has the parameter's shape and starts at zeros.
 * `lr` must be given. Defaults: `mom` 0.9, `sqrMom` 0.999, `slowMom` 0.9999, all in [0, 1); `slowWeight` 2, from 0;
 * `eps` 1e-8. Source: Pagliardini et al., The AdEMAMix Optimizer: Better, Faster, Older, 2024, as in the authors'
 * program.
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [weightDecay, averageGrad.with({dampening: true}), averageSqrGrad, stepStat, adEMAMixStep],
 *   {lr: 1e-3, wd: 0.1},
 * );
 * ```
 */
export const adEMAMixStep = /* @__PURE__ */ newCallback(
  'adEMAMixStep',
  {
    hypers: {
      lr: required,
      mom: 0.9,
      sqrMom: 0.999,
      slowMom: {default: 0.9999, from: 0, below: 1},
      slowWeight: {default: 2, from: 0},
      eps: 1e-8,
    },
    options: {slowWeightWarmup: 0, slowMomWarmup: 0},
    ranges: {slowWeightWarmup: {from: 0, whole: true}, slowMomWarmup: {from: 0, whole: true}},
    needs: {sqrAvg: zeros, step: 0},
    reads: {gradAvg: zeros},
    state: {slowAvg: zeros},
  },
  ({
    grad,
    gradAvg,
    sqrAvg,
    slowAvg,
    step,
    lr,
    mom,
    sqrMom,
    slowMom,
    slowWeight,
    eps,
    slowWeightWarmup,
    slowMomWarmup,
  }) => {
    const nextSlow = average(slowAvg, grad, step < slowMomWarmup ? warm(mom, slowMom, step / slowMomWarmup) : slowMom);
    const weight = step < slowWeightWarmup ? (slowWeight * step) / slowWeightWarmup : slowWeight;
    // The gradient itself has no bias.
    const fastMom = gradAvg === undefined ? 0 : mom;
    // Numerator and denominator are multiplied by √d2.
    const root2 = Math.sqrt(debias(sqrMom, 1 - sqrMom, step));
    return {
      update: (gradAvg ?? grad)
        .mul((lr * root2) / debias(fastMom, 1 - fastMom, step))
        .add(nextSlow.mul(lr * root2 * weight))
        .div(sqrAvg.sqrt().add(eps * root2)),
      slowAvg: nextSlow,
    };
  },
);

/** The weight whose half-life is `share` of the way from that of `from` to that of `to`. */
function warm(from: number, to: number, share: number): number {
  return 0.5 ** (1 / ((1 - share) * halfLife(from) + share * halfLife(to) + 1));
}

/** The half-life of an average in steps, less one. The authors add 1e-8, so that a weight of 0 has one. */
function halfLife(beta: number): number {
  return Math.log(0.5) / Math.log(beta + 1e-8) - 1;
}
