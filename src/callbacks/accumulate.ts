import {type Callback, newCallback} from '../callback';
import {zeros} from '../starts';

const EVERY = {every: {from: 1, whole: true}} as const;

/** Counts the calls of a step and the windows that they make up; common to all parameters, so that one without a gradient stays in phase. */
export const countCalls = newCallback('countCalls', {state: {call: 0, window: 0}, options: {every: 2}, ranges: EVERY, everyParameter: true},
  ({call, window, every}) => call % every === 0 ? {call: 1, window: window + 1} : {call: call + 1});

/** Adds the gradient to those of the same window. */
export const sumGrads = newCallback('sumGrads', {state: {gradSum: zeros, sumWindow: 0}, needs: {window: 0}},
  ({grad, gradSum, sumWindow, window}) => sumWindow === window ? {gradSum: gradSum.add(grad)} : {gradSum: grad, sumWindow: window});

/**
 * Stops the step until the window's last call, which goes on with the mean. A parameter that had no gradient in the window has none now; one that
 * had gradients in some calls has zeros for the others.
 */
export const meanGrad = newCallback('meanGrad',
  {needs: {call: 0, window: 0}, reads: {gradSum: zeros, sumWindow: 0}, options: {every: 2}, ranges: EVERY, everyParameter: true},
  ({call, window, every, gradSum, sumWindow}) => {
    if (call < every) return {stop: true};
    return gradSum !== undefined && sumWindow === window ? {grad: gradSum.mul(1 / every)} : {};
  });

/**
 * Gradient accumulation: callbacks for the start of an optimizer's list, which make one step of `every` calls, with the mean of their gradients. With
 * batches of the same size and a loss that is a mean, that is the step of the large batch. Decay, clipping and all else act once a step.
 *
 * ```ts
 * adam(1e-3, {callbacks: [...accumulate(4), clipGlobalNorm], globalClipNorm: 1})
 * ```
 * A window that is open when training ends makes no step by itself: `applyAccumulated()` among the callbacks of `fit`, or
 * `opt.applyAccumulated()` after a loop, makes one of the calls that there were. `fitOneCycle` and its kin do so.
 * @param every how many calls make a step, a whole number from 1.
 * @throws where it is none.
 */
export function accumulate(every: number): readonly Callback[] {
  if (!Number.isInteger(every) || every < 1) throw new Error(`accumulate takes how many calls make a step, a whole number from 1; got ${every}.`);
  return [countCalls.with({every}), sumGrads, meanGrad.with({every})];
}

/** What closes a window of `accumulate` before it is full. */
export interface ClosingWindow {
  /** The optimizer's callbacks, for one step without new gradients. */
  readonly callbacks: readonly Callback[];
  /** The numbers of `accumulate` before that step, and after it. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
}

/**
 * How to make a step of the calls that an open window has had: the same callbacks, for a window of that many calls,
 * whose last call is counted again. `undefined` where no window is open.
 */
export function closingWindow(callbacks: readonly Callback[], common: Readonly<Record<string, number>>): ClosingWindow | undefined {
  const counting = callbacks.find(({name}) => name === countCalls.name);
  const {call = 0, window = 0} = common;
  if (counting === undefined || call === 0 || call === counting.options['every']) return undefined;
  const closing = [countCalls.name, meanGrad.name];
  return {
    callbacks: callbacks.map(cb => closing.includes(cb.name) ? cb.with({every: call}) : cb),
    // A window of one call begins with its only call, which counts the window.
    before: {call: call - 1, window: call === 1 ? window - 1 : window},
    after: {call: 0},
  };
}
