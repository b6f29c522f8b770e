import type {layers, LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';

import {own} from '../../util/own';
import {LAYERS} from './layer_table';
import {isModel, isSequential, labelOf, layerIn} from './model_there';
import {camel} from './value_config';

/** A layer or a cell, with its place in Keras's files. */
export interface SavedLayer {
  /** Its path in the HDF5 file, without `vars`. */
  readonly path: string;
  /** The name that Keras writes beside the weights. */
  readonly name: string;
  /** How errors call it. */
  readonly where: string;
  /** Its own variables, in Keras's order. */
  readonly variables: readonly LayerVariable[];
}

/** Everything in a model that Keras's files have a group for, in their order. */
export function savedLayers(model: LayersModel): SavedLayer[] {
  return layersUnder(model, '', new Set());
}

function layersUnder(model: LayersModel, path: string, seen: Set<layers.Layer>): SavedLayer[] {
  const found: SavedLayer[] = [{path, name: model.name, where: labelOf(model), variables: []}];
  const used = new Map<string, number>();
  seen.add(model);
  for (const layer of model.layers) {
    const className = layer.getClassName();
    if (isSequential(model) && className === 'InputLayer') continue;
    // Keras names the groups after the classes, and counts those of a class.
    const base = snakeClass(className === 'Model' ? 'Functional' : className);
    const count = used.get(base);
    used.set(base, (count ?? -1) + 1);
    // A layer that several models share is in the file once.
    if (seen.has(layer)) continue;
    const inner = join(path, `layers/${count === undefined ? base : `${base}_${count + 1}`}`);
    found.push(...(isModel(layer) ? layersUnder(layer, inner, seen) : layerAt(layer, inner, seen)));
  }
  return found;
}

function layerAt(layer: layers.Layer, path: string, seen: Set<layers.Layer>): SavedLayer[] {
  seen.add(layer);
  const row = own(LAYERS, layer.getClassName());
  const where = labelOf(layer);
  const {name} = layer;
  if (row === undefined && layer.weights.length > 0)
    throw new Error(
      `${where} is of a class whose weights can't be moved between TensorFlow.js and Keras 3. Move the other layers' ` +
        'weights in a model without it.',
    );
  const inner = row?.inner ?? [];
  const found: SavedLayer[] = [{path, name, where, variables: inner.length > 0 ? [] : weightsOf(layer, where)}];
  for (const part of inner) {
    const child = layerIn(layer, camel(part));
    if (child === undefined) throw new Error(`${where} has no ${part}, which its weights are saved in.`);
    if (isModel(child)) found.push(...layersUnder(child, join(path, part), seen));
    else if (part === 'cell')
      found.push({
        path: join(path, part),
        name: `${snakeClass(layer.getClassName())}_cell`,
        where,
        variables: weightsOf(child, where),
      });
    else found.push(...layerAt(child, join(path, part), seen));
  }
  return found;
}

/** Those that train first, also while the layer is frozen. @throws where one is not float32. */
function weightsOf(layer: layers.Layer, where: string): readonly LayerVariable[] {
  const all = [...layer.trainableWeights, ...layer.nonTrainableWeights];
  const other = all.find(({dtype}) => dtype !== 'float32');
  if (other !== undefined)
    throw new Error(
      `${where}: '${other.originalName}' is ${other.dtype}, and only weights of float32 can be moved. Make the layer ` +
        'without a dtype.',
    );
  return all;
}

const join = (path: string, part: string) => (path === '' ? part : `${path}/${part}`);

/** The name of a class as Keras writes it in paths: `Conv2DTranspose` → `conv2d_transpose`. */
function snakeClass(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
