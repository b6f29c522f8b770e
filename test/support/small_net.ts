import type {Optimizer} from '../../src';
import {tf} from './tfjs';

const BATCH = {batchSize: 8, shuffle: false, verbose: 0};

/** A net of three layers, named after `name`, with the same weights each time. */
export function smallNet(name: string): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotUniform({seed: 3});
  return tf.sequential({
    name,
    layers: [
      tf.layers.dense({units: 3, inputShape: [4], activation: 'tanh', kernelInitializer, name: `${name}_block`}),
      tf.layers.batchNormalization({name: `${name}_norm`}),
      tf.layers.dense({units: 1, kernelInitializer, name: `${name}_head`}),
    ],
  });
}

/** Makes a model train with an optimizer. */
export function compiled<M extends tf.LayersModel>(model: M, optimizer: Optimizer): M {
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

/** Trains `steps` steps, each on the same eight rows. */
export async function train(model: tf.LayersModel, steps: number): Promise<void> {
  const xs = tf.tensor2d(
    Array.from({length: 32}, (_, i) => Math.sin(i)),
    [8, 4],
  );
  const ys = tf.tensor2d(
    Array.from({length: 8}, (_, i) => Math.cos(i)),
    [8, 1],
  );
  try {
    await model.fit(xs, ys, {...BATCH, epochs: steps});
  } finally {
    tf.dispose([xs, ys]);
  }
}
