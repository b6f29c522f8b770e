import * as tf from '@tensorflow/tfjs';

/** The numbers from 0 below n in an order that the seed decides (Fisher and Yates). */
export function shuffled(n: number, seed: number): number[] {
  const draws = tf.tidy(() => tf.randomUniform([Math.max(1, n)], 0, 1, 'float32', seed).dataSync());
  const order = Array.from({length: n}, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor((draws[i] ?? 0) * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}
