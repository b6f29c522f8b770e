/** What is known of a class of layers that both TensorFlow.js and Keras 3 have. */
export interface LayerRow {
  /** The arguments that both have, by Keras's names. */
  readonly args: string;
  /** Arguments of Keras with the one value that TensorFlow.js computes. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  /** Arguments that TensorFlow.js calls otherwise: Keras's name, then its own. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Where the weights are below the layer, and which layers or cells have them. Default: the layer itself. */
  readonly inner?: readonly string[];
}

const INITIALIZED = (...weights: string[]) =>
  weights.map(weight => `${weight}_initializer ${weight}_regularizer ${weight}_constraint`).join(' ');

const CHANNELS_LAST = {data_format: 'channels_last'};
const KERNEL_BIAS = `activation use_bias activity_regularizer ${INITIALIZED('kernel', 'bias')}`;
const WINDOW = 'kernel_size strides padding';
const conv = (more: string, fixed: LayerRow['fixed'] = {groups: 1}): LayerRow => ({
  args: `filters ${WINDOW} ${more} ${KERNEL_BIAS}`,
  fixed,
});
const CONV: LayerRow = conv('data_format dilation_rate');
const POOL: LayerRow = {args: 'pool_size strides padding data_format'};
const POOL_1D: LayerRow = {args: 'pool_size strides padding', fixed: CHANNELS_LAST};
const GLOBAL_1D: LayerRow = {args: '', fixed: CHANNELS_LAST};
const GLOBAL: LayerRow = {args: 'data_format'};
const MERGE: LayerRow = {args: ''};
const DEPTHWISE = `data_format dilation_rate depth_multiplier activation use_bias activity_regularizer`;
const NORM = `axis epsilon center scale ${INITIALIZED('beta', 'gamma')}`;
const recurrent = (more = '', fixed: LayerRow['fixed'] = {}): LayerRow => ({
  args:
    `units ${KERNEL_BIAS} ${INITIALIZED('recurrent')} dropout recurrent_dropout return_sequences return_state ` +
    `go_backwards stateful unroll ${more}`,
  fixed,
  inner: ['cell'],
});

/** The layers that can be moved, by class. Models are not in it. */
export const LAYERS: Readonly<Record<string, LayerRow>> = {
  Activation: {args: 'activation'},
  Add: MERGE,
  AlphaDropout: {args: 'rate noise_shape'},
  Average: MERGE,
  AveragePooling1D: POOL_1D,
  AveragePooling2D: POOL,
  AveragePooling3D: POOL,
  BatchNormalization: {args: `momentum moving_mean_initializer moving_variance_initializer ${NORM}`},
  Bidirectional: {args: 'layer merge_mode', inner: ['forward_layer', 'backward_layer']},
  Concatenate: {args: 'axis'},
  Conv1D: conv('dilation_rate', {groups: 1, ...CHANNELS_LAST}),
  Conv2D: CONV,
  Conv2DTranspose: conv('data_format', {dilation_rate: [1, 1]}),
  Conv3D: CONV,
  Conv3DTranspose: conv('data_format', {dilation_rate: [1, 1, 1]}),
  Cropping2D: {args: 'cropping data_format'},
  Dense: {args: `units ${KERNEL_BIAS}`},
  DepthwiseConv2D: {args: `${WINDOW} ${DEPTHWISE} ${INITIALIZED('depthwise', 'bias')}`},
  Dot: {args: 'axes normalize'},
  Dropout: {args: 'rate noise_shape'},
  ELU: {args: 'alpha'},
  Embedding: {args: `input_dim output_dim mask_zero activity_regularizer ${INITIALIZED('embeddings')}`},
  Flatten: {args: 'data_format'},
  GRU: recurrent('recurrent_activation reset_after', {reset_after: false}),
  GaussianDropout: {args: 'rate'},
  GaussianNoise: {args: 'stddev'},
  GlobalAveragePooling1D: GLOBAL_1D,
  GlobalAveragePooling2D: GLOBAL,
  GlobalMaxPooling1D: GLOBAL_1D,
  GlobalMaxPooling2D: GLOBAL,
  LSTM: recurrent('recurrent_activation unit_forget_bias'),
  LayerNormalization: {args: NORM},
  LeakyReLU: {args: 'negative_slope', renamed: {negative_slope: 'alpha'}},
  Masking: {args: 'mask_value'},
  MaxPooling1D: POOL_1D,
  MaxPooling2D: POOL,
  MaxPooling3D: POOL,
  Maximum: MERGE,
  Minimum: MERGE,
  Multiply: MERGE,
  PReLU: {args: `shared_axes ${INITIALIZED('alpha')}`},
  Permute: {args: 'dims'},
  ReLU: {args: 'max_value'},
  RepeatVector: {args: 'n'},
  Rescaling: {args: 'scale offset'},
  Reshape: {args: 'target_shape'},
  SeparableConv2D: {args: `filters ${WINDOW} ${DEPTHWISE} ${INITIALIZED('depthwise', 'pointwise', 'bias')}`},
  SimpleRNN: recurrent(),
  Softmax: {args: 'axis'},
  SpatialDropout1D: {args: 'rate'},
  TimeDistributed: {args: 'layer', inner: ['layer']},
  // The bilinear one of TensorFlow.js samples at other points than that of Keras.
  UpSampling2D: {args: 'size data_format interpolation', fixed: {interpolation: 'nearest'}},
  ZeroPadding2D: {args: 'padding data_format'},
};

/** The classes that Keras calls with a list of tensors, also of one. */
export const MERGES: ReadonlySet<string> = new Set(
  Object.entries(LAYERS).flatMap(([name, row]) =>
    row === MERGE || name === 'Concatenate' || name === 'Dot' ? [name] : [],
  ),
);

/** Arguments of Keras that change nothing of what a loaded layer computes. */
export const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['seed', 'renorm_momentum']);

/** Values of TensorFlow.js's configurations that Keras has no argument for and that change no result. */
export const OF_TFJS_ONLY: ReadonlySet<string> = new Set([
  'implementation',
  'inputLength',
  'inputDType',
  'numConstants',
  'batchInputShape',
  'seed',
]);

/** Activations by Keras's name, where TensorFlow.js computes the same. */
export const ACTIVATIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    'elu gelu linear mish relu relu6 selu sigmoid softmax softplus softsign tanh'.split(' ').map(name => [name, name]),
  ),
  log_softmax: 'logSoftmax',
  silu: 'swish',
};
