/** A value that must exist; throws where it is null or undefined. */
export function present<T>(x: T | null | undefined): T {
  if (x === null || x === undefined) throw new Error('A value that the test needs is missing.');
  return x;
}

/** An element of a list whose elements may be null; throws beyond the ends of the list. */
export function elementOf<T>(list: readonly T[], i: number): T {
  const x = list[i];
  if (x === undefined) throw new Error(`There is no element ${i} in a list of ${list.length}.`);
  return x;
}
