import type {Value} from './value';

/**
 * What a norm of many values together is computed from. `square` is the sum of squares, which in single precision is
 * infinite from a norm of 2e19 on. `scaled` is the same times 2^-160, which stays finite for a billion elements of any
 * size. Where `scaled` is large, only it is used.
 */
interface Squares {
  readonly square: Value;
  readonly scaled: Value;
}

/**
 * The norm of values that were multiplied by `scale` first. `scale` is 1 for ordinary values. It is 2^-80 for large
 * ones, so that nothing overflows.
 */
export interface ScaledNorm {
  readonly norm: Value;
  readonly scale: Value;
}

const DOWN = 2 ** -80;
// The sum of a billion squares of elements up to this is finite. Larger elements are scaled down before squaring.
const LARGE = 2 ** 48;

/** The squares of one value. */
export function squares(x: Value): Squares {
  const {square, isLarge} = squared(x, terms => terms.sum());
  return {square, scaled: square.where(isLarge, square.mul(DOWN).mul(DOWN))};
}

/** The squares of two values together. */
export function together(a: Squares, b: Squares): Squares {
  return {square: a.square.add(b.square), scaled: a.scaled.add(b.scaled)};
}

/** The 2-norm of all values together. */
export function normOfAll({square, scaled}: Squares): ScaledNorm {
  const isLarge = scaled.greater((LARGE * DOWN) ** 2);
  return {norm: scaled.where(isLarge, square).sqrt(), scale: scaleOf(isLarge, scaled)};
}

/** The 2-norm of one value. */
export function normOf(x: Value): ScaledNorm {
  const {square, scale} = squared(x, terms => terms.sum());
  return {norm: square.sqrt(), scale};
}

/**
 * The 2-norm of one value, in one pass over its elements, which computes two sums. `normOf` takes two passes, because
 * it looks for the largest element first.
 */
export function normAtOnce(x: Value): ScaledNorm {
  return normOfAll({square: x.square().sum(), scaled: x.mul(DOWN).square().sum()});
}

/** The root mean square of one value. */
export function rmsOf(x: Value): ScaledNorm {
  const {square, scale} = squared(x, terms => terms.mean());
  return {norm: square.sqrt(), scale};
}

/** The norm without the scale. Infinite only where single precision can't hold it. */
export function unscaled({norm, scale}: ScaledNorm): Value {
  return norm.div(scale);
}

/**
 * Scaling is exact, because the factor is a power of two. For ordinary values it is 1, so no bit of a norm changes.
 */
function squared(
  x: Value,
  reduce: (terms: Value) => Value,
): {readonly square: Value; readonly scale: Value; readonly isLarge: Value} {
  const largest = x.abs().max();
  const isLarge = largest.greater(LARGE);
  const scale = scaleOf(isLarge, largest);
  return {square: reduce(x.mul(scale).square()), scale, isLarge};
}

function scaleOf(isLarge: Value, scalar: Value): Value {
  return scalar.onesLike().mul(DOWN).where(isLarge, 1);
}
