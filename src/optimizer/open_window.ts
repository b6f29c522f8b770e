import {closingWindow} from '../callbacks/open_window';
import type {Optimizer} from './optimizer';
import {checkIsOptimizer} from './optimizer_of_model';

/**
 * Makes a step of the calls that `accumulate` holds back, with the mean of their gradients: over the calls that there
 * were, not over all of the window. The next call begins a new window. Schedules and `iterations` stay where they are.
 * For your own loops, after the last batch. For `fit`, use the callback `applyAccumulated`.
 * @returns whether calls were held back.
 * @throws for what is not an optimizer, and where it can't make a step, as after `eval()`; nothing is changed then.
 * @example
 * ```ts
 * const opt = adam(1e-3, {callbacks: accumulate(4)});
 * for (let i = 0; i < 6; i++) opt.minimize(loss);
 * applyOpenWindow(opt); // → true
 * ```
 */
export function applyOpenWindow(optimizer: Optimizer): boolean {
  checkIsOptimizer(optimizer, 'applyOpenWindow(optimizerOf(model))');
  return optimizer.stepBy(closingWindow);
}
