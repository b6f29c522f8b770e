import type {Value} from './value';

/**
 * What the norm of many values together comes from: `square`, the sum of squares, which in single precision is
 * infinite from a norm of 2e19 on, and `scaled`, the same times 2^-160, which stays finite for a billion elements of
 * any size and alone counts where it is large.
 */
export interface Squares {
  readonly square: Value;
  readonly scaled: Value;
}

/**
 * `norm` of what `scale` was multiplied to. `scale` is 1 for ordinary values, and for large ones 2^-80, so that
 * nothing overflows.
 */
export interface ScaledNorm {
  readonly norm: Value;
  readonly scale: Value;
}

const DOWN = 2 ** -80;
// A billion squares of elements up to this add up to a finite number. What is larger is scaled down before it is
// squared.
const LARGE = 2 ** 48;

/** What a value adds to the squares of all. */
export function squares(x: Value): Squares {
  const {square, isLarge} = squared(x, terms => terms.sum());
  return {square, scaled: square.where(isLarge, square.mul(DOWN).mul(DOWN))};
}

/** The squares of two as of one. */
export function together(a: Squares, b: Squares): Squares {
  return {square: a.square.add(b.square), scaled: a.scaled.add(b.scaled)};
}

/** The 2-norm of all together. */
export function normOfAll({square, scaled}: Squares): ScaledNorm {
  const isLarge = scaled.greater((LARGE * DOWN) ** 2);
  return {norm: scaled.where(isLarge, square).sqrt(), scale: scaleOf(isLarge, scaled)};
}

/** The 2-norm of one. */
export function normOf(x: Value): ScaledNorm {
  const {square, scale} = squared(x, terms => terms.sum());
  return {norm: square.sqrt(), scale};
}

/** The root of the mean square. */
export function rmsOf(x: Value): ScaledNorm {
  const {square, scale} = squared(x, terms => terms.mean());
  return {norm: square.sqrt(), scale};
}

/** The norm itself, infinite only where single precision can't hold it. */
export function unscaled({norm, scale}: ScaledNorm): Value {
  return norm.div(scale);
}

/** A power of two scales exactly, and ordinary values are multiplied by 1: their norms keep every bit. */
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
