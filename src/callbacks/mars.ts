import {newCallback} from '../rule/callback';
import {normOf} from '../rule/norms';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import type {Value} from '../rule/value';
import {scaledDown} from './clip';
import {signOf} from './lion';
import {average, meanSquare} from './stats';
import {adamDirection} from './steps';

// Bundlers leave out a pure call that nothing uses, but not the spreads in its arguments. So these are in functions.
const hypers = {
  mom: 0.95,
  sqrMom: 0.99,
  mom1d: {default: 0.9, from: 0, below: 1},
  sqrMom1d: {default: 0.95, from: 0, below: 1},
};
const lrScale1d = {default: 1, from: 0};
const options = {optimize1d: false};

interface Betas {
  readonly mom: number;
  readonly sqrMom: number;
  readonly mom1d: number;
  readonly sqrMom1d: number;
}

/** Whether MARS corrects the gradient of a parameter: that of a matrix, and with `optimize1d` of any. */
function corrects(p: Value, optimize1d: boolean): boolean {
  return optimize1d || p.rank === 2;
}

/** The weights of the averages of a parameter. */
function betasOf(isCorrected: boolean, {mom, sqrMom, mom1d, sqrMom1d}: Betas): Pick<Betas, 'mom' | 'sqrMom'> {
  return isCorrected ? {mom, sqrMom} : {mom: mom1d, sqrMom: sqrMom1d};
}

/**
 * The decay of MARS: `p ← p·(1 - lr·wd)` for matrices (with the option `optimize1d` for all parameters), and
 * `p ← p·(1 - lr·lrScale1d·wd1d)` for the others, where `doWd`. A `wd1d` of 0, the default, means `wd`. Other
 * defaults: `wd` 0, `lrScale1d` 1. All are from 0. `lr` must be given. Source: see {@link marsStep}, whose authors
 * have 0.1 as `wd1d`.
 * @example
 * ```ts
 * const opt = new Optimizer([marsDecay, marsAverages, stepStat, marsStep], {lr: 3e-3, wd: 0.1});
 * ```
 */
export const marsDecay = /* @__PURE__ */ newCallback(
  'marsDecay',
  {hypers: {lr: required, wd: 0, lrScale1d, wd1d: {default: 0, from: 0}}, options, isStep: false},
  ({p, lr, wd, lrScale1d, wd1d, doWd, optimize1d}) => {
    if (!doWd) return {};
    const own = wd1d === 0 ? wd : wd1d;
    return {p: p.mul(1 - lr * (corrects(p, optimize1d) ? wd : lrScale1d * own))};
  },
);

/**
 * The averages of MARS. For matrices (with the option `optimize1d` for all parameters), the gradient is corrected for
 * how it changed since the step before, `c = grad + gamma·mom/(1 - mom)·(grad - marsGrad)`, and scaled down to a
 * 2-norm of at most 1. For the others c is the gradient. Then `gradAvg ← b1·gradAvg + (1 - b1)·c` and
 * `sqrAvg ← b2·sqrAvg + (1 - b2)·c²`, where b1 and b2 are `mom` and `sqrMom` of corrected parameters, `mom1d` and
 * `sqrMom1d` of the others. With the option `lion`, `sqrAvg` of corrected parameters stays at zeros.
 *
 * `marsGrad` is the gradient of the step before. It has the parameter's shape and starts at zeros, as in the authors'
 * program. So c is `(1 + gamma·mom/(1 - mom))·grad` in the first step, also in the one after a first step that
 * `skipNonFinite` skipped. Defaults: `gamma` 0.025, from 0; `mom` 0.95, `sqrMom` 0.99, `mom1d` 0.9, `sqrMom1d` 0.95;
 * the last four are in [0, 1). Source: see {@link marsStep}.
 * @example
 * ```ts
 * const opt = new Optimizer([marsDecay, marsAverages, stepStat, marsStep], {lr: 3e-3, wd: 0.1});
 * ```
 */
export const marsAverages = /* @__PURE__ */ (() =>
  newCallback(
    'marsAverages',
    {
      hypers: {...hypers, gamma: {default: 0.025, from: 0}},
      options: {...options, lion: false},
      state: {gradAvg: zeros, sqrAvg: zeros, marsGrad: zeros},
      isStep: false,
    },
    ({p, grad, gradAvg, sqrAvg, marsGrad, gamma, optimize1d, lion, ...betas}) => {
      const isCorrected = corrects(p, optimize1d);
      const {mom, sqrMom} = betasOf(isCorrected, betas);
      let c = grad;
      if (isCorrected) {
        c = grad.add(grad.sub(marsGrad).mul((gamma * mom) / (1 - mom)));
        c = scaledDown(c, normOf(c), 1);
      }
      return {
        gradAvg: average(gradAvg, c, mom),
        ...(lion && isCorrected ? {} : {sqrAvg: meanSquare(sqrAvg, c, sqrMom)}),
        marsGrad: grad,
      };
    },
  ))();

/**
 * MARS: Adam's step (see `adamStep`) along the averages of `marsAverages`. Parameters whose gradient is not corrected
 * take it with `mom1d` and `sqrMom1d`, at the rate lr·lrScale1d. With the option `lion`, corrected parameters take
 * `p ← p - lr·sign(gradAvg)` instead. With `maxSqrGrad` before it, its maximum takes the place of `sqrAvg`.
 *
 * The authors have a second rate, `lr_1d`, in place of `lrScale1d`, which is `lr_1d` divided by `lr`. `lr` must be
 * given. Defaults: `eps` 1e-8, `lrScale1d` 1, the rest as in `marsAverages`. Source: Yuan et al., MARS: Unleashing the
 * Power of Variance Reduction for Training Large Models, 2024, as in the authors' program without exact gradients
 * (MARS-approx). timm's first step is another one, and so is what it takes as a matrix.
 * @example
 * ```ts
 * const opt = new Optimizer([marsDecay, marsAverages, stepStat, marsStep], {lr: 3e-3, wd: 0.1});
 * ```
 */
export const marsStep = /* @__PURE__ */ (() =>
  newCallback(
    'marsStep',
    {
      hypers: {lr: required, ...hypers, eps: 1e-8, lrScale1d},
      options: {...options, lion: false},
      needs: {gradAvg: zeros, sqrAvg: zeros, step: 0},
      reads: {maxSqrAvg: zeros},
    },
    at => {
      const {p, gradAvg, sqrAvg, step, lr, eps, lrScale1d, optimize1d, lion} = at;
      const isCorrected = corrects(p, optimize1d);
      if (lion && isCorrected) return {update: signOf(gradAvg).mul(lr)};
      const averages = {...betasOf(isCorrected, at), gradAvg, sqrAvg, step, eps};
      return {update: adamDirection(averages, isCorrected ? lr : lr * lrScale1d, at.maxSqrAvg)};
    },
  ))();
