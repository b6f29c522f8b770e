/** What has to be there; throws where it is not. */
export function present<T>(x: T | null | undefined): T {
  if (x === null || x === undefined) throw new Error('Something that the test relies on is not there.');
  return x;
}

/** An element of a list whose elements may be null; throws beyond the ends of the list. */
export function elementOf<T>(list: readonly T[], i: number): T {
  const x = list[i];
  if (x === undefined) throw new Error(`There is no element ${i} in a list of ${list.length}.`);
  return x;
}
