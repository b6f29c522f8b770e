import type * as tf from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';

import {memo} from '../util/memo';

type Layer = layers.Layer;
const enclosing = new WeakMap<tf.Variable, Set<Layer>>();

/**
 * Records that the variable is inside these layers and models, so that their `trainable` applies to it. tfjs itself
 * does not do this for a Sequential that is the first layer of a Sequential.
 */
export function tellEnclosing(variable: tf.Variable, outer: readonly Layer[]): void {
  const known = memo(enclosing, variable, () => new Set<Layer>());
  for (const layer of outer) known.add(layer);
}

/** Whether the variable is trainable, and so is every layer or model that it is known to be in. */
export function isTrainable(variable: tf.Variable): boolean {
  if (!variable.trainable) return false;
  const layers = enclosing.get(variable);
  if (layers !== undefined) for (const {trainable} of layers) if (!trainable) return false;
  return true;
}
