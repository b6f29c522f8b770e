import {newCallback} from '../rule/callback';
import type {Callback} from '../rule/declaration';
import {zeros} from '../rule/starts';

const EVERY = {every: {from: 1, whole: true}} as const;

/**
 * Counts the calls of a step and the windows that they make up; common to all parameters, so that one without a
 * gradient stays in phase.
 */
export const countCalls = newCallback(
  'countCalls',
  {state: {call: 0, window: 0}, options: {every: 2}, ranges: EVERY, everyParameter: true},
  ({call, window, every}) => (call % every === 0 ? {call: 1, window: window + 1} : {call: call + 1}),
);

/** Adds the gradient to those of the same window. */
export const sumGrads = newCallback(
  'sumGrads',
  {state: {gradSum: zeros, sumWindow: 0}, needs: {window: 0}},
  ({grad, gradSum, sumWindow, window}) =>
    sumWindow === window ? {gradSum: gradSum.add(grad)} : {gradSum: grad, sumWindow: window},
);

/**
 * Stops the step until the window's last call, which goes on with the mean. A parameter that had no gradient in the
 * window has none now; one that had gradients in some calls has zeros for the others.
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
 * Gradient accumulation: callbacks for the start of an optimizer's list, which make one step of `every` calls, with
 * the mean of their gradients. With batches of the same size and a loss that is a mean, that is the step of the large
 * batch. Decay, clipping and all else act once a step.
 *
 * ```ts
 * adam(1e-3, {callbacks: [...accumulate(4), clipGlobalNorm], globalClipNorm: 1})
 * ```
 * A window that is not full when training ends waits for the next call, and so does a fit that is shorter than a
 * window. `fitOneCycle` and its like apply it at the end; plain `fit` needs the callback `applyAccumulated()`, a loop
 * of one's own `applyOpenWindow(opt)`.
 * @param every how many calls make a step, a whole number from 1.
 * @throws where it is none.
 */
export function accumulate(every: number): readonly Callback[] {
  if (!Number.isInteger(every) || every < 1)
    throw new Error(`accumulate takes how many calls make a step, a whole number from 1; got ${every}.`);
  return [countCalls.with({every}), sumGrads, meanGrad.with({every})];
}
