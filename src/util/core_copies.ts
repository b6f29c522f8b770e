import * as tf from '@tensorflow/tfjs-core';

import {checkIsVariable} from './tensors';
import {warnOnce} from './warn';

/**
 * Warns where a variable was made by another copy of tfjs-core. Each copy has its own registry, so it does not find the
 * classes and kernels that were registered with the other.
 * @throws where it is not a variable.
 */
export function checkCore(variable: tf.Variable): void {
  checkIsVariable(variable);
  if (Object.prototype.isPrototypeOf.call(tf.Variable.prototype, variable)) return;
  warnOnce(
    `the variable '${variable.name}' was made by another copy of @tensorflow/tfjs-core. That copy does not find the ` +
      'optimizer when it loads a model. Use one copy: `npm ls @tensorflow/tfjs-core` shows where each comes from.',
  );
}
