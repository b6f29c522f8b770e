import {isSymbolic} from '../support/symbolic';
import {tf} from '../support/tfjs';

type Symbolic = ReturnType<typeof tf.input>;

/**
 * A model of one layer type: from the input to the output, with what it takes to let gradients pass through the layer.
 */
export interface LayerCase {
  /** The shape of one sample. */
  readonly shape: number[];
  /** Whole numbers from 0 to below this as input, instead of real ones. */
  readonly words?: number;
  readonly build: (input: Symbolic) => Symbolic;
  /** Samples in the batch; 3 if not given. */
  readonly batch?: number;
}

interface Chained {
  apply(x: Symbolic): unknown;
}

function chain(input: Symbolic, ...layers: readonly Chained[]): Symbolic {
  return layers.reduce((x, layer) => {
    const y = layer.apply(x);
    if (!isSymbolic(y)) throw new Error('A layer applied to a symbolic tensor gave none.');
    return y;
  }, input);
}

interface Merging {
  apply(x: Symbolic[]): unknown;
}

function merge(input: Symbolic, layer: Merging): Symbolic {
  const y = layer.apply([
    chain(input, tf.layers.dense({units: 4})),
    chain(input, tf.layers.dense({units: 4, activation: 'tanh'})),
  ]);
  if (!isSymbolic(y)) throw new Error('A merge layer applied to symbolic tensors gave none.');
  return y;
}

const PICTURE = [7, 6, 3];
const VOLUME = [4, 4, 4, 2];
const SEQUENCE = [5, 3];
const FILM = [3, 5, 5, 2];

const alone = (shape: number[], layer: () => Chained): LayerCase => ({shape, build: x => chain(x, layer())});
const between = (shape: number[], first: () => Chained, layer: () => Chained): LayerCase => ({
  shape,
  build: x => chain(x, first(), layer()),
});
const merged = (layer: () => Merging): LayerCase => ({shape: [6], build: x => merge(x, layer())});

const conv1d = (): Chained => tf.layers.conv1d({filters: 3, kernelSize: 2, padding: 'same'});
const conv2d = (): Chained => tf.layers.conv2d({filters: 5, kernelSize: 3, padding: 'same'});
const conv3d = (): Chained => tf.layers.conv3d({filters: 2, kernelSize: 2, padding: 'same'});
const dense = (): Chained => tf.layers.dense({units: 5});

