import type {Optimizer} from '../../../src';
import {present} from '../../support/present';
import {tf} from '../../support/tfjs';

/** A small model with data of eight samples. The optimizer may be made from the model's layers. */
export function tinyFit<O extends tf.Optimizer>(
  make: O | ((layers: tf.layers.Layer[]) => O),
  layers: tf.layers.Layer[] = [tf.layers.dense({units: 1, inputShape: [2]})],
) {
  const model = tf.sequential({layers});
  const optimizer = typeof make === 'function' ? make(layers) : make;
  model.compile({optimizer, loss: 'meanSquaredError'});
  const x = tf.tensor2d(
    Array.from({length: 16}, (_, i) => Math.sin(i)),
    [8, 2],
  );
  const y = tf.tensor2d(
    Array.from({length: 8}, (_, i) => Math.cos(i)),
    [8, 1],
  );
  const dispose = () => {
    tf.dispose([x, y]);
    optimizer.dispose();
    model.dispose();
  };
  return {model, optimizer, x, y, dispose};
}

/** Records a hyper of all groups at every step. */
export function recordSteps(optimizer: Optimizer, hyper = 'lr'): number[][] {
  const steps: number[][] = [];
  const apply = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = gradients => {
    apply(gradients);
    steps.push(optimizer.hypers.map(hypers => Number(hypers[hyper])));
  };
  return steps;
}

/** A dataset of the rows of two matrices, with a known length. */
export async function samples(x: tf.Tensor, y: tf.Tensor): Promise<tf.data.Dataset<tf.TensorContainer>> {
  const [xs, ys] = await Promise.all(
    [x, y].map(async matrix => {
      const values = await matrix.data();
      const width = present(matrix.shape[1]);
      return tf.data.array(
        Array.from({length: matrix.size / width}, (_, i) => [...values.slice(i * width, (i + 1) * width)]),
      );
    }),
  );
  if (xs === undefined || ys === undefined) throw new Error('There are two matrices.');
  return tf.data.zip({xs, ys});
}
