import type * as tf from '@tensorflow/tfjs-core';

import {isVariable} from '../util/tensors';
import {type Output, shapeWith} from './graph';
import {isNewShared, type Job} from './job';

/** The tensor of a job with that name in the graph. */
export function tensorOf({variable, grad, entries, temporaries}: Job, name: string): tf.Tensor {
  // Not `own`, which takes a tenth of a step. What objects inherit is a function.
  const tensor = name === 'p' ? variable : name === 'grad' ? grad : (entries[name] ?? temporaries?.get(name));
  if (typeof tensor !== 'object') throw new Error(`'${name}' of '${variable.name}' is not a tensor.`);
  return tensor;
}

/** The shape of an output. A new shared number becomes an element of a list. */
export function shapeOf({variable}: Job, {name, extent}: Output): number[] {
  if (isNewShared(name)) return [1];
  return extent === 'full' ? variable.shape : shapeWith(extent, variable.shape);
}

/**
 * Data that one parameter reads and another may write, because a gradient may itself be a variable or state. A gradient
 * that backpropagation made is neither a variable nor marked by `tf.keep`.
 */
export function sharedGradients(buckets: ReadonlyArray<{readonly jobs: readonly Job[]}>): ReadonlySet<tf.DataId> {
  const shared = new Set<tf.DataId>();
  for (const {jobs} of buckets) {
    for (const {grad} of jobs) if (grad !== undefined && (grad.kept || isVariable(grad))) shared.add(grad.dataId);
  }
  return shared;
}
