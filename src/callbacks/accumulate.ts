import {newCallback} from '../rule/callback';
import type {Callback} from '../rule/declaration';
import {zeros} from '../rule/starts';
import {shown} from '../util/shown';

const EVERY = {every: {from: 1, whole: true}} as const;

/**
 * Counts the calls of the step, and the windows of `every` calls. All parameters share these numbers, so a parameter
 * without a gradient stays in phase. Option: `every`, a whole number from 1; default 2.
 * @formula `call ← call + 1`, and after `every` calls `call ← 1`, `window ← window + 1`
 * @example
 * ```ts
 * const opt = new Optimizer([countCalls.with({every: 4}), sumGrads, meanGrad.with({every: 4}), sgdStep], {lr: 0.1});
 * // the same, shorter: new Optimizer([...accumulate(4), sgdStep], {lr: 0.1})
 * ```
 */
export const countCalls = newCallback(
  'countCalls',
  {state: {call: 0, window: 0}, options: {every: 2}, ranges: EVERY, everyParameter: true},
  ({call, window, every}) => (call % every === 0 ? {call: 1, window: window + 1} : {call: call + 1}),
);

/**
 * Adds the gradient to the sum `gradSum` of the same window.
 * @formula `gradSum ← gradSum + grad`; in a new window, `gradSum ← grad`
 * @example
 * ```ts
 * const opt = new Optimizer([countCalls.with({every: 4}), sumGrads, meanGrad.with({every: 4}), sgdStep], {lr: 0.1});
 * // the same, shorter: new Optimizer([...accumulate(4), sgdStep], {lr: 0.1})
 * ```
 */
export const sumGrads = newCallback(
  'sumGrads',
  {state: {gradSum: zeros, sumWindow: 0}, needs: {window: 0}},
  ({grad, gradSum, sumWindow, window}) =>
    sumWindow === window ? {gradSum: gradSum.add(grad)} : {gradSum: grad, sumWindow: window},
);

/**
 * Stops the step in every call but the window's last, which continues with the mean of the gradients,
 * `gradSum/every`. A parameter without any gradient in the window has none now. A missing gradient in single calls
 * counts as zeros. Option: `every`, a whole number from 1; default 2.
 * @formula `grad ← gradSum/every`, in the last call of a window
 * @example
 * ```ts
 * const opt = new Optimizer([countCalls.with({every: 4}), sumGrads, meanGrad.with({every: 4}), sgdStep], {lr: 0.1});
 * // the same, shorter: new Optimizer([...accumulate(4), sgdStep], {lr: 0.1})
 * ```
 */
export const meanGrad = newCallback(
  'meanGrad',
  {
    needs: {call: 0, window: 0},
    reads: {gradSum: zeros, sumWindow: 0},
    options: {every: 2},
    ranges: EVERY,
    everyParameter: true,
  },
  ({call, window, every, gradSum, sumWindow}) => {
    if (call < every) return {stop: true};
    return gradSum !== undefined && sumWindow === window ? {grad: gradSum.mul(1 / every)} : {};
  },
);

/**
 * Gradient accumulation: callbacks for the start of an optimizer's list. They make one step from `every` calls, with
 * the mean of their gradients. If the batches have the same size and the loss is a mean, this is the step of the large
 * batch. All other callbacks, such as decay and clipping, act once per step.
 *
 * ```ts
 * adam(1e-3, {callbacks: [...accumulate(4), clipGlobalNorm], globalClipNorm: 1})
 * ```
 * A window that is not full when training ends stays open, and the next call continues it. `fitOneCycle` and the like
 * apply an open window at the end. Plain `fit` needs the callback `applyAccumulated()` for this. Your own loop must
 * call `applyOpenWindow(opt)`.
 * @param every how many calls make one step, a whole number from 1.
 * @throws for anything else.
 * @formula `grad ← (g₁ + … + gₙ)/n`, where n is `every` and gᵢ are the gradients of the calls
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {callbacks: accumulate(4)}), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {batchSize: 8, callbacks: applyAccumulated()}); // steps as with batches of 32
 * ```
 */
export function accumulate(every: number): readonly Callback[] {
  if (!Number.isInteger(every) || every < 1)
    throw new Error(`accumulate takes the number of calls per step, a whole number from 1; got ${shown(every)}.`);
  return [countCalls.with({every}), sumGrads, meanGrad.with({every})];
}
