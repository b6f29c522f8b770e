import type * as tf from '@tensorflow/tfjs-core';
// Types only: declares the chained methods that `chained_ops.ts` registers.
import type {} from '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';

/** The argument of a method of a `Value`. */
export type Operand = Value | tf.TensorLike;

/**
 * What a callback computes with: the part of `tf.Tensor` that traced values have too. Every `tf.Tensor` is a `Value`.
 *
 * Each method means what the chained method of the same name means in TensorFlow.js, broadcasting included.
 * Comparisons give booleans, which `where`, `logicalNot`, `logicalOr` and `logicalAnd` take. There is no `norm()`:
 * write `square().sum().sqrt()`, which is faster and exact where `pow` is not.
 *
 * Backends disagree on 0/0, and on `minimum`, `maximum` and `sign` of NaN. They agree on `less` followed by `where`.
 * Fused, `max()` is NaN where an element is NaN. As an ordinary operation, backends disagree. They also disagree on
 * `max()` of a tensor without elements. It only occurs where a callback is called alone, because a parameter without
 * elements takes no step.
 */
export interface Value {
  /** The dimensions. A callback that reads `shape`, `rank` or `size` is traced once per shape. */
  readonly shape: readonly number[];
  /** The number of dimensions. */
  readonly rank: number;
  /** The number of elements. */
  readonly size: number;
  /** `this + b`. */
  add(b: Operand): Value;
  /** `this - b`. */
  sub(b: Operand): Value;
  /** `this·b`. */
  mul(b: Operand): Value;
  /** `this/b`. */
  div(b: Operand): Value;
  /** The larger of the two. */
  maximum(b: Operand): Value;
  /** The smaller of the two. */
  minimum(b: Operand): Value;
  /** `this` to the power of b. */
  pow(b: Operand): Value;
  /** `√this`. */
  sqrt(): Value;
  /** `this²`. */
  square(): Value;
  /** `|this|`. */
  abs(): Value;
  /** `-this`. */
  neg(): Value;
  /** -1, 0 or 1. */
  sign(): Value;
  /** e to the power of `this`. */
  exp(): Value;
  /** The natural logarithm. */
  log(): Value;
  /** The hyperbolic tangent, from -1 to 1. */
  tanh(): Value;
  /** `log(1 + exp(this))`. */
  softplus(): Value;
  /** Zeros of the same shape. */
  zerosLike(): Value;
  /** Ones of the same shape. */
  onesLike(): Value;
  /** The sum of all elements, a scalar. Along axes it is fused as `mean` is. */
  sum(axis?: number | number[], keepDims?: boolean): Value;
  /**
   * The mean of all elements, a scalar. Of a boolean it is the share of elements that are true.
   *
   * `mean(lastAxis(x), true)` is one number per row, and `mean(otherAxes(x), true)` is one number per column. Both are
   * fused on WASM and CPU. Reductions along other axes, and without `keepDims`, run alone.
   */
  mean(axis?: number | number[], keepDims?: boolean): Value;
  /** The largest of all elements, a scalar. */
  max(): Value;
  /** Whether any element of a boolean is true, a scalar boolean. `x.equal(x).logicalNot().any()` finds NaN. */
  any(): Value;
  /** `this < b`. */
  less(b: Operand): Value;
  /** `this ≤ b`. */
  lessEqual(b: Operand): Value;
  /** `this > b`. */
  greater(b: Operand): Value;
  /** `this ≥ b`. */
  greaterEqual(b: Operand): Value;
  /** `this = b`. */
  equal(b: Operand): Value;
  /** `this` and b, of two booleans. */
  logicalAnd(b: Operand): Value;
  /** `this` or b or both, of two booleans. */
  logicalOr(b: Operand): Value;
  /** The opposite of a boolean. */
  logicalNot(): Value;
  /** This value where `condition` holds, `other` elsewhere. */
  where(condition: Operand, other: Operand): Value;
}
