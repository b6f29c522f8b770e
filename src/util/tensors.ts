import * as tf from '@tensorflow/tfjs-core';

import {shown} from './shown';

// `instanceof` narrows to `Tensor<any>`. These functions narrow to the type that the package uses.
export function isTensor(x: unknown): x is tf.Tensor {
  return x instanceof tf.Tensor;
}

export function isVariable(x: unknown): x is tf.Variable {
  return x instanceof tf.Variable;
}

/** Whether a variable is not disposed. After `tf.disposeVariables()`, `isDisposed` is still false. */
export function isLive(variable: tf.Variable): boolean {
  return !variable.isDisposed && tf.engine().registeredVariables[variable.name] === variable;
}

/** @throws where it is not a variable. Layers' weights and layers look like one, and have other properties. */
export function checkIsVariable(x: unknown): void {
  if (!isVariable(x)) throw needs('a tf.Variable', x);
}

/** @throws where it is not a list of variables. */
export function checkVariables(list: unknown): void {
  if (!Array.isArray(list)) throw needs('a list of tf.Variable', list);
  list.forEach(checkIsVariable);
}

function needs(what: string, x: unknown): Error {
  return new Error(`This needs ${what}; got ${shown(x)}. For a layer's weight, pass weight.read().`);
}
