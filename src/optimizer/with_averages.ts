import {memo} from '../util/memo';
import {shown} from '../util/shown';
import {isShowing, type Optimizer} from './optimizer';
import {checkIsOptimizer} from './optimizer_of_model';

/** @throws where no callback of the optimizer has weights to show. @param what the function, for the error. */
export function checkShows(what: string, optimizer: Optimizer): void {
  if (optimizer.callbacks.some(({declaration}) => declaration.evaluate !== undefined)) return;
  throw new Error(
    `${what}: no callback of this optimizer has averages to show. Wrap it in \`ema\` or \`swa\`, or use scheduleFree.`,
  );
}

/** How many calls of `withAverages` have not ended. The last one puts the weights back. */
const callsOf = new WeakMap<Optimizer, {open: number}>();

/**
 * Runs a function while the variables hold what `opt.eval()` shows: the averages of `ema` and `swa`, x of
 * `scheduleFree`. Afterwards the trained weights are back, also where the function throws. Use it to predict, and to
 * save a model for inference:
 *
 * ```ts
 * await withAverages(opt, () => model.save('indexeddb://for-inference'));
 * ```
 * Within the function no step can be made, and the optimizer can't be saved. Of calls that
 * overlap, the last one to end puts the weights back; between `eval()` and `train()`, that is `train()`.
 * @param f may be async. Then the weights are shown until its promise is settled.
 * @returns what the function returned.
 * @throws where no callback of the optimizer has weights to show, and what the function throws.
 * @example
 * ```ts
 * const opt = ema(adam(1e-3));
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3});
 * const score = withAverages(opt, () => model.evaluate(xs, ys));
 * ```
 */
export function withAverages<T>(optimizer: Optimizer, f: () => T): T;
export function withAverages(optimizer: Optimizer, f: () => unknown): unknown {
  checkIsOptimizer(optimizer, 'withAverages(optimizerOf(model), () => …)');
  if (typeof f !== 'function')
    throw new Error(`withAverages takes a function second; got ${shown(f)}. Write withAverages(opt, () => …).`);
  checkShows('withAverages', optimizer);
  const calls = memo(callsOf, optimizer, () => ({open: 0}));
  // Whoever called `eval()` puts the weights back.
  if (calls.open === 0 && isShowing(optimizer)) return f();
  if (!isShowing(optimizer)) optimizer.eval();
  calls.open++;
  return finallyDo(f, () => {
    calls.open--;
    if (calls.open === 0) optimizer.train();
  });
}

/** Runs `f`, then `last`: when the promise that `f` returned is settled, or at once. @returns what `f` returned. */
export function finallyDo(f: () => unknown, last: () => void): unknown {
  let isPending = false;
  try {
    const result = f();
    if (!(result instanceof Promise)) return result;
    isPending = true;
    return result.finally(last);
  } finally {
    if (!isPending) last();
  }
}
