import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {copy, zeros} from '../rule/starts';
import type {Value} from '../rule/value';
import {average, debias, rectification} from './stats';
import {adamDirection} from './steps';

/** What all three steps declare. */
// Bundlers leave out a pure call that nothing uses, but not the spreads in its arguments. So these are in functions.
const HYPERS = {lr: required, mom: 0.9, wd: 0} as const;
const OPTIONS = {stepPower: 0, lrPower: 2, decayAtZ: false} as const;
const RANGES = {stepPower: {from: 0}, lrPower: {from: 0}} as const;
const innerMom = {default: 0, from: 0, below: 1};
const POINTS = {z: copy, x: copy} as const;
/** k, L and W of the paper's program, then the rate of the present step and the share of z in x. */
const NUMBERS = {freeSteps: 0, lrMax: 0, weightSum: 0, freeLr: 0, zShare: 0} as const;

const COMMON = {
  state: POINTS,
  restarts: ['z', 'x'],
  groupState: NUMBERS,
  everyGroup: true,
  evaluate: ({x}: {readonly x: Value}) => ({p: x}),
} as const;
/** What the two steps declare that can warm up. */
const WARMED = {
  options: /* @__PURE__ */ Object.assign({warmup: 0}, OPTIONS),
  ranges: /* @__PURE__ */ Object.assign({warmup: {from: 0, whole: true}} as const, RANGES),
};

type Numbers = {readonly [K in keyof typeof NUMBERS]: number};

/**
 * The numbers of a group after one more step.
 * @param scale the factor of the learning rate in this step.
 */
function counted(
  {
    freeSteps,
    lrMax: largest,
    weightSum: sum,
    lr,
    stepPower,
    lrPower,
  }: Omit<Numbers, 'freeLr' | 'zShare'> & {
    readonly lr: number;
    readonly stepPower: number;
    readonly lrPower: number;
  },
  scale: number,
): Numbers {
  const freeLr = lr * scale;
  const lrMax = Math.max(largest, freeLr);
  const weight = (freeSteps + 1) ** stepPower * lrMax ** lrPower;
  const weightSum = sum + weight;
  // Before the first step with a rate, there is nothing to average.
  return {freeSteps: freeSteps + 1, lrMax, weightSum, freeLr, zShare: weightSum === 0 ? 0 : weight / weightSum};
}

/**
 * Steps z, then averages x and puts the parameter between the two.
 * @param step the direction times the rate.
 */
function averaged(
  {
    p,
    z,
    x,
    doWd,
    mom,
    wd,
    freeLr,
    zShare,
    decayAtZ,
  }: Pick<Numbers, 'freeLr' | 'zShare'> & {
    readonly p: Value;
    readonly z: Value;
    readonly x: Value;
    readonly doWd: boolean;
    readonly mom: number;
    readonly wd: number;
    readonly decayAtZ: boolean;
  },
  step: Value,
): {readonly p: Value; readonly z: Value; readonly x: Value} {
  const decay = doWd ? freeLr * wd : 0;
  // Without decay, the parameter need not be read.
  const down = decay === 0 ? step : step.add((decayAtZ ? z : p).mul(decay));
  const nextZ = z.sub(down);
  // As differences, so that nothing moves where z and x are equal.
  const nextX = x.add(nextZ.sub(x).mul(zShare));
  return {p: nextZ.add(nextX.sub(nextZ).mul(mom)), z: nextZ, x: nextX};
}

/**
 * Schedule-Free SGD. The parameter is y, where gradients are taken. z is the point of plain descent, x is a weighted
 * average of all z, and `opt.eval()` shows x. All three start as the parameter. With k the number of steps before, and
 * e = lr·min(1, (k+1)/warmup):
 *
 * - `z ← z - e·(grad + wd·y)`; `L ← max(L, e)`, `w = (k+1)^stepPower·L^lrPower`, `W ← W + w`
 * - `x ← x + (w/W)·(z - x)`; `y = z + mom·(x - z)`
 *
 * k, L and W belong to the group. They go on in each of its steps, also for parameters without a gradient. `wd` acts
 * where `doWd`; with `decayAtZ` it takes z in place of y. Defaults: `mom` 0.9, in [0, 1]; `wd` 0; options `warmup` 0, a
 * whole number of steps, `stepPower` 0, `lrPower` 2, `decayAtZ` false. `lr` must be given. Source: Defazio et al., The
 * Road Less Scheduled, 2024, and its program.
 * @example
 * ```ts
 * const opt = new Optimizer([scheduleFreeSgdStep.with({warmup: 100})], {lr: 1, wd: 1e-4});
 * ```
 */
export const scheduleFreeSgdStep = /* @__PURE__ */ (() =>
  newCallback(
    'scheduleFreeSgdStep',
    {
      hypers: HYPERS,
      ...COMMON,
      ...WARMED,
      group: ({warmup, ...at}) => counted(at, warmedUp(at.freeSteps, warmup)),
    },
    ({grad, ...at}) => averaged(at, grad.mul(at.freeLr)),
  ))();

