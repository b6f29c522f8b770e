import * as tf from '@tensorflow/tfjs-core';
import {warnOnce} from './warn';

/** Says so where a variable was made by another copy of tfjs-core: two copies hide registered classes and kernels from each other. */
export function checkCore(variable: tf.Variable): void {
  if (Object.prototype.isPrototypeOf.call(tf.Variable.prototype, variable)) return;
  warnOnce(`the variable '${variable.name}' comes from another copy of @tensorflow/tfjs-core than the one that tfjs-optim uses. ` +
    'Saving and loading will not find the optimizer. `npm ls @tensorflow/tfjs-core` shows where the copies come from.');
}
