import * as tf from '@tensorflow/tfjs';

import {network} from '../../examples/digits/contestant';

/** A network that the visitor can choose. All have 784 inputs, and ten outputs that are probabilities. */
interface Model {
  readonly title: string;
  /** What is special about it, in a sentence. */
  readonly about: string;
  /** The seed decides the initial weights. */
  readonly make: (seed: number) => tf.LayersModel;
  /** The code that makes `network`, a function that makes the same network. */
  readonly code: (seed: number) => string;
}

/** Hidden layers of `deep`, and the units of each. */
const DEEP = {layers: 12, units: 32};
/** Hidden units of `mlp`. */
const HIDDEN = 128;

export const MODEL_NAMES = ['conv', 'mlp', 'deep'] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

export const MODELS: Readonly<Record<ModelName, Model>> = {
  conv: {
    title: 'Convolutions',
    about:
      'Two layers of convolutions and a dense one. It reads digits best. Almost all of a step is backpropagation.',
    make: network,
    code: seed => `const conv = (filters, seed) =>
  tf.layers.conv2d({filters, kernelSize: 3, activation: 'relu', kernelInitializer: tf.initializers.heNormal({seed})});
const network = (units = 10) =>
  tf.sequential({
    layers: [
      tf.layers.reshape({inputShape: [784], targetShape: [28, 28, 1]}),
      conv(16, ${seed}),
      tf.layers.maxPooling2d({poolSize: 2}),
      conv(32, ${seed + 1}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten({}),
      tf.layers.dense({
        units,
        activation: 'softmax',
        kernelInitializer: tf.initializers.glorotNormal({seed: ${seed + 2}}),
      }),
    ],
  });`,
  },
  mlp: {
    title: 'One hidden layer',
    about: `A hidden layer of ${HIDDEN} units and a dense one. Steps are fast, and it trains with any optimizer.`,
    make: seed =>
      tf.sequential({
        layers: [
          tf.layers.dense({
            name: 'hidden',
            inputShape: [784],
            units: HIDDEN,
            activation: 'relu',
            kernelInitializer: tf.initializers.heNormal({seed}),
          }),
          outputs(seed + 1),
        ],
      }),
    code: seed => `const network = () =>
  tf.sequential({
    layers: [
      tf.layers.dense({
        inputShape: [784],
        units: ${HIDDEN},
        activation: 'relu',
        kernelInitializer: tf.initializers.heNormal({seed: ${seed}}),
      }),
      tf.layers.dense({
        units: 10,
        activation: 'softmax',
        kernelInitializer: tf.initializers.glorotNormal({seed: ${seed + 1}}),
      }),
    ],
  });`,
  },
  deep: {
    title: 'Many small layers',
    about:
      `${DEEP.layers} layers of ${DEEP.units} units. There are many small weights, so the optimizer takes a large ` +
      'share of a step: compare the two columns of milliseconds.',
    make: seed =>
      tf.sequential({
        layers: [
          ...Array.from({length: DEEP.layers}, (_, i) =>
            tf.layers.dense({
              name: `hidden_${i + 1}`,
              ...(i === 0 ? {inputShape: [784]} : {}),
              units: DEEP.units,
              activation: 'tanh',
              kernelInitializer: tf.initializers.glorotNormal({seed: seed + i}),
            }),
          ),
          outputs(seed + DEEP.layers),
        ],
      }),
    code: seed => `const network = () =>
  tf.sequential({
    layers: [
      ...Array.from({length: ${DEEP.layers}}, (_, i) =>
        tf.layers.dense({
          ...(i === 0 ? {inputShape: [784]} : {}),
          units: ${DEEP.units},
          activation: 'tanh',
          kernelInitializer: tf.initializers.glorotNormal({seed: ${seed} + i}),
        }),
      ),
      tf.layers.dense({
        units: 10,
        activation: 'softmax',
        kernelInitializer: tf.initializers.glorotNormal({seed: ${seed + DEEP.layers}}),
      }),
    ],
  });`,
  },
};

function outputs(seed: number): tf.layers.Layer {
  return tf.layers.dense({
    name: 'digit',
    units: 10,
    activation: 'softmax',
    kernelInitializer: tf.initializers.glorotNormal({seed}),
  });
}
