import * as tf from '@tensorflow/tfjs-core';

// `instanceof` narrows to `Tensor<any>`. These functions narrow to the type that the package uses.
export function isTensor(x: unknown): x is tf.Tensor {
  return x instanceof tf.Tensor;
}

export function isVariable(x: unknown): x is tf.Variable {
  return x instanceof tf.Variable;
}
