import {newCallbackWithExtras} from '../fuse';
import {copy, zeros} from '../rule/starts';
import type {Value} from '../rule/value';
import {average, larger, meanSquare} from './stats';

interface Estimate {
  readonly d: Value;
  readonly weight1: Value;
  readonly weight2: Value;
  readonly mom: number;
  readonly sqrMom: number;
  readonly d0: number;
  readonly biasCorrection: boolean;
}

/** The distance before the step. A start can't depend on an option, so 0 means `d0`. */
function distanceOf({d, d0}: Pick<Estimate, 'd' | 'd0'>): Value {
  return d.where(d.equal(0).logicalNot(), d0);
}

/**
 * The sums of the weights in averages that started at zero, after this step: 1 - mom^k and 1 - sqrMom^k. As a
 * recurrence they are exact in single precision; the difference from 1 would not be.
 */
function weightsOf({weight1, weight2, mom, sqrMom}: Estimate): readonly [Value, Value] {
  return [weight1.mul(mom).add(1 - mom), weight2.mul(sqrMom).add(1 - sqrMom)];
}

/** d with the correction of the averages' bias: what the learning rate is multiplied by. */
function scaleOf(at: Estimate): Value {
  const d = distanceOf(at);
  const [one, two] = weightsOf(at);
  return at.biasCorrection ? d.mul(two.sqrt()).div(one) : d;
}

/** b₃, the weight of the old sums. */
function memoryOf({sqrMom, distanceMom}: {readonly sqrMom: number; readonly distanceMom: number}): number {
  return distanceMom === 0 ? Math.sqrt(sqrMom) : distanceMom;
}

/** The weighted sum of gradients, which the distance is estimated from. */
function sumOf(
  at: Estimate & {
    readonly grad: Value;
    readonly distanceSum: Value;
    readonly lr: number;
    readonly distanceMom: number;
    readonly safeguardWarmup: boolean;
  },
): Value {
  const {grad, distanceSum, lr, d0, safeguardWarmup} = at;
  const d = distanceOf(at);
  const weight = safeguardWarmup ? d : scaleOf(at).mul(lr);
  return average(distanceSum, grad, memoryOf(at), d.mul(weight).div(d0));
}

/**
 * Prodigy: Adam's step at a learning rate that it estimates. d estimates the distance from the first weights x₀ to a
 * solution, for all parameters together. With b₃ = `distanceMom`, or √sqrMom where that is 0, and `c` =
 * √(1 - sqrMom^k)/(1 - mom^k) under `biasCorrection`, else 1:
 *
 * - `q = lr·d·c`; `m ← mom·m + (1 - mom)·d·g`; `v ← sqrMom·v + (1 - sqrMom)·d²·g²`;
 * - `n ← b₃·n + (d/d0)·q·Σ⟨g, x₀ - p⟩`; `s ← b₃·s + (d/d0)·q·g`, under `safeguardWarmup` with d in place of q in s;
 * - `d̂ = dCoef·n/Σ‖s‖₁`; `dMax ← max(dMax, d̂)`; `d' = dMax`, at most `growthRate·d` (0, the default, means no limit);
 * - `p ← p·(1 - wd·q)` where `doWd`, unless `decoupled` is false; `p ← p - q·m/(√v + d'·eps)`; `d ← d'`.
 *
 * Sums are over all parameters with a gradient. Groups have the same `lr`, or 0: such a group only decays. As long as
 * all gradients are 0, nothing happens. m, v and s have the parameter's shape and start at zeros; x₀ is a copy of the
 * parameter before its first step. d, dMax and n belong to no parameter. A gradient of NaN makes d NaN for good: put
 * `skipNonFinite` before this step. Defaults: `lr` 1, `mom` 0.9, `sqrMom` 0.999, `distanceMom` 0, `eps` 1e-8, `wd` 0,
 * `d0` 1e-6, `dCoef` 1. Source: Mishchenko & Demyanov, Prodigy: An Expeditiously Adaptive Parameter-Free Learner, 2023;
 * details, such as d' beside eps, are those of the authors' program.
 * @example
 * ```ts
 * const opt = new Optimizer([prodigyStep.with({dCoef: 1})], {lr: 1, wd: 0.01});
 * ```
 */
