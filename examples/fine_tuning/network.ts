import * as tf from '@tensorflow/tfjs';
import {adam, layerGroups} from 'tfjs-optim';

import {at} from '../support/lookup';

const HEAD = 'digit';

/**
 * A convolutional network with batch normalization for 28·28 pixels. The seed decides its initial weights.
 */
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
    // There are few steps, so the averages must follow them quickly.
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

/** A network of that seed with the weights of `pretrained` in all layers but the head. */
export function networkLike(pretrained: tf.LayersModel, seed: number): tf.LayersModel {
  const model = network(seed);
  for (const [i, layer] of model.layers.entries())
    if (layer.name !== HEAD) layer.setWeights(at(pretrained.layers, i).getWeights());
  return model;
}

/** Compiles a network with `adam`, with one parameter group per convolution and one for the head. */
export function compile(model: tf.LayersModel, lr: number): void {
  const optimizer = adam(lr, {params: layerGroups(model, ['shapes', 'parts', HEAD])});
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
}
