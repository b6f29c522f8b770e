import * as tf from '@tensorflow/tfjs-core';

import type {OperationName} from './operations';

type Elementwise = OperationName | 'zerosLike' | 'onesLike';

/** The function of each method: of the tensor, and of the method's argument where it has one. */
const OPS: Readonly<Record<Elementwise, (x: tf.Tensor, b: tf.TensorLike) => tf.Tensor>> = {
  sqrt: tf.sqrt,
  square: tf.square,
  abs: tf.abs,
  neg: tf.neg,
  sign: tf.sign,
  exp: tf.exp,
  log: tf.log,
  tanh: tf.tanh,
  softplus: tf.softplus,
  zerosLike: tf.zerosLike,
  onesLike: tf.onesLike,
  logicalNot: tf.logicalNot,
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  pow: tf.pow,
  less: tf.less,
  lessEqual: tf.lessEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  equal: tf.equal,
  logicalAnd: tf.logicalAnd,
  logicalOr: tf.logicalOr,
};

/** The function of each method that reduces. */
const REDUCTIONS: Readonly<Record<string, (x: tf.Tensor, axis?: number[], keepDims?: boolean) => tf.Tensor>> = {
  sum: tf.sum,
  mean: tf.mean,
  max: tf.max,
  any: tf.any,
};

/**
 * Gives tensors the chained methods that callbacks use, where they are missing. `@tensorflow/tfjs` registers all of
 * them. `@tensorflow/tfjs-core` alone registers none, and Node cannot import its modules that would do it.
 */
export function registerChainedOps(): void {
  const define = (name: string, value: (this: tf.Tensor, ...args: never[]) => tf.Tensor) => {
    if (!(name in tf.Tensor.prototype))
      Object.defineProperty(tf.Tensor.prototype, name, {value, writable: true, configurable: true});
  };
  for (const [name, op] of Object.entries(OPS))
    define(name, function (this: tf.Tensor, b: tf.TensorLike) {
      return op(this, b);
    });
  for (const [name, op] of Object.entries(REDUCTIONS))
    define(name, function (this: tf.Tensor, axis?: number[], keepDims?: boolean) {
      return op(this, axis, keepDims);
    });
  define('where', function (this: tf.Tensor, condition: tf.TensorLike, other: tf.TensorLike) {
    return tf.where(condition, this, other);
  });
}
