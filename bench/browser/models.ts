import * as tf from '@tensorflow/tfjs';

import type {Measured} from '../wasm_training/measure';
import {finished, restart} from './gpu';
import {type Contestant, CONTESTANTS, steppersOf, taken} from './steps';

/** Whole training steps of one model: milliseconds until the GPU has finished. */
export interface ModelRow {
  readonly backend: string;
  readonly optimizer: string;
  readonly model: string;
  readonly times: Readonly<Record<Contestant, Measured>>;
}

const BATCH = 32;

const MODELS: Readonly<Record<string, () => tf.Sequential>> = {
  'MLP of 1 M': () =>
    tf.sequential({
      layers: [
        tf.layers.dense({units: 1024, activation: 'relu', inputShape: [784]}),
        tf.layers.dense({units: 256, activation: 'relu'}),
        tf.layers.dense({units: 10, activation: 'softmax'}),
      ],
    }),
  'convolution net': () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({filters: 8, kernelSize: 3, activation: 'relu', inputShape: [14, 14, 1]}),
        tf.layers.maxPooling2d({poolSize: 2}),
        tf.layers.conv2d({filters: 16, kernelSize: 3, activation: 'relu'}),
        tf.layers.flatten(),
        tf.layers.dense({units: 10, activation: 'softmax'}),
      ],
    }),
};
export const MODEL_NAMES = Object.keys(MODELS);

export async function modelRowOf(
  backend: string,
  optimizer: string,
  model: string,
  rounds: number,
): Promise<ModelRow> {
  const make = MODELS[model];
  if (make === undefined) throw new Error(`There is no model '${model}'. The models are ${MODEL_NAMES.join(', ')}.`);
  await restart(backend);
  const net = make();
  const xs = tf.randomNormal([BATCH, ...net.inputs.flatMap(({shape}) => shape.slice(1).map(Number))]);
  const ys = tf.oneHot(tf.range(0, BATCH, 1, 'int32').mod(tf.scalar(10, 'int32')), 10).toFloat();
  const steppers = steppersOf(optimizer);
  const variables = net.getWeights(true).flatMap(weight => (weight instanceof tf.Variable ? [weight] : []));
  const step = async (contestant: Contestant): Promise<void> => {
    tf.tidy(() => {
      steppers[contestant].minimize(
        () => {
          const found = net.apply(xs, {training: true});
          if (!(found instanceof tf.Tensor)) throw new Error(`'${model}' must have one output; it has more.`);
          return tf.neg(ys.mul(found.add(1e-7).log()).sum().div(BATCH)).asScalar();
        },
        false,
        variables,
      );
    });
    await Promise.all(variables.slice(-1).map(finished));
  };
  for (let i = 0; i < 2; i++) await taken(step, CONTESTANTS.length);
  const times = await taken(step, rounds);
  Object.values(steppers).forEach(each => {
    each.dispose();
  });
  net.dispose();
  tf.dispose([xs, ys]);
  return {backend, optimizer, model, times};
}
