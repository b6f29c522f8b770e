import {newCallback} from '../rule/callback';
import {copy, scalar} from '../rule/starts';
import {average as averageOf} from './stats';

/**
 * An exponential moving average of the parameter: `average ← decay·average + (1 - decay)·p` after each step. It starts
 * as the parameter before the first step. `opt.eval()` shows it, until `opt.train()`. Option: `decay`, in
 * [0, 1); default 0.999. Source: Polyak & Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992.
 * @example
 * ```ts
 * const opt = new Optimizer([sgdStep, averageWeights.with({decay: 0.99})], {lr: 0.1});
 * // the same, shorter: ema(sgd(0.1), {decay: 0.99})
 * ```
 */
export const averageWeights = /* @__PURE__ */ newCallback(
  'averageWeights',
  {
    state: {average: copy},
    options: {decay: 0.999},
    ranges: {decay: {from: 0, below: 1}},
    everyParameter: true,
    evaluate: ({average}) => ({p: average}),
  },
  ({p, average, decay}) => ({average: averageOf(average, p, decay)}),
);

// In a function, because esbuild does not leave out an argument that divides.
/**
 * {@link averageWeights} with a decay that rises. With t the number of steps and s = t - startAfter - 1, the average is
 * the parameter itself while s is not above 0. Then the decay is `decay`, or with `rising`
 * `max(minDecay, min(decay, 1 - (1 + s/gamma)^-power))`. All parameters share `averageSteps`, which is t. Options:
 * `decay` and `minDecay`, in [0, 1), defaults 0.999 and 0; `startAfter`, a whole number from 0, default 0; `rising`,
 * default false; `gamma`, above 0, default 1; `power`, from 0, default 2/3. Source: timm's ModelEmaV3.
 * @formula `average ← d·average + (1 - d)·p`, d as above
 * @example
 * ```ts
 * const opt = new Optimizer([sgdStep, averageRising.with({decay: 0.999, rising: true})], {lr: 0.1});
 * // the same, shorter: ema(sgd(0.1), {warmup: true})
 * ```
 */
export const averageRising = /* @__PURE__ */ (() =>
  newCallback(
    'averageRising',
    {
      state: {average: copy, averageSteps: 0},
      options: {decay: 0.999, rising: false, gamma: 1, power: 2 / 3, minDecay: 0, startAfter: 0},
      ranges: {
        decay: {from: 0, below: 1},
        gamma: {from: 0},
        power: {from: 0},
        minDecay: {from: 0, below: 1},
        startAfter: {from: 0, whole: true},
      },
      everyParameter: true,
      evaluate: ({average}) => ({p: average}),
    },
    ({p, average, averageSteps: before, decay, rising, gamma, power, minDecay, startAfter}) => {
      const averageSteps = before + 1;
      const s = averageSteps - startAfter - 1;
      if (s <= 0) return {average: p, averageSteps};
      const now = rising ? Math.max(minDecay, Math.min(decay, 1 - (1 + s / gamma) ** -power)) : decay;
      return {average: averageOf(average, p, now), averageSteps};
    },
  ))();

/**
 * The mean of the parameter after some of the steps, all with the same weight: after step `swaStart` + 1, and from then
 * on after every `swaEvery`-th one, `average ← average + (p - average)/n`, where n counts them. Until the first one,
 * `opt.eval()` shows the parameter as it is. `swaAverage` has the parameter's shape, `swaCount` is n, on the device, so
 * that a skipped step does not count. All parameters share the number of steps, `swaSteps`. Options: `swaStart`, a
 * whole number from 0, default 0; `swaEvery`, a whole number from 1, default 1. Source: Izmailov et al., Averaging
 * Weights Leads to Wider Optima and Better Generalization, 2018.
 * @example
 * ```ts
 * const opt = new Optimizer([sgdStep, averageEqually.with({swaStart: 100, swaEvery: 10})], {lr: 0.1});
 * // the same, shorter: swa(sgd(0.1), {start: 100, every: 10})
 * ```
 */
export const averageEqually = /* @__PURE__ */ newCallback(
  'averageEqually',
  {
    state: {swaAverage: copy, swaCount: scalar, swaSteps: 0},
    options: {swaStart: 0, swaEvery: 1},
    ranges: {swaStart: {from: 0, whole: true}, swaEvery: {from: 1, whole: true}},
    everyParameter: true,
    // Not by `where`, which WebGL has only up to four axes as an ordinary operation.
    evaluate: ({p, swaAverage, swaCount}) => {
      const has = swaCount.minimum(1);
      return {p: swaAverage.mul(has).add(p.mul(has.sub(1).neg()))};
    },
  },
  ({p, swaAverage, swaCount, swaSteps, swaStart, swaEvery}) => {
    const since = swaSteps - swaStart;
    if (since < 0 || since % swaEvery !== 0) return {swaSteps: swaSteps + 1};
    const count = swaCount.add(1);
    // The first time a copy, also where the weights before were not finite.
    const next = swaAverage.add(p.sub(swaAverage).div(count)).where(swaCount.greater(0), p);
    return {swaAverage: next, swaCount: count, swaSteps: swaSteps + 1};
  },
);
