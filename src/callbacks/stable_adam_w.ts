import {newCallback} from '../rule/callback';
import {rmsOf, unscaled} from '../rule/norms';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import type {Value} from '../rule/value';
import {average, meanSquare} from './stats';

/**
 * StableAdamW: AdamW that lowers the rate of a parameter whose second moment lags behind its gradient. With
 * β̂ = β·(1 - β^(t-1))/(1 - β^t) for β = mom and sqrMom:
 * `gradAvg ← β̂·gradAvg + (1 - β̂)·grad`, `sqrAvg ← β̂·sqrAvg + (1 - β̂)·grad²`,
 * `l = lr/max(1, rms(grad/max(√sqrAvg, eps)))`, `p ← p·(1 - l·wd)` where `doWd`, `p ← p - l·gradAvg/(√sqrAvg + eps)`.
 * β̂ keeps the averages free of bias, so they are not corrected further. They have the parameter's shape and start at
 * zeros. `stableSteps` is t. It belongs to the group and goes on in each of its steps, also for parameters without a
 * gradient. Defaults: `mom` 0.9, `sqrMom` 0.99, both in [0, 1), `eps` 1e-8, `wd` 0. `lr` must be given.
 *
 * Source: Wortsman et al., Stable and low-precision training for large-scale vision-language models, 2023. The
 * averages are those of the optimi library and pytorch_optimizer.
 * @example
 * ```ts
 * const opt = new Optimizer([stableAdamWStep], {lr: 1e-3, wd: 0.01});
 * ```
 */
export const stableAdamWStep = /* @__PURE__ */ newCallback(
  'stableAdamWStep',
  {
    hypers: {lr: required, mom: 0.9, sqrMom: 0.99, eps: 1e-8, wd: 0},
    state: {gradAvg: zeros, sqrAvg: zeros},
    groupState: {stableSteps: 0},
    everyGroup: true,
    group: ({stableSteps}) => ({stableSteps: stableSteps + 1}),
  },
  ({p, grad, gradAvg: oldGradAvg, sqrAvg: oldSqrAvg, stableSteps, lr, mom, sqrMom, eps, wd, doWd}) => {
    const gradAvg = average(oldGradAvg, grad, betaAt(mom, stableSteps));
    const sqrAvg = meanSquare(oldSqrAvg, grad, betaAt(sqrMom, stableSteps));
    const root = sqrAvg.sqrt();
    const excess = unscaled(rmsOf(grad.div(root.where(root.less(eps).logicalNot(), eps))));
    const rate = excess.onesLike().mul(lr).div(atLeastOne(excess));
    return {
      ...(doWd ? {p: p.sub(p.mul(rate.mul(wd)))} : {}),
      update: gradAvg.div(root.add(eps)).mul(rate),
      gradAvg,
      sqrAvg,
    };
  },
);

/** The weight of the old average in one without bias: 0 in the first step, `beta` in the long run. */
function betaAt(beta: number, step: number): number {
  return 1 - (1 - beta) / (1 - beta ** step);
}

/** NaN stays. */
function atLeastOne(x: Value): Value {
  return x.where(x.less(1).logicalNot(), 1);
}
