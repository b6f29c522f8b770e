/** What has to be there; throws where it is not. */
export function present<T>(x: T | null | undefined): T {
  if (x === null || x === undefined) throw new Error('Something that the test relies on is not there.');
  return x;
}
