import type * as tf from '@tensorflow/tfjs-core';

/** The kinds of weights that weight decay and freezing treat differently. */
export type WeightKind = 'bias' | 'normalization';

const LAST_PART = /\/([^/]+?)(_\d+)?$/;
const told = new WeakMap<tf.Variable, WeightKind>();

/** Declares a variable's kind, which its name may not tell. */
export function tellKind(variable: tf.Variable, kind: WeightKind): void {
  told.set(variable, kind);
}

/**
 * A variable's kind, as it was declared. Otherwise its name tells: `layer/weight`, with the suffix that tfjs adds. A
 * name without a slash tells nothing.
 */
export function weightKind(variable: tf.Variable): WeightKind | undefined {
  return told.get(variable) ?? kindByName(variable.name);
}

/** The kind that a weight's name tells. */
export function kindByName(name: string): WeightKind | undefined {
  const part = LAST_PART.exec(name)?.[1];
  if (part === 'gamma' || part === 'beta') return 'normalization';
  return part === 'bias' ? 'bias' : undefined;
}
