import * as tf from '@tensorflow/tfjs';
import type {HostTensor, TensorFile} from 'tfjs-optim/interchange';

import {defined} from '../support/lookup';

/** A small network for 784 pixels. The seed decides its initial weights. */
export function network(seed: number): tf.LayersModel {
  const kernelInitializer = tf.initializers.heNormal({seed});
  return tf.sequential({
    layers: [
      tf.layers.dense({name: 'hidden', inputShape: [784], units: 32, activation: 'relu', kernelInitializer}),
      tf.layers.dense({name: 'digit', units: 10, activation: 'softmax', kernelInitializer}),
    ],
  });
}

/** The weights of a model on the host, by names that all processes share. */
export async function weightsOf(model: tf.LayersModel): Promise<Map<string, HostTensor>> {
  const entries = model.weights.map(async (weight): Promise<[string, HostTensor]> => {
    const values = weight.read();
    const data = Float32Array.from(await values.data());
    return [weight.originalName, {dtype: 'float32', shape: values.shape, data}];
  });
  return new Map(await Promise.all(entries));
}

/** The weights of a message as tensors, in the model's order. The caller must dispose them. */
export function tensorsOf(model: tf.LayersModel, {tensors}: TensorFile): tf.Tensor[] {
  return model.weights.map(({originalName, shape}) => {
    const {data} = defined(tensors.get(originalName), `weight '${originalName}' in the message`);
    return tf.tensor(
      Float32Array.from(data),
      shape.map(extent => defined(extent, 'extent of a weight')),
    );
  });
}
