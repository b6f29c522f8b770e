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
    actual: number | ArrayLike<number>, expected: number | ArrayLike<number>, tolerance: number,
    what = 'values'): void {
  const [got, wanted] = [actual, expected].map((one) => typeof one === 'number' ? [one] : Array.from(one));
  if (got.length !== wanted.length) {
    fail(`${what}: ${got.length} numbers, expected ${wanted.length}`);
    return;
  }
  const wrong = [...wanted.keys()].filter((i) => !isClose(got[i], wanted[i], tolerance));
  if (wrong.length === 0) {
    expect().nothing();
    return;
  }
  const [first] = wrong;
  fail(`${what}[${first}]: ${got[first]}, expected ${wanted[first]} within ${tolerance}; ` +
    `${wrong.length} of ${wanted.length} numbers differ`);
}
