import type {layers, LayersModel, Scalar, Tensor, Tensor2D} from '@tensorflow/tfjs';
import {tf} from './tfjs';

/** What the README says that its snippets start from. */
export interface ReadmeContext {
  /** A small classifier, not compiled. */
  readonly model: LayersModel;
  /** Its layers but the last, and the last. */
  readonly body: layers.Layer[];
  readonly head: layers.Layer[];
  /** The model's loss on the data. */
  readonly loss: () => Scalar;
  readonly xs: Tensor2D;
  readonly ys: Tensor;
}

/** Makes a context with a model of its own. */
export function readmeContext(): ReadmeContext {
  const model = tf.sequential({
    layers: [tf.layers.dense({inputShape: [4], units: 8, activation: 'relu'}), tf.layers.dense({units: 8, activation: 'relu'}), tf.layers.dense({units: 3, activation: 'softmax'})],
  });
  const xs = tf.randomNormal<tf.Rank.R2>([32, 4], 0, 1, 'float32', 1);
  const ys = tf.tidy(() => tf.oneHot(xs.slice([0, 0], [-1, 3]).argMax(1), 3).toFloat());
  const loss = (): tf.Scalar => {
    const predicted = model.apply(xs);
    if (!(predicted instanceof tf.Tensor)) throw new Error('The model has one output.');
    return tf.metrics.categoricalCrossentropy(ys, predicted).mean();
  };
  return {model, body: model.layers.slice(0, -1), head: model.layers.slice(-1), loss, xs, ys};
}
