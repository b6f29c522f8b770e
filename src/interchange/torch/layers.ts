import {inTurn, type Layout, reordered, reshaped, same, scaled, transposed} from '../transfer/layout';
import type {Order} from './flattened';

type Shape = readonly number[];
type Config = Readonly<Record<string, unknown>>;

/** What the layout of a weight depends on. */
export interface Context {
  /** Our shape of the weight. */
  readonly shape: Shape;
  /** The order of the features that the layer reads. */
  readonly order: Order;
  /** The factor from the variance of a batch to its unbiased estimate. */
  readonly unbiased: number;
}

/** A weight in a module of PyTorch. */
export interface WeightThere {
  /** Its name in the module. */
  readonly name: string;
  /** Default: the same on both sides. */
  readonly layout?: (context: Context) => Layout;
  /** Whether it is a buffer, which is not trained. */
  readonly isBuffer?: true;
}

/** A parameter that the module has and the layer does not. */
export interface ConstantThere {
  readonly name: string;
  /** The weight of the layer whose shape it has. It is there if that weight is. */
  readonly like: string;
  readonly value: number;
  /** Whether it can be added to the weight that it is like. */
  readonly isAdded?: true;
  /** The weight of the layer in place of which it is there. */
  readonly without?: string;
}

/** A class of layers, and its counterpart. */
export interface LayerRow {
  /** By the names of our weights. */
  readonly weights: Readonly<Record<string, WeightThere>>;
  readonly constants?: readonly ConstantThere[];
  /** What the module must be made with: its attributes. */
  readonly settings?: (config: Config) => Readonly<Record<string, unknown>>;
  /** Settings of the layer that the module can't have otherwise. */
  readonly needs?: Readonly<Record<string, readonly string[]>>;
  /** Whether each name ends in `_l0`, or in `_l0_reverse` for the backward direction. */
  readonly isRecurrent?: true;
}

const BIAS: WeightThere = {name: 'bias'};
const axesThere =
  (...order: readonly number[]) =>
  () =>
    transposed(...order);
const byFeatures = ({order}: Context): Layout => (order === undefined ? same : reordered(order));

const strided = ({strides}: Config) => ({stride: strides});
const dilated = (config: Config) => ({...strided(config), dilation: config['dilationRate']});

function convolution(settings: LayerRow['settings'], ...order: readonly number[]): LayerRow {
  return {weights: {kernel: {name: 'weight', layout: axesThere(...order)}, bias: BIAS}, settings};
}

/** [height, width, channels, multiplier] → [channels·multiplier, 1, height, width]. */
function depthwise({shape}: Context): Layout {
  const [height = 0, width = 0, channels = 0, multiplier = 0] = shape;
  return inTurn(
    transposed(2, 3, 0, 1),
    reshaped([channels, multiplier, height, width], [channels * multiplier, 1, height, width]),
  );
}

const NORMALIZED: Readonly<Record<string, WeightThere>> = {
  gamma: {name: 'weight', layout: byFeatures},
  beta: {name: 'bias', layout: byFeatures},
};
const UNSCALED: readonly ConstantThere[] = [
  {name: 'weight', like: 'beta', value: 1, without: 'gamma'},
  {name: 'bias', like: 'gamma', value: 0, without: 'beta'},
];

const RECURRENT: Pick<LayerRow, 'weights' | 'constants' | 'isRecurrent'> = {
  weights: {
    kernel: {name: 'weight_ih', layout: axesThere(1, 0)},
    recurrent_kernel: {name: 'weight_hh', layout: axesThere(1, 0)},
    bias: {name: 'bias_ih'},
  },
  constants: [{name: 'bias_hh', like: 'bias', value: 0, isAdded: true}],
  isRecurrent: true,
};
// The gates have the same order on both sides: input, forget, cell, output.
const LSTM: LayerRow = {...RECURRENT, needs: {activation: ['tanh'], recurrentActivation: ['sigmoid']}};
const SIMPLE_RNN: LayerRow = {...RECURRENT, needs: {activation: ['tanh', 'relu']}};

/** torch has one slope, or one per channel. */
function slopes(context: Context): Layout {
  const {shape} = context;
  if (shape.slice(0, -1).some(extent => extent !== 1))
    throw new Error(
      `its slopes have the shape [${shape}]; torch.nn.PReLU has one per channel. Make it with sharedAxes for all ` +
        'axes but the last.',
    );
  return inTurn(byFeatures(context), reshaped(shape, shape.slice(-1)));
}

function trailing(context: Context): Layout {
  const axes = context.shape.length;
  if (axes > 1) throw new Error(`it normalizes ${axes} axes, whose order in PyTorch depends on the module.`);
  return byFeatures(context);
}

/** The classes of layers with weights that have a counterpart in `torch.nn`. */
export const layerRows: Readonly<Record<string, LayerRow>> = {
  Dense: {
    weights: {
      kernel: {name: 'weight', layout: context => inTurn(byFeatures(context), transposed(1, 0))},
      bias: BIAS,
    },
  },
  Conv1D: convolution(dilated, 2, 1, 0),
  Conv2D: convolution(dilated, 3, 2, 0, 1),
  Conv3D: convolution(dilated, 4, 3, 0, 1, 2),
  Conv2DTranspose: convolution(strided, 3, 2, 0, 1),
  Conv3DTranspose: convolution(strided, 4, 3, 0, 1, 2),
  DepthwiseConv2D: {weights: {depthwise_kernel: {name: 'weight', layout: depthwise}, bias: BIAS}, settings: dilated},
  SeparableConv2D: {
    weights: {
      depthwise_kernel: {name: 'depthwise.weight', layout: depthwise},
      pointwise_kernel: {name: 'pointwise.weight', layout: axesThere(3, 2, 0, 1)},
      bias: {name: 'pointwise.bias'},
    },
  },
  BatchNormalization: {
    weights: {
      ...NORMALIZED,
      moving_mean: {name: 'running_mean', layout: byFeatures, isBuffer: true},
      moving_variance: {
        name: 'running_var',
        layout: context => inTurn(byFeatures(context), scaled(context.unbiased)),
        isBuffer: true,
      },
    },
    constants: UNSCALED.map(constant => ({...constant, like: 'moving_mean'})),
    settings: ({epsilon, momentum}) => ({eps: epsilon, momentum: 1 - Number(momentum)}),
  },
  LayerNormalization: {
    weights: {gamma: {name: 'weight', layout: trailing}, beta: {name: 'bias', layout: trailing}},
    constants: UNSCALED,
    settings: ({epsilon}) => ({eps: epsilon}),
  },
  Embedding: {weights: {embeddings: {name: 'weight'}}},
  LSTM,
  LSTMCell: LSTM,
  SimpleRNN: SIMPLE_RNN,
  SimpleRNNCell: SIMPLE_RNN,
  PReLU: {weights: {alpha: {name: 'weight', layout: slopes}}},
};

/** Why a class has no counterpart. */
export const WITHOUT: Readonly<Record<string, string>> = {
  GRU: 'torch.nn.GRU multiplies by the reset gate after the recurrent product, and that of TensorFlow.js before it',
};
