import * as tf from '@tensorflow/tfjs';

/** Variables of these shapes, with random values. */
export function randomVariables(shapes: ReadonlyArray<readonly number[]>): tf.Variable[] {
  return shapes.map(shape => tf.tidy(() => tf.variable(tf.randomNormal([...shape]))));
}

/** A random gradient of each variable, as `applyGradients` takes them. The caller owns the tensors. */
export function randomGradients(variables: readonly tf.Variable[]): Array<{name: string; tensor: tf.Tensor}> {
  return variables.map(({name, shape}) => ({name, tensor: tf.randomNormal(shape)}));
}
