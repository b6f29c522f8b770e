import type * as tf from '@tensorflow/tfjs-core';
// Types only: tells the compiler of the chained methods that `chained_ops.ts` registers.
import type {} from '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';

/** What a method of a `Value` takes beside itself. */
export type Operand = Value | tf.TensorLike;

/**
 * What a callback computes with: the part of `tf.Tensor` that a traced value has too. A `tf.Tensor` is a `Value` as it is.
 *
 * Each method means what the chained method of the same name means in TensorFlow.js, broadcasting included. Comparisons give
 * booleans, which `where`, `logicalNot`, `logicalOr` and `logicalAnd` take. There is no `norm()`: write `square().sum().sqrt()`, which is
 * faster and exact where `pow` is not.
 *
 * Backends disagree on 0/0 and on NaN that meets `minimum`, `maximum`, `sign`; they agree on `less` followed by `where`.
 */
export interface Value {
  readonly shape: readonly number[];
  readonly rank: number;
  readonly size: number;
  add(b: Operand): Value;
  sub(b: Operand): Value;
  mul(b: Operand): Value;
  div(b: Operand): Value;
  maximum(b: Operand): Value;
  minimum(b: Operand): Value;
  pow(b: Operand): Value;
  sqrt(): Value;
  square(): Value;
  abs(): Value;
  neg(): Value;
  sign(): Value;
  exp(): Value;
  log(): Value;
  softplus(): Value;
  zerosLike(): Value;
  onesLike(): Value;
  sum(): Value;
  mean(): Value;
  less(b: Operand): Value;
  lessEqual(b: Operand): Value;
  greater(b: Operand): Value;
  greaterEqual(b: Operand): Value;
  equal(b: Operand): Value;
  logicalAnd(b: Operand): Value;
  logicalOr(b: Operand): Value;
  logicalNot(): Value;
  /** This value where `condition` holds, `other` elsewhere. */
  where(condition: Operand, other: Operand): Value;
}