export const prodigyStep = /* @__PURE__ */ newCallbackWithExtras(
  'prodigyStep',
  {
    hypers: {lr: 1, mom: 0.9, sqrMom: 0.999, distanceMom: {default: 0, from: 0, below: 1}, eps: 1e-8, wd: 0},
    options: {d0: 1e-6, dCoef: 1, growthRate: 0, biasCorrection: false, safeguardWarmup: false, decoupled: true},
    decays: 'decoupled',
    ranges: {d0: {from: 1e-30}, dCoef: {from: 0}, growthRate: {from: 0}},
    state: {scaledAvg: zeros, scaledSqrAvg: zeros, distanceSum: zeros, origin: copy},
    shared: {d: 0, dMax: 0, numerator: 0, weight1: 0, weight2: 0},
    total: at => {
      const {p, grad, origin, lr, d0} = at;
      const one = at.d.onesLike();
      const zero = at.d.zerosLike();
      if (lr === 0) return {distance: zero, norm: zero, rate: zero, moving: zero};
      const weight = distanceOf(at)
        .mul(scaleOf(at))
        .mul(lr / d0);
      return {
        distance: origin.sub(p).mul(grad).sum().mul(weight),
        norm: sumOf(at).abs().sum(),
        rate: one.mul(lr),
        moving: one,
      };
    },
  },
  at => {
    const {p, grad, scaledAvg, scaledSqrAvg, lr, mom, sqrMom, eps, wd, d0, dCoef, growthRate} = at;
    const {total, doWd, decoupled} = at;
    const d = distanceOf(at);
    const [weight1, weight2] = weightsOf(at);
    // Only where this is 0 has no gradient been anything but 0. NaN goes on, so that it shows.
    const isIdle = total.norm.equal(0);
    const moved = (then: Value, otherwise: Value | number) => then.where(isIdle.logicalNot(), otherwise);
    const numerator = at.numerator.mul(memoryOf(at)).add(total.distance);
    const estimate = numerator.mul(dCoef).div(total.norm);
    const known = at.dMax.where(at.dMax.equal(0).logicalNot(), d0);
    const dMax = moved(larger(known, estimate), known);
    const nextD = growthRate === 0 ? dMax : moved(grown(d, estimate, dMax, d0, growthRate), d);
    const shared = {
      d: nextD,
      dMax,
      numerator: moved(numerator, at.numerator),
      weight1: moved(weight1, at.weight1),
      weight2: moved(weight2, at.weight2),
    };
    // A group whose rate is 0 decays at the rate of the others.
    const q = scaleOf(at).mul(lr === 0 ? total.rate.div(total.moving) : lr);
    const decayed = doWd && decoupled && wd !== 0 ? {p: p.mul(moved(q.mul(-wd).add(1), 1))} : {};
    if (lr === 0) return {...decayed, shared};
    const nextAvg = average(scaledAvg, grad, mom, d.mul(1 - mom));
    const nextSqr = meanSquare(scaledSqrAvg, grad.mul(d), sqrMom);
    return {
      ...decayed,
      update: (mom === 0 ? grad.mul(nextD) : nextAvg).mul(q).div(nextSqr.sqrt().add(nextD.mul(eps))),
      scaledAvg: nextAvg,
      scaledSqrAvg: nextSqr,
      distanceSum: sumOf(at),
      shared,
    };
  },
);

/** d may jump to its first estimate. After that it grows by at most a factor per step. */
function grown(d: Value, estimate: Value, dMax: Value, d0: number, rate: number): Value {
  const from = larger(d, estimate).where(d.equal(d0), d).mul(rate);
  return from.where(from.less(dMax), dMax);
}
