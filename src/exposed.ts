import type * as tf from '@tensorflow/tfjs-core';

/** State tensors that users were handed, so that operations of theirs may know them. */
export const exposed = new WeakSet<tf.Tensor>();
