import {type Callback, type Declaration, unregisteredCallback} from '../callback';
import type {Optimizer} from '../optimizer';
import {countCalls, meanGrad} from './accumulate';

/**
 * Makes a step of the calls that `accumulate` holds back, with the mean of their gradients: over the calls that there
 * were, not over all of the window. The next call begins a new window. Schedules and `iterations` stay where they are.
 * For loops of one's own, after the last batch; `fit` has the callback `applyAccumulated`.
 * @returns whether calls were held back.
 */
export function applyOpenWindow(optimizer: Optimizer): boolean {
  return optimizer.stepBy((common, hypers) => {
    const {callbacks} = optimizer;
    const mean = callbacks.findIndex(({declaration}) => declaration === meanGrad.declaration);
    const counter = callbacks.find(({declaration}) => declaration === countCalls.declaration);
    const every = hypers['every'] ?? counter?.options['every'];
    const calls = common['call'] ?? 0;
    if (mean < 0 || typeof every !== 'number' || calls % every === 0) return undefined;
    return callbacks.map((cb, i) => {
      if (cb === counter) return instead(cb, () => ({call: every}));
      // What comes before the mean has had its turn in each call.
      if (i < mean) return instead(cb, () => ({}));
      return i === mean ? instead(cb, at => cb.declaration.run({...at, call: calls, every: calls})) : cb;
    });
  });
}

/** The same callback for the chain, which does something else. */
function instead({name, declaration}: Callback, run: Declaration['run']): Callback {
  const {hypers, state, reads, needs, everyParameter} = declaration;
  return unregisteredCallback(name, {hypers, state, reads, needs, everyParameter, run});
}
