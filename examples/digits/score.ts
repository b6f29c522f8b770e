import * as tf from '@tensorflow/tfjs';

import type {Digits} from './data';

/** How well a model does. */
export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

/** The mean loss and the share of digits read correctly, of a model compiled with `metrics: ['accuracy']`. */
export function scoreOf(model: tf.LayersModel, digits: Digits): Score {
  const [loss = NaN, accuracy = NaN] = tf.tidy(() => {
    const {xs, ys} = digits.tensors();
    const values = model.evaluate(xs, ys, {batchSize: 500});
    return (Array.isArray(values) ? values : [values]).map(value => value.dataSync()[0] ?? NaN);
  });
  return {loss, accuracy};
}
