import * as tf from '@tensorflow/tfjs';

import {at, numberIn} from '../support/lookup';
import type {Digits} from './data';

/** The mean loss of a model, and the share of digits that it reads correctly. */
export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

/** The score of a model on digits. The model must be compiled with `metrics: ['accuracy']`. */
export function scoreOf(model: tf.LayersModel, digits: Digits): Score {
  return tf.tidy(() => {
    const {xs, ys} = digits.tensors();
    const values = model.evaluate(xs, ys, {batchSize: 500});
    const numbers = [values].flat().map(numberIn);
    return {loss: at(numbers, 0), accuracy: at(numbers, 1)};
  });
}
