import type {layers, SymbolicTensor} from '@tensorflow/tfjs-layers';

import {at} from '../../util/at';
import {sizeOf} from '../transfer/host_tensor';
import {channelsFirstOrder} from '../transfer/layout';

/**
 * The features of a flattened tensor in PyTorch's order: feature `i` over there is our feature `order[i]`. Undefined
 * where both sides have the same order.
 */
export type Order = Int32Array | undefined;

/** A layer that consists of layers, such as a model. */
export interface Container extends layers.Layer {
  readonly layers: readonly layers.Layer[];
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
}

export function isContainer(layer: layers.Layer): layer is Container {
  return 'layers' in layer && 'outputs' in layer;
}

/** Layers whose outputs are in the order of their inputs. */
const ELEMENTWISE = new Set([
  'Activation',
  'Add',
  'AlphaDropout',
  'Average',
  'BatchNormalization',
  'Dropout',
  'ELU',
  'GaussianDropout',
  'GaussianNoise',
  'LayerNormalization',
  'LeakyReLU',
  'Masking',
  'Maximum',
  'Minimum',
  'Multiply',
  'PReLU',
  'ReLU',
  'Softmax',
  'ThresholdedReLU',
]);

/** The orders of a model's flattened tensors. Images are channels last here, and channels first in PyTorch. */
export class FlattenedOrders {
  readonly #known = new Map<number, Order>();

  /**
   * The order of the features that a layer reads.
   * @throws where the layer is shared, and reads features in several orders.
   */
  ofInputOf(layer: layers.Layer): Order {
    return agreed(
      layer.inboundNodes.flatMap(({inputTensors: [input]}) => (input === undefined ? [] : [this.#of(input)])),
      'it',
    );
  }

  #of(tensor: SymbolicTensor): Order {
    if (this.#known.has(tensor.id)) return this.#known.get(tensor.id);
    const order = this.#found(tensor);
    this.#known.set(tensor.id, order);
    return order;
  }

  #found(tensor: SymbolicTensor): Order {
    const {sourceLayer: layer, inputs} = tensor;
    const className = layer.getClassName();
    const [input] = inputs;
    if (input === undefined) return undefined;
    if (isContainer(layer)) {
      layer.inputs.forEach((inner, i) => this.#known.set(inner.id, this.#of(at(inputs, i))));
      return this.#of(at(layer.outputs, tensor.outputTensorIndex ?? 0));
    }
    if (className === 'Flatten') return flattenedOrder(input, layer);
    if (className === 'Concatenate') return joined(inputs.map(one => [this.#of(one), lastExtent(one)]));
    if (ELEMENTWISE.has(className))
      return agreed(
        inputs.map(one => this.#of(one)),
        `the layer '${layer.name}' before it`,
      );
    return undefined;
  }

  /** Tells the inputs of an inner model what it reads. */
  enter(container: Container): void {
    container.inputs.forEach((inner, i) => {
      const given = container.inboundNodes.flatMap(({inputTensors}) => {
        const outer = inputTensors[i];
        // A Sequential that is first in another one is its own input.
        return outer === undefined || outer.id === inner.id ? [] : [this.#of(outer)];
      });
      if (given.length > 0) this.#known.set(inner.id, agreed(given, `The layer '${container.name}'`));
    });
  }
}

function flattenedOrder(input: SymbolicTensor, layer: layers.Layer): Order {
  const shape = input.shape.slice(1).map(Number);
  // Sequences are channels last in PyTorch, too, except between the layers for images of one dimension.
  if (shape.length < 3 && !/[^l]\dD$|^UpSampling1D$/.test(sourceClassOf(input))) return undefined;
  const isChannelsFirst = layer.getConfig()['dataFormat'] === 'channelsFirst';
  const [channels = 1, ...space] = shape;
  const ours = isChannelsFirst ? [...space, channels] : shape;
  if (sizeOf(ours.slice(0, -1)) === 1) return undefined;
  return channelsFirstOrder(ours);
}

/** The class of the last layer that is not elementwise. */
function sourceClassOf({sourceLayer, inputs: [input]}: SymbolicTensor): string {
  const className = sourceLayer.getClassName();
  return input !== undefined && ELEMENTWISE.has(className) ? sourceClassOf(input) : className;
}

const lastExtent = ({shape}: SymbolicTensor) => Number(shape.at(-1));

function joined(parts: ReadonlyArray<readonly [Order, number]>): Order {
  if (parts.every(([order]) => order === undefined)) return undefined;
  let begin = 0;
  const all = parts.flatMap(([order, length]) => {
    const offset = begin;
    begin += length;
    return Array.from(order ?? Array.from({length}, (_, i) => i), i => i + offset);
  });
  return Int32Array.from(all);
}

/** @param subject of the error's sentence. @throws where the orders differ. */
function agreed(orders: readonly Order[], subject: string): Order {
  const [first, ...others] = orders;
  if (others.some(order => order?.join() !== first?.join()))
    throw new Error(
      `${subject} reads flattened images of several shapes, so its weights have no order that fits ` +
        'PyTorch. Give it one flattened input, or use a layer for each.',
    );
  return first;
}
