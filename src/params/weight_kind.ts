import type * as tf from '@tensorflow/tfjs-core';

/** What weight decay and freezing treat differently. */
export type WeightKind = 'bias' | 'normalization';

const LAST_PART = /\/([^/]+?)(_\d+)?$/;
const told = new WeakMap<tf.Variable, WeightKind>();

/** Says what a variable is, which its name may not tell. */
export function tellKind(variable: tf.Variable, kind: WeightKind): void {
  told.set(variable, kind);
}

/**
 * What a variable is: as it was told, else by its name, `layer/weight` with the suffix that tfjs adds. A name without
 * a slash tells nothing.
 */
export function weightKind(variable: tf.Variable): WeightKind | undefined {
  return told.get(variable) ?? kindByName(variable.name);
}

/** What a weight of that name is. */
export function kindByName(name: string): WeightKind | undefined {
  const part = LAST_PART.exec(name)?.[1];
  if (part === 'gamma' || part === 'beta') return 'normalization';
  return part === 'bias' ? 'bias' : undefined;
}
