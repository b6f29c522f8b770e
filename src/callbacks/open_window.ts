import {unregisteredCallback} from '../rule/callback';
import type {Callback, Declaration} from '../rule/declaration';
import {countCalls, meanGrad} from './accumulate';

/**
 * Callbacks that make a step, without gradients, of the calls that `accumulate` holds back: with the mean over the
 * calls that there were, not over all of the window. The next call begins a new window.
 * @param common the numbers that all parameters have in common.
 * @param hypers those of a group, where `every` may be.
 * @returns undefined where no calls are held back.
 */
export function closingWindow(
  callbacks: readonly Callback[],
  common: Readonly<Record<string, number>>,
  hypers: Readonly<Record<string, number | boolean>>,
): readonly Callback[] | undefined {
  const mean = callbacks.findIndex(({declaration}) => declaration === meanGrad.declaration);
  const counter = callbacks.find(({declaration}) => declaration === countCalls.declaration);
  const every = hypers['every'] ?? counter?.options['every'];
  const {call} = common;
  if (mean < 0 || call === undefined || typeof every !== 'number' || call % every === 0) return undefined;
  return callbacks.map((cb, i) => {
    if (cb === counter) return instead(cb, () => ({call: every}));
    // What comes before the mean has had its turn in each call.
    if (i < mean) return instead(cb, () => ({}));
    return i === mean ? instead(cb, at => cb.declaration.run({...at, call, every: call})) : cb;
  });
}

/** The same callback for the chain, which does something else. */
function instead({name, declaration}: Callback, run: Declaration['run']): Callback {
  const {hypers, state, reads, needs, everyParameter} = declaration;
  return unregisteredCallback(name, {hypers, state, reads, needs, everyParameter, run});
}
