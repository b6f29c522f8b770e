import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {scalar, zeros} from '../rule/starts';
import type {Value} from '../rule/value';
import {average} from './stats';

/**
 * Decoupled decay that leaves out a parameter's first step, as ADOPT does: `p ← p·(1 - lr·wd)`, where `doWd`. Use it
 * before `adoptStep`. Default: `wd` 0. `lr` must be given. Source: see {@link adoptStep}.
 * @example
 * ```ts
 * const opt = new Optimizer([adoptDecay, stepStat, adoptStep], {lr: 1e-3, wd: 0.01});
 * ```
 */
export const adoptDecay = /* @__PURE__ */ newCallback(
  'adoptDecay',
  {hypers: {lr: required, wd: 0}, state: {adoptSeen: scalar}, isStep: false},
  ({p, adoptSeen, lr, wd, doWd}) =>
    doWd ? {p: p.mul(numberLike(adoptSeen, 1 - lr * wd).where(adoptSeen.greater(0), 1))} : {},
);

/**
 * ADOPT: Adam whose gradient is divided by the second moment of the steps before, and then averaged. A parameter's
 * first step only sets `adoptSqr ← grad²`. Every other one is `n = grad/max(√adoptSqr, eps)`, clipped to
 * ±(step - 1)^clipExp; `adoptAvg ← mom·adoptAvg + (1 - mom)·n`; `p ← p - lr·adoptAvg`;
 * `adoptSqr ← sqrMom·adoptSqr + (1 - sqrMom)·grad²`. `step` counts the parameter's steps, from 1. The option `clip`
 * (default true) clips, and `clipExp` (default 0.25, from 0) says how.
 *
 * Needs a step count before it. `adoptAvg` and `adoptSqr` have the parameter's shape and start at zeros. The scalar
 * `adoptSeen` is 1 after the first step. A step that `skipNonFinite` skips leaves it at 0, so the next step is the
 * first. `step` goes on.
 *
 * `lr` must be given. Defaults: `mom` 0.9, `sqrMom` 0.9999, both in [0, 1); `eps` 1e-6. Source: Taniguchi et al.,
 * ADOPT: Modified Adam Can Converge with Any β2 with the Optimal Rate, 2024, as in the authors' program. timm has
 * 0.333 as `clipExp`.
 * @example
 * ```ts
 * const opt = new Optimizer([adoptDecay, stepStat, adoptStep], {lr: 1e-3, wd: 0.01});
 * ```
 */
export const adoptStep = /* @__PURE__ */ newCallback(
  'adoptStep',
  {
    hypers: {lr: required, mom: 0.9, sqrMom: 0.9999, eps: 1e-6},
    options: {clip: true, clipExp: 0.25},
    ranges: {clipExp: {from: 0}},
    needs: {step: 0},
    state: {adoptAvg: zeros, adoptSqr: zeros, adoptSeen: scalar},
  },
  ({grad, adoptAvg, adoptSqr, adoptSeen, step, lr, mom, sqrMom, eps, clip, clipExp}) => {
    const seen = adoptSeen.greater(0);
    const root = adoptSqr.sqrt();
    // `where` instead of `maximum`, because backends disagree on that of NaN, which must stay.
    let divisor = numberLike(adoptSeen, eps).where(root.less(eps), root);
    if (clip && step > 1) {
      // grad/max(d, |grad|/limit) is grad/d clipped to ±limit, in fewer operations.
      const least = grad.abs().mul((step - 1) ** -clipExp);
      divisor = least.where(divisor.less(least), divisor);
    }
    const n = grad.div(divisor);
    // In the first step, n has no weight, and the square has all. Numbers are chosen, because that takes no time.
    const nextAvg = average(adoptAvg, n, mom, numberLike(adoptSeen, 1 - mom).where(seen, 0));
    const sqrWeight = numberLike(adoptSeen, 1 - sqrMom).where(seen, 1);
    return {
      update: nextAvg.mul(lr),
      adoptAvg: nextAvg,
      adoptSqr: average(adoptSqr, grad, sqrMom, grad.mul(sqrWeight)),
      adoptSeen: adoptSeen.onesLike(),
    };
  },
);

/** A number as a value like a scalar, so that it can be chosen by `where`. */
function numberLike(scalar: Value, x: number): Value {
  return scalar.onesLike().mul(x);
}
