/** Whether it is an array or another iterable object. */
export function isIterable<T>(x: T | Iterable<T>): x is Iterable<T> {
  return typeof x === 'object' && x !== null && Symbol.iterator in x;
}

/** A list of what was given, which may be one element without a list. */
export function listOf<T>(given: T | Iterable<T>): readonly T[] {
  return isIterable(given) ? [...given] : [given];
}
