import * as tf from '@tensorflow/tfjs';

import {at} from '../support/lookup';

/** The whole numbers from 0 to n - 1, in an order that the seed decides (Fisher and Yates). */
export function shuffled(n: number, seed: number): number[] {
  const draws = tf.tidy(() => tf.randomUniform([Math.max(1, n)], 0, 1, 'float32', seed).dataSync());
  const order = Array.from({length: n}, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(at(draws, i) * (i + 1));
    [order[i], order[j]] = [at(order, j), at(order, i)];
  }
  return order;
}
