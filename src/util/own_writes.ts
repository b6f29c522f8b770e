import type * as tf from '@tensorflow/tfjs-core';

import {memo} from './memo';

/** The writes to a variable that an optimizer watches. */
interface Writes {
  /**
   * The id of the values that were last seen. `assign` changes a variable's id, and writing in place does not. So
   * nothing is read from the device.
   */
  dataId: tf.DataId;
  /** How many writes by others were noticed. */
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

/** @returns a function that tells whether anything other than this package has written the variable since. */
export function watch(variable: tf.Variable): () => boolean {
  const writes = memo(watched, variable, () => ({dataId: variable.dataId, byOthers: 0}));
  const before = writesByOthers(variable, writes);
  return () => writesByOthers(variable, writes) !== before;
}

/** Assigns a new value to a parameter. This package assigns only in this way, so its own writes do not count. */
export function assign(variable: tf.Variable, value: tf.Tensor): void {
  const writes = watched.get(variable);
  if (writes !== undefined) writesByOthers(variable, writes);
  putBack(variable, value);
}

/** Assigns the value that the variable had before. What others wrote in between is gone, so it does not count. */
export function putBack(variable: tf.Variable, value: tf.Tensor): void {
  variable.assign(value);
  const writes = watched.get(variable);
  if (writes !== undefined) writes.dataId = variable.dataId;
}
