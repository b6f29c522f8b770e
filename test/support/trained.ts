import type {Optimizer} from '../../src';
import {tf} from './tfjs';

/** A small variable after a few steps, and where these ran. */
export function trained(make: () => Optimizer, steps = 3): {values: ArrayLike<number>; fusedOn: string} {
  return tf.tidy(() => {
    const variable = tf.variable(tf.tensor([0.5, -1, 2, 3, -4]));
    const optimizer = make();
    try {
      for (let i = 0; i < steps; i++) optimizer.applyGradients({[variable.name]: tf.sin(variable)});
      return {values: variable.dataSync().slice(), fusedOn: optimizer.fusedOn};
    } finally {
      optimizer.dispose();
      variable.dispose();
    }
  });
}

/** Runs with fusing turned off. */
export function eagerly<T>(run: () => T): T {
  tf.env().set('OPTIM_FUSING', false);
  const result = run();
  tf.env().set('OPTIM_FUSING', true);
  return result;
}
