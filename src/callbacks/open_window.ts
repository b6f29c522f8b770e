import {unregisteredCallback} from '../rule/callback';
import type {Callback, Declaration} from '../rule/declaration';
import {countCalls, meanGrad} from './accumulate';

/**
 * Callbacks that make a step, without new gradients, from the calls of a window that is not full. They take the mean
 * over the calls that were made, not over the whole window. The next call begins a new window.
 * @param common the numbers that all parameters share.
 * @param hypers the hypers of a group. `every` is among them where it was set as a setting.
 * @returns undefined where no window is open.
 */
export function closingWindow(
  callbacks: readonly Callback[],
  common: Readonly<Record<string, number>>,
  hypers: Readonly<Record<string, number | boolean>>,
): readonly Callback[] | undefined {
  const mean = callbacks.findIndex(({declaration}) => declaration === meanGrad.declaration);
  const counter = callbacks.find(({declaration}) => declaration === countCalls.declaration);
  // A setting of the optimizer overrides the callback's option.
  const every = hypers['every'] ?? counter?.options['every'];
  const {call} = common;
  if (mean < 0 || call === undefined || typeof every !== 'number' || call % every === 0) return undefined;
  return callbacks.map((cb, i) => {
    if (cb === counter) return instead(cb, () => ({call: every}));
    // The callbacks before the mean already ran in each call.
    if (i < mean) return instead(cb, () => ({}));
    return i === mean ? instead(cb, at => cb.declaration.run({...at, call, every: call})) : cb;
  });
}

/** A callback that looks the same to the chain, but does something else. */
function instead({name, declaration}: Callback, run: Declaration['run']): Callback {
  const {hypers, ranges, state, reads, needs, everyParameter} = declaration;
  return unregisteredCallback(name, {hypers, ranges, state, reads, needs, everyParameter, run});
}
