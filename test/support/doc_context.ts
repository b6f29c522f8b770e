import type {layers, LayersModel, Scalar, Tensor, Tensor2D} from '@tensorflow/tfjs';

import {tf} from './tfjs';

/** The values that the blocks of the pages start from. */
export interface DocContext {
  /** A small classifier, not compiled. */
  readonly model: LayersModel;
  /** Its layers without the last one, and the last one. */
  readonly body: layers.Layer[];
  readonly head: layers.Layer[];
  /** The model's loss on the data. */
  readonly loss: () => Scalar;
  readonly xs: Tensor2D;
  readonly ys: Tensor;
  /** Expects a value to be the text after `// →` in the page; numbers to six digits. */
  readonly told: (actual: unknown, expected: unknown) => void;
}

/** Makes a context with a model of its own. */
export function docContext(): DocContext {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({inputShape: [4], units: 8, activation: 'relu'}),
      tf.layers.dense({units: 8, activation: 'relu'}),
      tf.layers.dense({units: 3, activation: 'softmax'}),
    ],
  });
  const xs = tf.randomNormal<tf.Rank.R2>([32, 4], 0, 1, 'float32', 1);
  const ys = tf.tidy(() => tf.oneHot(xs.slice([0, 0], [-1, 3]).argMax(1), 3).toFloat());
  const loss = (): tf.Scalar => {
    const predicted = model.apply(xs);
    if (!(predicted instanceof tf.Tensor)) throw new Error('The model has one output.');
    return tf.metrics.categoricalCrossentropy(ys, predicted).mean();
  };
  const told = (actual: unknown, expected: unknown) => {
    expect(plain(actual)).toEqual(plain(expected));
  };
  return {model, body: model.layers.slice(0, -1), head: model.layers.slice(-1), loss, xs, ys, told};
}

function plain(x: unknown): unknown {
  if (typeof x === 'number') return Number(x.toPrecision(6));
  if (x instanceof Float32Array || x instanceof Int32Array || x instanceof Uint8Array) return Array.from(x, plain);
  if (Array.isArray(x)) return x.map(plain);
  if (typeof x === 'object' && x !== null)
    return Object.fromEntries(Object.entries(x).map(([key, value]) => [key, plain(value)]));
  return x;
}
