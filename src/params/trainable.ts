import type * as tf from '@tensorflow/tfjs-core';
import type {layers} from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;
const enclosing = new WeakMap<tf.Variable, Set<Layer>>();

/**
 * Says that the variable lies in these layers and models, whose `trainable` counts for it. tfjs itself loses sight of
 * a Sequential that is first in a Sequential.
 */
export function tellEnclosing(variable: tf.Variable, outer: readonly Layer[]): void {
  const known = enclosing.get(variable) ?? new Set();
  for (const layer of outer) known.add(layer);
  enclosing.set(variable, known);
}

/** Whether the variable, and every layer or model that it is known to lie in, is trainable. */
export function isTrainable(variable: tf.Variable): boolean {
  if (!variable.trainable) return false;
  const layers = enclosing.get(variable);
  if (layers !== undefined) for (const {trainable} of layers) if (!trainable) return false;
  return true;
}
