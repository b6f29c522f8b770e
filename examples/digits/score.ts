import * as tf from '@tensorflow/tfjs';

import {at} from '../support/lookup';
import type {Digits} from './data';

/** The mean loss of a model, and the share of digits that it reads correctly. */
export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

/** The score of a model on digits. The model must be compiled with `metrics: ['accuracy']`. */
export async function scoreOf(model: tf.LayersModel, digits: Digits): Promise<Score> {
  const values = tf.tidy(() => {
    const {xs, ys} = digits.tensors();
    return [model.evaluate(xs, ys, {batchSize: 500})].flat();
  });
  // WebGPU in Node cannot read synchronously.
  const numbers = await Promise.all(values.map(value => value.data()));
  tf.dispose(values);
  return {loss: at(at(numbers, 0), 0), accuracy: at(at(numbers, 1), 0)};
}
