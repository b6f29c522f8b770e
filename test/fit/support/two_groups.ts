import type {Optimizer} from '../../../src';
import {tf} from '../../support/tfjs';

/**
 * An optimizer with two groups, and a function that makes a step and returns the rates after it.
 * @param afterStep is called with what the step was called with: the seconds that it takes.
 */
export function twoGroups<O extends Optimizer>(
  make: (params: tf.Variable[][]) => O,
  afterStep: (seconds: number) => void = () => undefined,
) {
  const variables = tf.tidy(() => [tf.variable(tf.tensor1d([1, 2])), tf.variable(tf.tensor1d([3]))]);
  const optimizer = make(variables.map(variable => [variable]));
  const step = (seconds = 1, of: Optimizer = optimizer) => {
    tf.tidy(() => {
      of.applyGradients(variables.map(({name, shape}) => ({name, tensor: tf.ones(shape)})));
    });
    afterStep(seconds);
    return of.hypers.map(({lr}) => Number(lr));
  };
  return {
    optimizer,
    variables,
    step,
    dispose: () => {
      optimizer.dispose();
      tf.dispose(variables);
    },
  };
}
