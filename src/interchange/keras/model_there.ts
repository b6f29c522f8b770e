import type {layers, LayersModel} from '@tensorflow/tfjs-layers';

import {isLayer} from '../../params/variables_of';
import {isDict} from '../../util/config_reader';
import {own} from '../../util/own';
import {shown} from '../../util/shown';
import {LAYERS, MERGES, OF_TFJS_ONLY} from './layer_table';
import {argsOf} from './model_here';
import {camel, type Dict, items, snake, valueThere} from './value_config';

/** An object of Keras 3 as its files have it. */
interface SavedClass {
  readonly module: string;
  readonly class_name: string;
  readonly config: Dict;
  readonly registered_name: string | null;
}

/** Whether a layer is a model, with layers of its own. */
export function isModel(layer: layers.Layer): layer is LayersModel {
  return 'layers' in layer && 'inputLayers' in layer;
}

/** Whether a model is a `Sequential`. */
export function isSequential(model: layers.Layer): boolean {
  return model.getClassName() === 'Sequential';
}

/** The configuration of a model as Keras 3 has it. @throws for what Keras lacks; the error names the layer. */
export function modelThere(model: LayersModel): SavedClass {
  return isSequential(model) ? sequential(model) : functional(model);
}

function sequential(model: LayersModel): SavedClass {
  const [input] = model.inputs;
  if (input === undefined)
    throw new Error(`The model '${model.name}' is not built: give its first layer an inputShape, or call it on data.`);
  const own = model.layers.filter(layer => layer.getClassName() !== 'InputLayer');
  return {
    module: 'keras',
    class_name: 'Sequential',
    config: {
      name: nameOf(model),
      trainable: true,
      dtype: 'float32',
      layers: [inputThere(`${nameOf(model)}_input`, input), ...own.map(layer => layerThere(layer))],
      build_input_shape: input.shape,
    },
    registered_name: null,
  };
}

function functional(model: LayersModel): SavedClass {
  const config: Dict = {...model.getConfig()};
  const byName = new Map(model.layers.map(layer => [layer.name, layer]));
  const layerOf = (name: unknown): layers.Layer => {
    const layer = byName.get(String(name));
    if (layer === undefined) throw new Error(`The model '${model.name}' has no layer '${String(name)}'.`);
    return layer;
  };
  const tensorThere = (history: unknown) => {
    const [name, node, tensor] = items(history);
    const layer = layerOf(name);
    const shape = shapeOf(layer, Number(node), Number(tensor));
    const dtype = layer.inboundNodes[0]?.outputTensors[0]?.dtype ?? 'float32';
    // TensorFlow.js counts the node that each model begins with.
    const index = Number(node) - (isModel(layer) ? 1 : 0);
    return {class_name: '__keras_tensor__', config: {shape, dtype, keras_history: [nameOf(layer), index, tensor]}};
  };
  const saved = items(config['layers']).map(entry => {
    const {name, inboundNodes}: Dict = isDict(entry) ? entry : {};
    const layer = layerOf(name);
    const where = labelOf(layer);
    return {
      ...(layer.getClassName() === 'InputLayer' ? inputThere(nameOf(layer), onlyOutput(layer)) : layerThere(layer)),
      name: nameOf(layer),
      inbound_nodes: items(inboundNodes).map(node => {
        const inputs = items(node).map(input => {
          const kwargs = items(input)[3];
          if (isDict(kwargs) && Object.keys(kwargs).length > 0)
            throw new Error(
              `${where} is called with ${Object.keys(kwargs).join(', ')}, which can't be moved to Keras.`,
            );
          return tensorThere(input);
        });
        return {args: inputs.length > 1 || MERGES.has(layer.getClassName()) ? [inputs] : inputs, kwargs: {}};
      }),
    };
  });
  const ends = (key: string) => {
    const all = items(config[key]).map(end => {
      const [name, node, tensor] = items(end);
      const layer = layerOf(name);
      return [nameOf(layer), Number(node) - (isSequential(layer) ? 1 : 0), tensor];
    });
    return all.length === 1 ? all[0] : all;
  };
  return {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name: nameOf(model),
      trainable: true,
      layers: saved,
      input_layers: ends('inputLayers'),
      output_layers: ends('outputLayers'),
    },
    registered_name: 'Functional',
  };
}

