import '../../src/gpu_training/index';

import {type BackendName, describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {sizeOf, values} from '../wasm_training/values';

type Layers = readonly tf.layers.Layer[];

interface Case {
  readonly shape: number[];
  readonly layers: () => Layers;
}

const net = (trainable: boolean): Layers => [
  tf.layers.conv2d({filters: 5, kernelSize: 3, useBias: false}),
  tf.layers.batchNormalization({trainable}),
  tf.layers.reLU(),
  tf.layers.depthwiseConv2d({kernelSize: 3, strides: 2, useBias: false}),
  tf.layers.batchNormalization(),
  tf.layers.globalAveragePooling2d({}),
  tf.layers.dense({units: 4, activation: 'softmax'}),
];

const CASES: Readonly<Record<string, Case>> = {
  'a convolution net with batch norm': {shape: [11, 9, 3], layers: () => net(true)},
  'a net with a frozen batch norm': {shape: [11, 9, 3], layers: () => net(false)},
  'dense layers with batch norm': {
    shape: [6],
    layers: () => [
      tf.layers.dense({units: 7}),
      tf.layers.batchNormalization(),
      tf.layers.dense({units: 4, activation: 'softmax'}),
    ],
  },
  'layer norm': {
    shape: [6],
    layers: () => [
      tf.layers.dense({units: 7}),
      tf.layers.layerNormalization(),
      tf.layers.dense({units: 4, activation: 'softmax'}),
    ],
  },
};

/** The losses and the weights of three steps from fixed weights. */
async function trained({shape, layers}: Case, backend: BackendName): Promise<{losses: number[]; weights: number[][]}> {
  await tf.setBackend(backend);
  const input = tf.input({shape});
  const output = layers().reduce((x, layer) => {
    const next = layer.apply(x);
    if (!(next instanceof tf.SymbolicTensor)) throw new Error('A layer applied to a symbolic tensor gave none.');
    return next;
  }, input);
  const model = tf.model({inputs: input, outputs: output});
  tf.tidy(() => {
    model.setWeights(
      model.getWeights().map((weight, i) =>
        tf
          .tensor(values(weight.size, i + 1), weight.shape)
          .mul(0.4)
          .add(0.6),
      ),
    );
  });
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy'});
  const xs = tf.tensor(values(6 * sizeOf(shape), 90), [6, ...shape]);
  const ys = tf.tidy(() => tf.oneHot(tf.tensor1d([0, 1, 2, 3, 0, 1], 'int32'), 4).toFloat());
  const losses: number[] = [];
  const step = async (): Promise<void> => {
    losses.push(Number(await model.trainOnBatch(xs, ys)));
  };
  await step();
  await leakless(step);
  await leakless(step);
  const weights = await Promise.all(model.getWeights().map(async weight => [...(await weight.data())]));
  tf.dispose([xs, ys]);
  model.dispose();
  return {losses, weights};
}

describeBackends(
  'Training with gpu-training',
  backend => {
    for (const [name, each] of Object.entries(CASES)) {
      it(`trains ${name} as the CPU backend does`, async () => {
        const expected = await trained(each, 'cpu');
        const {losses, weights} = await trained(each, backend);
        expectClose(losses, expected.losses, 1e-4, 'losses');
        weights.forEach((weight, i) => {
          expectClose(weight, present(expected.weights[i]), 1e-3, `weight ${i}`);
        });
      });
    }
  },
  ['webgl', 'webgpu'],
);
