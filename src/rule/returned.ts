import {isTensor} from '../util/tensors';

/** What a callback's functions must return, as an example. */
export const WANTED = {run: '{p: p.sub(grad)}', total: '{sum: grad.sum()}', evaluate: '{p: average}'} as const;

/** What a value is, in the words of an error. */
export function what(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (value === null || value === undefined) return String(value);
  if (isTensor(value)) return `a tensor of type ${value.dtype}`;
  return `something of type ${typeof value}`;
}

/**
 * What a callback's function gave, as an object of entries.
 * @param wanted an example of what it must return.
 * @throws for anything else: a Promise, a tensor by itself, nothing.
 */
export function entriesReturned(who: string, result: unknown, wanted: string): object {
  if (isPromise(result)) {
    forget(result);
    throw new Error(
      `${who} is an async function: it returned a Promise. It must return an object such as ${wanted} at once; what has to be awaited comes before the step.`,
    );
  }
  if (typeof result === 'object' && result !== null && !Array.isArray(result) && !isValue(result)) return result;
  throw new Error(
    `${who} returned ${Array.isArray(result) ? 'a list' : isValue(result) ? 'a tensor by itself' : what(result)}; it must return an object such as ${wanted}.`,
  );
}

/**
 * @throws where what a callback gave for an entry can't be used whatever the entry is: a Promise, a tensor that is
 *   disposed.
 */
export function checkEntry(who: string, entry: string, value: unknown): void {
  if (isPromise(value)) {
    forget(value);
    throw new Error(`${who} gave a Promise for '${entry}'; callbacks compute at once, without async and await.`);
  }
  if (isTensor(value) && value.isDisposed)
    throw new Error(
      `${who} gave a tensor for '${entry}' that is disposed; leave it alone: the step disposes what it no longer needs.`,
    );
}

function isPromise(x: unknown): x is PromiseLike<unknown> {
  return typeof x === 'object' && x !== null && 'then' in x && typeof x.then === 'function';
}

/** Tensors, and what stands for them where callbacks are traced. */
function isValue(x: unknown): boolean {
  return typeof x === 'object' && x !== null && 'zerosLike' in x;
}

/** The error that says what is wrong comes at once; a later rejection would end the process in Node. */
function forget(promise: PromiseLike<unknown>): void {
  void promise.then(undefined, () => undefined);
}
