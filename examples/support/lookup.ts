import type * as tf from '@tensorflow/tfjs';

/** A value that must exist. @throws where it is undefined or null; `what` names it in the message. */
export function defined<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) throw new Error(`There is no ${what}.`);
  return value;
}

/** Element `i` of a list. @throws where the list is too short. */
export function at<T>(list: ArrayLike<T>, i: number): T {
  return defined(list[i], `element ${i} in a list of ${list.length}`);
}

/** The number that a tensor of one element holds. */
export function numberIn(tensor: tf.Tensor): number {
  return at(tensor.dataSync(), 0);
}

/** A number that training reported after a batch, such as 'loss'. @throws where it did not report it. */
export function logged(logs: tf.Logs | undefined, name: string): number {
  return defined(logs?.[name], `'${name}' among the logs of a batch`);
}
