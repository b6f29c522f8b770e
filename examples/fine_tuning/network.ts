import * as tf from '@tensorflow/tfjs';
import {adam, layerGroups} from 'tfjs-optim';

const HEAD = 'digit';

/** A convolution net with batch normalization for 28·28 pixels. Those of the same seed start equal. */
export function network(seed: number): tf.LayersModel {
  let layer = 0;
  const convolution = (name: string, filters: number) => [
    tf.layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      activation: 'relu',
      kernelInitializer: tf.initializers.heNormal({seed: 100 * seed + layer++}),
    }),
    // So that its averages are those of the last few steps: there are few.
    tf.layers.batchNormalization({name: `${name}_normalized`, momentum: 0.8}),
  ];
  return tf.sequential({
    layers: [
      tf.layers.reshape({inputShape: [784], targetShape: [28, 28, 1]}),
      ...convolution('strokes', 16),
      tf.layers.maxPooling2d({poolSize: 2}),
      ...convolution('shapes', 32),
      tf.layers.maxPooling2d({poolSize: 2}),
      ...convolution('parts', 64),
      tf.layers.flatten({}),
      tf.layers.dense({
        name: HEAD,
        units: 10,
        activation: 'softmax',
        kernelInitializer: tf.initializers.glorotNormal({seed: 100 * seed + layer}),
      }),
    ],
  });
}

/** A net of that seed in which all layers but the head are as in another. */
export function networkLike(pretrained: tf.LayersModel, seed: number): tf.LayersModel {
  const model = network(seed);
  for (const [i, layer] of model.layers.entries())
    if (layer.name !== HEAD) layer.setWeights(pretrained.layers[i]?.getWeights() ?? []);
  return model;
}

/** Compiles it with Adam, with one group of parameters for each convolution and one for the head. */
export function compile(model: tf.LayersModel, lr: number): void {
  const optimizer = adam(lr, {params: layerGroups(model, ['shapes', 'parts', HEAD])});
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
}
