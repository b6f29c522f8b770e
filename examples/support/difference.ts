import * as tf from '@tensorflow/tfjs';

import {at, numberIn} from './lookup';

/** The largest absolute difference between the elements of two lists of tensors of the same shapes. */
export function difference(a: readonly tf.Tensor[], b: readonly tf.Tensor[]): number {
  return Math.max(...a.map((tensor, i) => tf.tidy(() => numberIn(tensor.sub(at(b, i)).abs().max()))));
}
