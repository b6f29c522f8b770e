import type * as tf from '@tensorflow/tfjs-core';

/** What is known of the writes to a variable that an optimizer watches. */
interface Writes {
  /**
   * Of the values that were last known. `assign` gives a variable another one, writing in place does not: so nothing
   * is read from the device.
   */
  dataId: tf.DataId;
  /** How often others wrote, as far as that was noticed. */
  byOthers: number;
}

const watched = new WeakMap<tf.Variable, Writes>();

function writesByOthers(variable: tf.Variable, writes: Writes): number {
  if (variable.dataId !== writes.dataId) {
    writes.dataId = variable.dataId;
    writes.byOthers++;
  }
  return writes.byOthers;
}

/** @returns tells whether anything but this package has written the variable since. */
export function watch(variable: tf.Variable): () => boolean {
  const writes = watched.get(variable) ?? {dataId: variable.dataId, byOthers: 0};
  watched.set(variable, writes);
  const before = writesByOthers(variable, writes);
  return () => writesByOthers(variable, writes) !== before;
}

/** Every `assign` of this package to a parameter goes through here, so that it doesn't count as written by others. */
export function assign(variable: tf.Variable, value: tf.Tensor): void {
  const writes = watched.get(variable);
  if (writes !== undefined) writesByOthers(variable, writes);
  putBack(variable, value);
}

/** `assign` of what the variable held before: what others wrote in between is gone and doesn't count. */
export function putBack(variable: tf.Variable, value: tf.Tensor): void {
  variable.assign(value);
  const writes = watched.get(variable);
  if (writes !== undefined) writes.dataId = variable.dataId;
}
