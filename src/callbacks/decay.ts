import {newCallback} from '../rule/callback';
import {required} from '../rule/required';

/**
 * Decoupled weight decay: `p ← p·(1 - lr·wd)`, where `doWd`. Default: `wd` 0. `lr` must be given.
 * Source: Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019.
 * @example
 * ```ts
 * const opt = new Optimizer([weightDecay, averageGrad, momentumStep], {lr: 0.1, mom: 0.9, wd: 1e-4});
 * ```
 */
export const weightDecay = newCallback(
  'weightDecay',
  {hypers: {lr: required, wd: 0}, isStep: false},
  ({p, lr, wd, doWd}) => (doWd ? {p: p.mul(1 - lr * wd)} : {}),
);

/**
 * L2 regularization: `grad ← grad + wd·p`, where `doWd`. The caller's gradient does not change. Default: `wd` 0.
 * @example
 * ```ts
 * const opt = new Optimizer([l2Reg, averageGrad, momentumStep], {lr: 0.1, mom: 0.9, wd: 1e-4});
 * ```
 */
export const l2Reg = newCallback('l2Reg', {hypers: {wd: 0}, isStep: false}, ({p, grad, wd, doWd}) =>
  doWd ? {grad: grad.add(p.mul(wd))} : {},
);

/**
 * Corrected weight decay: `p ← p·(1 - wd·lr²/lr0)`, where `doWd`. While a schedule lowers the learning rate, decay that
 * is proportional to it lets the norms of gradients grow; this one keeps them level. `lr0` is the peak of the schedule.
 * The optimizers of the table take it as their setting `decay` and set `lr0`, where it is not given, to the learning
 * rate of each group that they are made with. Elsewhere `lr0` must be given. It is positive, stays while `lr` moves,
 * and is saved with the optimizer. Default: `wd` 0. `lr` must be given.
 *
 * Source: Defazio, Why Gradients Rapidly Increase Near the End of Training, 2025. As in timm, it acts on every
 * parameter that decays; the paper corrects only those before a normalization.
 * @example
 * ```ts
 * model.compile({optimizer: adamW(1e-3, {decay: correctedDecay, wd: 0.1}), loss: 'meanSquaredError'});
 * ```
 */
export const correctedDecay = /* @__PURE__ */ newCallback(
  'correctedDecay',
  {hypers: {lr: required, lr0: required, wd: 0}, isStep: false},
  ({p, lr, lr0, wd, doWd}) => (doWd ? {p: p.mul(1 - (wd * lr * lr) / lr0)} : {}),
);

/**
 * Weight decay that is independent of the learning rate: `p ← p·(1 - wd·lr/lr0)`, where `doWd`. It follows the schedule
 * of the rate, but a search for the best rate does not change it. With the option `scheduled` false (default true) it
 * does not follow the schedule either: `p ← p·(1 - wd)`. A good `wd` is about lr times as large as that of
 * `weightDecay`. `lr0` is the learning rate before any schedule, as in {@link correctedDecay}, and is given in the same
 * way. Default: `wd` 0. `lr` must be given.
 *
 * Sources: Loshchilov & Hutter, Decoupled Weight Decay Regularization, 2019, whose formula it is; Wortsman et al.,
 * Small-scale proxies for large-scale Transformer training instabilities, 2023, who call it independent.
 * @example
 * ```ts
 * model.compile({optimizer: adamW(1e-3, {decay: independentDecay, wd: 1e-4}), loss: 'meanSquaredError'});
 * ```
 */
export const independentDecay = /* @__PURE__ */ newCallback(
  'independentDecay',
  {hypers: {lr: required, lr0: required, wd: 0}, options: {scheduled: true}, isStep: false},
  ({p, lr, lr0, wd, doWd, scheduled}) => (doWd ? {p: p.mul(1 - (scheduled ? (wd * lr) / lr0 : wd))} : {}),
);

/**
 * Cautious weight decay: `p ← p - u - lr·wd·[u·p ≥ 0]·p`, where `doWd`. Here u is the update of the step before, and p
 * is the parameter before that step. It decays only where the update does not go against decay, so it does not pull
 * the training away from a minimum of the loss. It takes the update: put it after the step. The optimizers of the
 * table take it as their setting `decay`. Default: `wd` 0. `lr` must be given.
 *
 * Source: Chen et al., Cautious Weight Decay, 2025.
 * @example
 * ```ts
 * model.compile({optimizer: adamW(1e-3, {decay: cautiousDecay, wd: 0.1}), loss: 'meanSquaredError'});
 * ```
 */
export const cautiousDecay = /* @__PURE__ */ newCallback(
  'cautiousDecay',
  {hypers: {lr: required, wd: 0}, takesUpdate: true, isStep: false},
  ({p, update, lr, wd, doWd}) =>
    doWd ? {update: update.add(p.mul(lr * wd).where(update.mul(p).greaterEqual(0), 0))} : {},
);
