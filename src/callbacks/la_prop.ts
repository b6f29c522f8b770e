import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {average} from './stats';

/**
 * LaProp: averages the normalized gradient, where Adam normalizes the average:
 * `laPropRate ← mom·laPropRate + (1 - mom)·lr`, `laPropSum ← sqrMom·laPropSum + 1 - sqrMom`,
 * `laPropAvg ← mom·laPropAvg + (1 - mom)·lr·grad/(√(sqrAvg/laPropSum) + eps)`, `p ← p - s·laPropAvg·lr/laPropRate`. At
 * a `lr` of 0 the factor lr/laPropRate is 1: the average goes on moving p. With the option `decayed` (default false),
 * `s = 1 - lr·wd` where `doWd`. With `weightDecay` before it, this is decay after the step. Otherwise s is 1.
 *
 * Needs the dampened `sqrAvg` before it. `laPropAvg` has the parameter's shape and starts at zeros. `laPropRate` and
 * `laPropSum` are host numbers of the parameter, from 0; they correct the averages' starts, also where `lr` moves.
 *
 * `lr` must be given. Defaults: `mom` 0.9, `sqrMom` 0.999, both in [0, 1); `eps` 1e-15, `wd` 0. Source: Ziyin et al.,
 * LaProp: Separating Momentum and Adaptivity in Adam, 2020, as in timm, whose decay is lr·wd. The authors' is wd.
 * @example
 * ```ts
 * const opt = new Optimizer([weightDecay, averageSqrGrad, laPropStep], {lr: 4e-4, wd: 0.01});
 * ```
 */
export const laPropStep = /* @__PURE__ */ newCallback(
  'laPropStep',
  {
    hypers: {lr: required, mom: 0.9, sqrMom: 0.999, eps: 1e-15, wd: 0},
    options: {decayed: false},
    decays: false,
    needs: {sqrAvg: zeros},
    state: {laPropAvg: zeros, laPropRate: 0, laPropSum: 0},
  },
  ({grad, sqrAvg, laPropAvg, laPropRate, laPropSum, doWd, lr, mom, sqrMom, eps, wd, decayed}) => {
    const nextRate = mom * laPropRate + (1 - mom) * lr;
    const nextSum = sqrMom * laPropSum + 1 - sqrMom;
    // Numerator and denominator are multiplied by √laPropSum.
    const root = Math.sqrt(nextSum);
    const nextAvg = average(laPropAvg, grad.mul(lr * root).div(sqrAvg.sqrt().add(eps * root)), mom);
    const factor = lr === 0 ? 1 : lr / nextRate;
    return {
      update: nextAvg.mul(decayed && doWd ? factor * (1 - lr * wd) : factor),
      laPropAvg: nextAvg,
      laPropRate: nextRate,
      laPropSum: nextSum,
    };
  },
);
