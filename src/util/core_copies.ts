import * as tf from '@tensorflow/tfjs-core';

import {warnOnce} from './warn';

/**
 * Says so where a variable was made by another copy of tfjs-core: two copies hide registered classes and kernels from
 * each other.
 */
export function checkCore(variable: tf.Variable): void {
  if (Object.prototype.isPrototypeOf.call(tf.Variable.prototype, variable)) return;
  warnOnce(
    `the variable '${variable.name}' is of another copy of @tensorflow/tfjs-core, which will not find the optimizer when it loads. ` +
      '`npm ls @tensorflow/tfjs-core` shows where it comes from.',
  );
}
