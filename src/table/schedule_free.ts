import {
  innerMomentum,
  scheduleFreeAdamStep,
  scheduleFreeRAdamStep,
  scheduleFreeSgdStep,
} from '../callbacks/schedule_free';
import {averageSqrGrad} from '../callbacks/stats';
import {type Options, type Registering, rowFactory, type RowOptimizer} from '../optimizer/row';
import type {AnyCallback} from '../optimizer/settings';
import type {HyperValue} from '../rule/slice';
import {shown} from '../util/shown';

// Not written in the rows, where their types would allow no other value than the default.
const WEIGHTS = {stepPower: 0, lrPower: 2, decayAtZ: false};
const WARMED = /* @__PURE__ */ Object.assign({warmup: 0}, WEIGHTS);
const SILENT = /* @__PURE__ */ Object.assign({silentPhase: true}, WEIGHTS);

/** The rows of `scheduleFree`. Tests and benchmarks go through them. */
export const scheduleFreeAdamW = /* @__PURE__ */ rowFactory({
  name: 'scheduleFree',
  first: "'adamW', ",
  lr: 2.5e-3,
  hypers: {mom: 0.9, sqrMom: 0.999, eps: 1e-8, wd: 0, innerMom: 0},
  extra: WARMED,
  decays: true,
  chain: (uses, extra) => [
    averageSqrGrad,
    ...(uses('innerMom') ? [innerMomentum] : []),
    scheduleFreeAdamStep.with(extra),
  ],
});
export const scheduleFreeSgd = /* @__PURE__ */ rowFactory({
  name: 'scheduleFree',
  first: "'sgd', ",
  lr: 1,
  hypers: {mom: 0.9, wd: 0},
  extra: WARMED,
  decays: true,
  chain: (_, extra) => [scheduleFreeSgdStep.with(extra)],
});
export const scheduleFreeRAdam = /* @__PURE__ */ rowFactory({
  name: 'scheduleFree',
  first: "'rAdam', ",
  lr: 2.5e-3,
  hypers: {mom: 0.9, sqrMom: 0.999, eps: 1e-8, wd: 0},
  extra: SILENT,
  decays: true,
  chain: (_, extra) => [averageSqrGrad, scheduleFreeRAdamStep.with(extra)],
});

/**
 * Schedule-Free learning: no schedule, and no number of steps to know beforehand. The variables hold y, where gradients
 * are taken. `opt.eval()`, `withAverages` and `evaluateAverages()` show x, the weights to validate, predict and save
 * with. See {@link scheduleFreeSgdStep}, {@link scheduleFreeAdamStep} and {@link scheduleFreeRAdamStep}.
 *
 * Defaults: `lr` 2.5e-3 (`'sgd'`: 1), `mom` 0.9, `sqrMom` 0.999, `eps` 1e-8, `wd` 0, `innerMom` 0. `mom` says how near
 * to x the gradient is taken. `'sgd'` has no `sqrMom` and no `eps`. Only `'adamW'` has `innerMom`, which averages the
 * gradient before the step. Options: `warmup` 0, the
 * number of steps in which the rate rises (`'rAdam'` needs none and has none); `lrPower` 2 and `stepPower` 0, by which
 * a step weighs in x as `(k+1)^stepPower·L^lrPower`, where L is the largest rate so far; `decayAtZ` false, whether
 * decay takes z in place of y; `silentPhase` true, only of `'rAdam'`.
 *
 * One-cycle and other schedules that let the rate fall do not belong on top of it. Do not schedule `mom`. `lookahead`,
 * `ema` and `swa` refuse it, because x is an average already.
 * @formula `z ← z - lr·d`, `x ← (1-c)·x + c·z`, `p = mom·x + (1-mom)·z`, where d is the direction of SGD, AdamW or
 *   RAdam at p, and `c = lr²/Σlr²`
 * @source Defazio et al., The Road Less Scheduled, 2024
 * @memory 3
 * @use Training whose length is not known beforehand: it can stop, or go on, at any step. With `'adamW'`, give a
 *   `warmup` of about a twentieth of the steps, and try a rate between that of AdamW and ten times as much.
 * @avoid Models that you cannot validate by `evaluateAverages()`, weights with constraints, and fine-tuning by a
 *   schedule that is known to work. Batch normalization needs its averages recomputed for x. `'sgd'` needs one tensor
 *   less.
 * @example
 * ```ts
 * const opt = scheduleFree('adamW', 2.5e-3, {warmup: 20});
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: evaluateAverages()});
 * ```
 */
export const scheduleFree: ScheduleFree = /* @__PURE__ */ Object.assign(make, {
  // Evaluating this module has registered the callbacks.
  register: () => undefined,
});

type AdamWRow = typeof scheduleFreeAdamW.row;
type SgdRow = typeof scheduleFreeSgd.row;
type RAdamRow = typeof scheduleFreeRAdam.row;

/** Makes Schedule-Free optimizers. */
export interface ScheduleFree extends Registering {
  /**
   * @param kind what it steps with.
   * @param lr the learning rate: one, one per group, or a `slice`. Default 2.5e-3.
   * @param options hypers by name, each one value, one value per group, or a `slice`; the rule's own options;
   *   `callbacks`, `after`, and the settings of every optimizer.
   * @throws for another kind, unknown or impossible hypers and options, settings that are given one by one, or
   *   parameters that can't be trained.
   */
  <const P extends readonly AnyCallback[] = readonly [], const A extends readonly AnyCallback[] = readonly []>(
    kind: 'adamW',
    lr?: HyperValue,
    options?: Options<AdamWRow, P, A>,
    ...more: undefined[]
  ): RowOptimizer<AdamWRow['hypers'], P, A>;
  /** @param lr the learning rate. Default 1. */
  <const P extends readonly AnyCallback[] = readonly [], const A extends readonly AnyCallback[] = readonly []>(
    kind: 'sgd',
    lr?: HyperValue,
    options?: Options<SgdRow, P, A>,
    ...more: undefined[]
  ): RowOptimizer<SgdRow['hypers'], P, A>;
  /** @param lr the learning rate. Default 2.5e-3. */
  <const P extends readonly AnyCallback[] = readonly [], const A extends readonly AnyCallback[] = readonly []>(
    kind: 'rAdam',
    lr?: HyperValue,
    options?: Options<RAdamRow, P, A>,
    ...more: undefined[]
  ): RowOptimizer<RAdamRow['hypers'], P, A>;
}

function make<P extends readonly AnyCallback[], A extends readonly AnyCallback[]>(
  kind: 'adamW' | 'sgd' | 'rAdam',
  lr?: HyperValue,
  options?: Options<AdamWRow, P, A> & Options<SgdRow, P, A> & Options<RAdamRow, P, A>,
  ...more: undefined[]
) {
  switch (kind) {
    case 'adamW':
      return scheduleFreeAdamW(lr, options, ...more);
    case 'sgd':
      return scheduleFreeSgd(lr, options, ...more);
    case 'rAdam':
      return scheduleFreeRAdam(lr, options, ...more);
    default:
      throw new Error(
        "scheduleFree takes what it steps with first, 'adamW', 'sgd' or 'rAdam'; " +
          `got ${shown(kind)}. Write scheduleFree('adamW', ${typeof kind === 'number' ? shown(kind) : 0.0025}).`,
      );
  }
}
