import type * as tf from '@tensorflow/tfjs';

import {at, defined} from '../../examples/support/lookup';

/** What a node computes, in every framework. The sizes follow from the weights' shapes. */
export const OPS = [
  'input',
  'dense',
  'conv',
  'depthwiseConv',
  'batchNorm',
  'layerNorm',
  'relu',
  'add',
  'maxPool',
  'averagePool',
  'flatten',
  'embedding',
  'positions',
  'attention',
  'lstm',
] as const;
export type Op = (typeof OPS)[number];

/** One operation of a network. */
export interface Node {
  readonly op: Op;
  /** The places of its inputs in the list of nodes. */
  readonly inputs: readonly number[];
  /** The places of its weights in the list of the network's trainable weights. */
  readonly weights: readonly number[];
  /** `stride` and `padding` of convolutions, `size` of pooling, `epsilon` of norms, `heads` of attention. */
  readonly settings: Readonly<Record<string, number | string>>;
}

/** A network in order: each node comes after its inputs. The last one gives the logits. */
export type Graph = readonly Node[];

const NAMES: Readonly<Record<string, Op>> = {
  Dense: 'dense',
  Conv2D: 'conv',
  DepthwiseConv2D: 'depthwiseConv',
  BatchNormalization: 'batchNorm',
  LayerNormalization: 'layerNorm',
  ReLU: 'relu',
  Add: 'add',
  MaxPooling2D: 'maxPool',
  GlobalAveragePooling1D: 'averagePool',
  GlobalAveragePooling2D: 'averagePool',
  Flatten: 'flatten',
  Embedding: 'embedding',
  Positions: 'positions',
  Attention: 'attention',
  LSTM: 'lstm',
};

/** The first of equal numbers, such as strides. */
function side(value: unknown): number {
  if (!Array.isArray(value) || value.some(one => one !== value[0]))
    throw new Error(`A setting must be the same along both axes; got ${JSON.stringify(value)}.`);
  return number(value[0]);
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new Error(`A setting must be a number; got ${JSON.stringify(value)}.`);
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`A setting must be a text; got ${JSON.stringify(value)}.`);
  return value;
}

function settingsOf(op: Op, config: tf.serialization.ConfigDict): Node['settings'] {
  switch (op) {
    case 'conv':
    case 'depthwiseConv':
      return {stride: side(config['strides']), padding: text(config['padding'])};
    case 'maxPool':
      return {size: side(config['poolSize'])};
    case 'batchNorm':
    case 'layerNorm':
      return {epsilon: number(config['epsilon'])};
    case 'attention':
      return {heads: number(config['heads'])};
    default:
      return {};
  }
}

/** A model of tf.layers as a list of nodes that other frameworks can run. */
export function graphOf(model: tf.LayersModel): Graph {
  const nodes: Node[] = [{op: 'input', inputs: [], weights: [], settings: {}}];
  const places = new Map<string, number>();
  const names = model.trainableWeights.map(({name}) => name);
  // A sequential model does not list the layer of its input.
  const placeOf = (layer: tf.layers.Layer): number =>
    layer.getClassName() === 'InputLayer' ? 0 : defined(places.get(layer.name), `node of ${layer.name}`);
  for (const layer of model.layers) {
    const className = layer.getClassName();
    if (className === 'InputLayer') continue;
    const op = defined(NAMES[className], `operation for the layer ${className}`);
    const config = layer.getConfig();
    nodes.push({
      op,
      inputs: at(layer.inboundNodes, 0).inboundLayers.map(placeOf),
      weights: layer.trainableWeights.map(({name}) => names.indexOf(name)),
      settings: settingsOf(op, config),
    });
    // A layer may contain its activation.
    if (config['activation'] === 'relu')
      nodes.push({op: 'relu', inputs: [nodes.length - 1], weights: [], settings: {}});
    places.set(layer.name, nodes.length - 1);
  }
  return nodes;
}
