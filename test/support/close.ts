function isClose(actual: number, expected: number, tolerance: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  if (!Number.isFinite(expected)) return actual === expected;
  return Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

/**
 * Every |actual - expected| <= tolerance * max(1, |expected|); NaN and the infinities equal themselves only.
 *
 * Takes numbers, not tensors: pass `await x.data()`. Reading synchronously gives zeros on software WebGPU.
 */
export function expectClose(
  actual: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
  tolerance: number,
  what = 'values',
): void {
  const found = difference(actual, expected, tolerance, what);
  if (found === undefined) expect().nothing();
  else fail(found);
}

/** The complaint of `expectClose`; undefined where the numbers are close. */
export function difference(
  actual: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
  tolerance: number,
  what = 'values',
): string | undefined {
  const got = listOf(actual);
  const wanted = listOf(expected);
  if (got.length !== wanted.length) return `${what}: ${got.length} numbers, expected ${wanted.length}`;
  // A number that is missing is wrong, whatever is expected.
  const wrong = wanted.flatMap((value, i) => (isClose(got[i] ?? NaN, value, tolerance) ? [] : [i]));
  const [first] = wrong;
  if (first === undefined) return undefined;
  return (
    `${what}[${first}]: ${got[first] ?? 'nothing'}, expected ${wanted[first] ?? 'nothing'} within ${tolerance}; ` +
    `${wrong.length} of ${wanted.length} numbers differ`
  );
}

function listOf(numbers: number | ArrayLike<number>): number[] {
  return typeof numbers === 'number' ? [numbers] : Array.from(numbers);
}