/** By the name of the factory in `tf.layers`, with a note on the case. */
export const LAYER_CASES: Readonly<Record<string, LayerCase>> = {
  dense: alone([6], () => tf.layers.dense({units: 4, activation: 'sigmoid'})),
  'dense on sequences': alone(SEQUENCE, () => tf.layers.dense({units: 4, activation: 'relu'})),
  embedding: {
    shape: [5],
    words: 7,
    build: x => chain(x, tf.layers.embedding({inputDim: 7, outputDim: 6}), tf.layers.flatten(), dense()),
  },
  conv1d: alone(SEQUENCE, () => tf.layers.conv1d({filters: 6, kernelSize: 3, activation: 'tanh'})),
  conv2d: between(PICTURE, conv2d, () => tf.layers.conv2d({filters: 9, kernelSize: [3, 2], activation: 'relu'})),
  'conv2d with strides': between(PICTURE, conv2d, () =>
    tf.layers.conv2d({filters: 9, kernelSize: 3, strides: 2, padding: 'same'}),
  ),
  'conv2d channels first': between(
    [3, 7, 6],
    () => tf.layers.conv2d({filters: 4, kernelSize: 3, dataFormat: 'channelsFirst'}),
    () => tf.layers.conv2d({filters: 3, kernelSize: 2, dataFormat: 'channelsFirst'}),
  ),
  conv2dTranspose: between(PICTURE, conv2d, () =>
    tf.layers.conv2dTranspose({filters: 4, kernelSize: 3, strides: 2, padding: 'same'}),
  ),
  conv3d: between(VOLUME, conv3d, () => tf.layers.conv3d({filters: 3, kernelSize: 2})),
  separableConv2d: between(PICTURE, conv2d, () =>
    tf.layers.separableConv2d({filters: 4, kernelSize: 3, depthMultiplier: 2}),
  ),
  depthwiseConv2d: between(PICTURE, conv2d, () => tf.layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 1})),
  'depthwiseConv2d with strides': between(PICTURE, conv2d, () =>
    tf.layers.depthwiseConv2d({kernelSize: 3, strides: 2, depthMultiplier: 3, padding: 'same'}),
  ),
  batchNormalization: between([6], dense, () => tf.layers.batchNormalization()),
  'batchNormalization of pictures': between(PICTURE, conv2d, () => tf.layers.batchNormalization()),
  layerNormalization: between(SEQUENCE, dense, () => tf.layers.layerNormalization()),
  prelu: between(PICTURE, conv2d, () => tf.layers.prelu({alphaInitializer: 'glorotNormal'})),
  simpleRNN: alone(SEQUENCE, () => tf.layers.simpleRNN({units: 4})),
  lstm: alone(SEQUENCE, () => tf.layers.lstm({units: 4, returnSequences: true})),
  gru: alone(SEQUENCE, () => tf.layers.gru({units: 4})),
  'rnn, lstmCell, gruCell, simpleRNNCell, stackedRNNCells': alone(SEQUENCE, () =>
    tf.layers.rnn({
      cell: tf.layers.stackedRNNCells({
        cells: [tf.layers.lstmCell({units: 4}), tf.layers.gruCell({units: 3}), tf.layers.simpleRNNCell({units: 2})],
      }),
    }),
  ),
  'convLstm2d, convLstm2dCell': alone(FILM, () => tf.layers.convLstm2d({filters: 3, kernelSize: 3})),
  bidirectional: alone(SEQUENCE, () =>
    tf.layers.bidirectional({layer: tf.layers.gru({units: 3}), mergeMode: 'concat'}),
  ),
  timeDistributed: alone(FILM, () =>
    tf.layers.timeDistributed({layer: tf.layers.conv2d({filters: 2, kernelSize: 2})}),
  ),

  activation: between([6], dense, () => tf.layers.activation({activation: 'softplus'})),
  elu: between([6], dense, () => tf.layers.elu()),
  leakyReLU: between([6], dense, () => tf.layers.leakyReLU()),
  reLU: between([6], dense, () => tf.layers.reLU()),
  softmax: between([6], dense, () => tf.layers.softmax()),
  add: merged(() => tf.layers.add()),
  average: merged(() => tf.layers.average()),
  concatenate: merged(() => tf.layers.concatenate()),
  dot: merged(() => tf.layers.dot({axes: -1})),
  maximum: merged(() => tf.layers.maximum()),
  minimum: merged(() => tf.layers.minimum()),
  multiply: merged(() => tf.layers.multiply()),
  averagePooling1d: between(SEQUENCE, conv1d, () => tf.layers.averagePooling1d({poolSize: 2})),
  averagePooling2d: between(PICTURE, conv2d, () =>
    tf.layers.averagePooling2d({poolSize: 3, strides: 2, padding: 'same'}),
  ),
  averagePooling3d: between(VOLUME, conv3d, () => tf.layers.averagePooling3d({poolSize: 2})),
  maxPooling1d: between(SEQUENCE, conv1d, () => tf.layers.maxPooling1d({poolSize: 2})),
  maxPooling2d: between(PICTURE, conv2d, () => tf.layers.maxPooling2d({poolSize: 3, strides: 2, padding: 'same'})),
  maxPooling3d: between(VOLUME, conv3d, () => tf.layers.maxPooling3d({poolSize: 2})),
  globalAveragePooling1d: between(SEQUENCE, conv1d, () => tf.layers.globalAveragePooling1d()),
  globalAveragePooling2d: between(PICTURE, conv2d, () => tf.layers.globalAveragePooling2d({})),
  globalMaxPooling1d: between(SEQUENCE, conv1d, () => tf.layers.globalMaxPooling1d()),
  globalMaxPooling2d: between(PICTURE, conv2d, () => tf.layers.globalMaxPooling2d({})),
  dropout: between([6], dense, () => tf.layers.dropout({rate: 0.5, seed: 3})),
  spatialDropout1d: between(SEQUENCE, conv1d, () => tf.layers.spatialDropout1d({rate: 0.5, seed: 3})),
  flatten: between(PICTURE, conv2d, () => tf.layers.flatten()),
  reshape: between([6], dense, () => tf.layers.reshape({targetShape: [5, 1]})),
  permute: between(SEQUENCE, conv1d, () => tf.layers.permute({dims: [2, 1]})),
  masking: between(SEQUENCE, () => tf.layers.masking({maskValue: 0}), conv1d),
  repeatVector: between([6], dense, () => tf.layers.repeatVector({n: 3})),
  rescaling: between([6], dense, () => tf.layers.rescaling({scale: 3, offset: 1})),
  // The CPU backend reads the gradients of the second and later samples from the wrong place.
  upSampling2d: {...between(PICTURE, conv2d, () => tf.layers.upSampling2d({})), batch: 1},
  zeroPadding2d: between(PICTURE, conv2d, () => tf.layers.zeroPadding2d({padding: 1})),
  cropping2D: between(PICTURE, conv2d, () =>
    tf.layers.cropping2D({
      cropping: [
        [1, 1],
        [1, 0],
      ],
    }),
  ),
};

/** Layers that tfjs can't train on any backend, or that let no gradients pass, with its errors. */
export const UNTRAINABLE: Readonly<Record<string, LayerCase & {readonly says: RegExp}>> = {
  'conv1d causal': {
    ...alone(SEQUENCE, () => tf.layers.conv1d({filters: 6, kernelSize: 3, padding: 'causal'})),
    says: /CAUSAL padding mode/,
  },
  conv3dTranspose: {
    ...between(VOLUME, conv3d, () => tf.layers.conv3dTranspose({filters: 3, kernelSize: 2})),
    says: /gradient function not found for Conv3DBackpropInputV2/,
  },
  thresholdedReLU: {
    ...between([6], dense, () => tf.layers.thresholdedReLU({theta: 0.1})),
    says: /gradient function not found for Greater/,
  },
  centerCrop: {
    ...between(PICTURE, conv2d, () => tf.layers.centerCrop({height: 4, width: 4})),
    says: /gradient function not found for CropAndResize/,
  },
  resizing: {
    ...between(PICTURE, conv2d, () => tf.layers.resizing({height: 4, width: 4})),
    says: /same number of samples as target/,
  },
};

/** The members of `tf.layers` without a case, and why. */
export const WITHOUT_CASE: Readonly<Record<string, string>> = {
  'Layer RNN RNNCell input inputLayer': 'nothing to train',
  'avgPool1d avgPool2d avgPool3d avgPooling1d avgPooling2d avgPooling3d': 'other names of pooling layers above',
  'globalMaxPool1d globalMaxPool2d maxPool1d maxPool2d': 'other names of pooling layers above',
  'alphaDropout gaussianDropout gaussianNoise randomWidth': 'random without a seed: two backends never agree',
  categoryEncoding: 'takes whole numbers: no gradient passes',
};
