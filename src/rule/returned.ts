import {isTensor} from '../util/tensors';
import type {Value} from './value';

/** Tests what callbacks return. */
export interface ValueTests<V extends Value> {
  /** Whether a callback may return it as a tensor. */
  isValue(x: unknown): x is V;
  sameShape(a: V, b: V): boolean;
}

/** Examples of what a callback's functions must return. */
export const WANTED = {
  run: '{p: p.sub(grad)}',
  total: '{sum: grad.sum()}',
  evaluate: '{p: average}',
  group: '{count: count + 1}',
  shared: '{d: total.d}',
} as const;

/** A returned value, as errors name it. */
export function what(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (value === null || value === undefined) return String(value);
  if (isTensor(value)) return `a tensor of type ${value.dtype}`;
  return `something of type ${typeof value}`;
}

/**
 * Checks that a callback's function returned an object of entries.
 * @param who the function, as the error names it.
 * @param wanted an example of what it must return.
 * @throws for anything else, such as a Promise, a tensor by itself, or undefined.
 */
export function entriesReturned(who: string, result: unknown, wanted: string): object {
  if (isPromise(result)) {
    forget(result);
    throw new Error(
      `${who} returned a Promise; it must return an object such as ${wanted}, so it can't be async. ` +
        'Await before the step.',
    );
  }
  if (typeof result === 'object' && result !== null && !Array.isArray(result) && !isValue(result)) return result;
  const got = Array.isArray(result) ? 'a list' : isValue(result) ? 'a tensor by itself' : what(result);
  throw new Error(`${who} returned ${got}; it must return an object such as ${wanted}.`);
}

/** The error for an entry that a callback returned and does not declare. @param may what it may return. */
export function undeclared(who: string, entry: string, may: readonly string[]): Error {
  return new Error(`${who} returned '${entry}', which it does not declare; it may return ${may.join(', ')}.`);
}

/** @throws where a callback returned a Promise or a disposed tensor for an entry, which is wrong for every entry. */
export function checkEntry(who: string, entry: string, value: unknown): void {
  if (isPromise(value)) {
    forget(value);
    throw new Error(`${who} returned a Promise for '${entry}'; callbacks must compute without async and await.`);
  }
  if (isTensor(value) && value.isDisposed)
    throw new Error(`${who} returned a disposed tensor for '${entry}'; do not dispose it, because the step does.`);
}

function isPromise(x: unknown): x is PromiseLike<unknown> {
  return typeof x === 'object' && x !== null && 'then' in x && typeof x.then === 'function';
}

/** Whether it is a tensor, or a traced value. */
function isValue(x: unknown): boolean {
  return typeof x === 'object' && x !== null && 'zerosLike' in x;
}

/** Ignores a Promise's later rejection, which would end the process in Node. The error is thrown before that. */
function forget(promise: PromiseLike<unknown>): void {
  void promise.then(undefined, () => undefined);
}
