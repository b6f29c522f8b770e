import type {Optimizer} from '../../src';
import {leakless} from './leakless';
import {tf} from './tfjs';

/** Gradients of variables of rank 1. */
type Grads = ReadonlyArray<readonly [variable: tf.Variable, grad: readonly number[]]>;

/** A variable of rank 1. */
export function variableOf(values: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor1d(values)));
}

/** Makes one step of an optimizer. */
export function step(optimizer: Optimizer, ...grads: Grads): void {
  tf.tidy(() => {
    optimizer.applyGradients(grads.map(([{name}, grad]) => ({name, tensor: tf.tensor1d([...grad])})));
  });
}

/** The values of variables, one after the other. */
export async function valuesOf(...variables: readonly tf.Variable[]): Promise<number[]> {
  return (await Promise.all(variables.map(async variable => [...(await variable.data())]))).flat();
}

/** Makes specs with fusing, or without, that must leave no tensor. The flag must be set back after each. */
export function suiteWith(fusing: boolean): (name: string, act: () => void | Promise<void>) => void {
  return (name, act) => {
    it(`${name}, ${fusing ? 'fused' : 'eager'}`, () =>
      leakless(async () => {
        tf.env().set('OPTIM_FUSING', fusing);
        await act();
      }));
  };
}
