import * as tf from '@tensorflow/tfjs';

/** A network to train, and the shapes of one batch of its data. The network returns logits. */
export interface BenchModel {
  readonly name: string;
  readonly batch: number;
  readonly inputShape: number[];
  /** The size of the vocabulary, if the inputs are words. Without it the inputs are numbers from 0 to 1. */
  readonly words?: number;
  readonly classes: number;
  readonly build: () => tf.LayersModel;
}

export type Symbolic = tf.SymbolicTensor;

export function apply(x: Symbolic, ...layers: readonly tf.layers.Layer[]): Symbolic {
  return layers.reduce((last, layer) => {
    const y = layer.apply(last);
    if (!(y instanceof tf.SymbolicTensor))
      throw new Error('A layer applied to a symbolic tensor must return one; it did not.');
    return y;
  }, x);
}

export function added(a: Symbolic, b: Symbolic): Symbolic {
  const y = tf.layers.add().apply([a, b]);
  if (!(y instanceof tf.SymbolicTensor))
    throw new Error('A layer applied to symbolic tensors must return one; it did not.');
  return y;
}

function mlp(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({units: 1024, activation: 'relu', inputShape: [784]}),
      tf.layers.dense({units: 1024, activation: 'relu'}),
      tf.layers.dense({units: 10}),
    ],
  });
}

function mlpOfAMillion(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.dense({units: 720, activation: 'relu', inputShape: [784]}),
      tf.layers.dense({units: 600, activation: 'relu'}),
      tf.layers.dense({units: 10}),
    ],
  });
}

const WORDS = 2000;
const SENTENCE = 16;

function lstm(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.embedding({inputDim: WORDS, outputDim: 64, inputLength: SENTENCE}),
      // PyTorch's gates are sigmoids; tfjs's default is another function. An orthogonal start takes seconds.
      tf.layers.lstm({units: 128, recurrentActivation: 'sigmoid', recurrentInitializer: 'glorotNormal'}),
      tf.layers.dense({units: 10}),
    ],
  });
}

function mnistConvNet(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({filters: 8, kernelSize: 5, activation: 'relu', inputShape: [28, 28, 1]}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.conv2d({filters: 16, kernelSize: 5, activation: 'relu'}),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten(),
      tf.layers.dense({units: 10}),
    ],
  });
}

const conv = (filters: number, strides: number, kernelSize = 3): tf.layers.Layer =>
  tf.layers.conv2d({filters, kernelSize, strides, padding: 'same', useBias: false, kernelInitializer: 'heNormal'});
const norm = (): tf.layers.Layer => tf.layers.batchNormalization();
const relu = (): tf.layers.Layer => tf.layers.reLU();

/** He et al., "Deep Residual Learning for Image Recognition" (2015), section 4.2, n = 3. */
function resNet20(): tf.LayersModel {
  const input = tf.input({shape: [32, 32, 3]});
  let x = apply(input, conv(16, 1), norm(), relu());
  for (const [stage, filters] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const shortcut = strides === 1 ? x : apply(x, conv(filters, 2, 1), norm());
      x = apply(added(shortcut, apply(x, conv(filters, strides), norm(), relu(), conv(filters, 1), norm())), relu());
    }
  }
  return tf.model({
    inputs: input,
    outputs: apply(x, tf.layers.globalAveragePooling2d({}), tf.layers.dense({units: 10})),
  });
}

/** Howard et al., "MobileNets" (2017), table 1, with a quarter of the channels. */
function mobileNet(): tf.LayersModel {
  const input = tf.input({shape: [64, 64, 3]});
  let x = apply(input, conv(8, 2), norm(), relu());
  for (const [filters, strides] of [
    [16, 1],
    [32, 2],
    [32, 1],
    [64, 2],
    [64, 1],
    [128, 2],
    [128, 1],
    [128, 1],
    [128, 1],
    [128, 1],
    [128, 1],
    [256, 2],
    [256, 1],
  ] as const) {
    x = apply(
      x,
      tf.layers.depthwiseConv2d({
        kernelSize: 3,
        strides,
        padding: 'same',
        useBias: false,
        depthwiseInitializer: 'heNormal',
      }),
      norm(),
      relu(),
      conv(filters, 1, 1),
      norm(),
      relu(),
    );
  }
  return tf.model({
    inputs: input,
    outputs: apply(x, tf.layers.globalAveragePooling2d({}), tf.layers.dense({units: 10})),
  });
}

export const MLP: BenchModel = {name: 'MLP 784-1024-1024-10', batch: 32, inputShape: [784], classes: 10, build: mlp};
export const MLP_OF_A_MILLION: BenchModel = {
  name: 'MLP 784-720-600-10',
  batch: 32,
  inputShape: [784],
  classes: 10,
  build: mlpOfAMillion,
};
export const LSTM: BenchModel = {
  name: 'LSTM of 128, 16 words',
  batch: 16,
  inputShape: [SENTENCE],
  words: WORDS,
  classes: 10,
  build: lstm,
};
export const MNIST_CONV_NET: BenchModel = {
  name: 'MNIST convolution net',
  batch: 64,
  inputShape: [28, 28, 1],
  classes: 10,
  build: mnistConvNet,
};
export const RES_NET_20: BenchModel = {
  name: 'ResNet-20',
  batch: 8,
  inputShape: [32, 32, 3],
  classes: 10,
  build: resNet20,
};
export const MOBILE_NET: BenchModel = {
  name: 'MobileNetV1-0.25, 64 px',
  batch: 8,
  inputShape: [64, 64, 3],
  classes: 10,
  build: mobileNet,
};