/**
 * Schedule-Free AdamW: {@link scheduleFreeSgdStep} with `grad/(√(sqrAvg/(1 - sqrMom^(k+1))) + eps)` in place of the
 * gradient, and decay outside of the division. Needs `sqrAvg`, dampened, before it. All hypers but `mom` and `wd` must
 * be given.
 * @formula `z ← z - e·(grad/(√(sqrAvg/(1 - sqrMom^(k+1))) + eps) + wd·y)`, `x ← x + (w/W)·(z - x)`
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageSqrGrad, scheduleFreeAdamStep.with({warmup: 100})],
 *   {lr: 2.5e-3, sqrMom: 0.999, eps: 1e-8},
 * );
 * ```
 */
export const scheduleFreeAdamStep = /* @__PURE__ */ (() =>
  newCallback(
    'scheduleFreeAdamStep',
    {
      // `innerMom` is read by the callback before it. Where that is left out, its hyper stays.
      hypers: {...HYPERS, sqrMom: required, eps: required, innerMom},
      needs: {sqrAvg: zeros},
      ...COMMON,
      ...WARMED,
      group: ({warmup, ...at}) => counted(at, warmedUp(at.freeSteps, warmup)),
    },
    ({grad, ...at}) => averaged(at, adamStepOf(grad, at)),
  ))();

/**
 * Schedule-Free RAdam: {@link scheduleFreeAdamStep}, where e is lr times the rectification of RAdam, once that is
 * defined (r > 4). Until then, e is 0 and only `sqrAvg` moves; with `silentPhase: false`, e is lr, and the step is
 * `grad` without the division. It needs no warm-up. With `sqrMom` of 0.6 or less, r never exceeds 4. Option:
 * `silentPhase`, default true. Source: the program of Defazio et al., 2024; Liu et al., On the Variance of the Adaptive
 * Learning Rate and Beyond, 2020.
 * @formula `z ← z - r·lr·(grad/(√(sqrAvg/(1 - sqrMom^(k+1))) + eps) + wd·y)`, where r is the rectification
 * @example
 * ```ts
 * const opt = new Optimizer([averageSqrGrad, scheduleFreeRAdamStep], {lr: 2.5e-3, sqrMom: 0.999, eps: 1e-8});
 * ```
 */
export const scheduleFreeRAdamStep = /* @__PURE__ */ (() =>
  newCallback(
    'scheduleFreeRAdamStep',
    {
      hypers: {...HYPERS, sqrMom: required, eps: required},
      needs: {sqrAvg: zeros},
      ...COMMON,
      options: {...OPTIONS, silentPhase: true},
      ranges: RANGES,
      group: ({silentPhase, sqrMom, ...at}) =>
        counted(at, rectification(sqrMom, at.freeSteps + 1, 4) ?? (silentPhase ? 0 : 1)),
    },
    ({grad, ...at}) =>
      averaged(
        at,
        rectification(at.sqrMom, at.freeSteps, 4) === undefined ? grad.mul(at.freeLr) : adamStepOf(grad, at),
      ),
  ))();

/**
 * Replaces the gradient by its debiased average: `a ← innerMom·a + (1 - innerMom)·grad`,
 * `grad ← a/(1 - innerMom^k)`, where k counts the steps of the group. `innerAvg` is a, has the parameter's shape and
 * starts at zeros. Default: `innerMom` 0, in [0, 1).
 * @example
 * ```ts
 * const opt = new Optimizer(
 *   [averageSqrGrad, innerMomentum, scheduleFreeAdamStep],
 *   {lr: 2.5e-3, sqrMom: 0.999, eps: 1e-8, innerMom: 0.9},
 * );
 * ```
 */
export const innerMomentum = /* @__PURE__ */ newCallback(
  'innerMomentum',
  {
    hypers: {innerMom},
    state: {innerAvg: zeros},
    groupState: {innerSteps: 0},
    everyGroup: true,
    group: ({innerSteps}) => ({innerSteps: innerSteps + 1}),
  },
  ({grad, innerAvg, innerMom, innerSteps}) => {
    const next = average(innerAvg, grad, innerMom);
    return {grad: next.div(debias(innerMom, 1 - innerMom, innerSteps)), innerAvg: next};
  },
);

function warmedUp(stepsBefore: number, warmup: number): number {
  return Math.min(1, (stepsBefore + 1) / Math.max(1, warmup));
}

/** Adam's step without momentum. */
function adamStepOf(
  grad: Value,
  {
    freeSteps,
    freeLr,
    ...at
  }: Pick<Numbers, 'freeSteps' | 'freeLr'> & {
    readonly sqrAvg: Value;
    readonly sqrMom: number;
    readonly eps: number;
  },
): Value {
  return adamDirection({...at, gradAvg: grad, mom: 0, step: freeSteps}, freeLr);
}