function shapeOf(layer: layers.Layer, node: number, tensor: number): ReadonlyArray<number | null> {
  const shape = layer.inboundNodes[node]?.outputTensors[tensor]?.shape;
  // Keras takes the shape from the layer that computes the tensor.
  return shape ?? [null];
}

function onlyOutput(layer: layers.Layer) {
  const output = layer.inboundNodes[0]?.outputTensors[0];
  if (output === undefined) throw new Error(`${labelOf(layer)} has no output.`);
  return output;
}

function inputThere(name: string, {shape, dtype}: {readonly shape: unknown; readonly dtype: string}): SavedClass {
  return keras('InputLayer', {batch_shape: shape, dtype, sparse: false, ragged: false, name});
}

const keras = (class_name: string, config: Dict): SavedClass => ({
  module: 'keras.layers',
  class_name,
  config,
  registered_name: null,
});

function layerThere(layer: layers.Layer): SavedClass {
  if (isModel(layer)) return modelThere(layer);
  const name = layer.getClassName();
  const where = labelOf(layer);
  const row = own(LAYERS, name);
  if (row === undefined)
    throw new Error(`${where} is of a class that can't be moved to Keras 3. Write its weights by saveKerasWeights.`);
  const args = argsOf(row);
  const config: Dict = {...layer.getConfig()};
  const theirs: Record<string, unknown> = {name: nameOf(layer), dtype: 'float32'};
  // A frozen model freezes the weights of its layers. Some layers without weights don't take the argument in Keras.
  if (layer.weights.length > 0) theirs['trainable'] = layer.trainableWeights.length > 0;
  const named = new Map(Object.entries(row.renamed ?? {}).map(([there, here]) => [here, there]));
  for (const [key, value] of Object.entries(config)) {
    const there = named.get(key) ?? snake(key);
    if (args.has(there)) {
      const fixed = row.fixed?.[there];
      if (fixed !== undefined && value !== fixed)
        throw new Error(
          `${where} has ${key}=${shown(value)}, which Keras 3 computes otherwise. Make the layer with ` +
            `${key}=${shown(fixed)}, or write the weights alone by saveKerasWeights.`,
        );
      theirs[there] = there === 'layer' ? layerThere(wrappedIn(layer)) : valueThere(there, value, where);
    } else if (
      !['name', 'trainable', 'dtype'].includes(key) &&
      !OF_TFJS_ONLY.has(key) &&
      value !== null &&
      value !== undefined
    )
      throw new Error(
        `${where} has ${key}=${shown(value)}, which Keras 3 lacks. Make the layer without it, or write the weights ` +
          'alone by saveKerasWeights.',
      );
  }
  // These are missing or wrong in the configurations of TensorFlow.js.
  if (args.has('depth_multiplier')) theirs['depth_multiplier'] = Reflect.get(layer, 'depthMultiplier') ?? 1;
  if (name === 'DepthwiseConv2D') theirs['depthwise_constraint'] = depthwiseConstraint(layer, where);
  return keras(name, theirs);
}

function depthwiseConstraint(layer: layers.Layer, where: string): unknown {
  const constraint: unknown = Reflect.get(layer, camel('depthwise_constraint'));
  if (!isDict(constraint)) return null;
  const {getClassName, getConfig} = constraint;
  if (typeof getClassName !== 'function' || typeof getConfig !== 'function') return null;
  const className: unknown = Reflect.apply(getClassName, constraint, []);
  const config: unknown = Reflect.apply(getConfig, constraint, []);
  return valueThere('depthwise_constraint', {className, config}, where);
}

/** The layer that a wrapper was given. */
function wrappedIn(wrapper: layers.Layer): layers.Layer {
  const layer = layerIn(wrapper, 'layer');
  if (layer === undefined) throw new Error(`${labelOf(wrapper)} wraps no layer.`);
  return layer;
}

/** A layer that is a private field of another. */
export function layerIn(of: layers.Layer, field: string): layers.Layer | undefined {
  const value: unknown = Reflect.get(of, field);
  return isLayer(value) ? value : undefined;
}

/** How errors call a layer. */
export const labelOf = (layer: layers.Layer) => `The layer '${layer.name}' (${layer.getClassName()})`;

function nameOf(layer: layers.Layer): string {
  if (layer.name.includes('/'))
    throw new Error(`${labelOf(layer)} has a slash in its name, which Keras 3 does not allow. Give it another name.`);
  return layer.name;
}
