import type * as tf from '@tensorflow/tfjs-core';
import type {layers, LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';

import {isIterable, listOf} from '../util/iterable';
import {shown} from '../util/shown';
import {isLive, isVariable} from '../util/tensors';
import {tellEnclosing} from './trainable';

/** One or more parameters: a variable, a layer's weight, or everything trainable in a layer or model. */
export type Params = tf.Variable | LayerVariable | layers.Layer | LayersModel;
/** The parameters of an optimizer: one `Params`, a list of them, or one list per group. */
export type ParamGroups = Params | Iterable<Params> | Iterable<Iterable<Params>>;

/**
 * The variables of each group.
 * @throws where something is not a parameter, has no weights yet, is disposed, is not float32, or is given twice.
 */
export function variablesOf(params: ParamGroups): tf.Variable[][] {
  const members = listOf<Params | Iterable<Params>>(params);
  const lists = members.filter(isIterable<Params>);
  if (lists.length > 0 && lists.length < members.length)
    throw new Error('`params` mixes parameters and lists; it must be a list of parameters, or one list per group.');
  const groups = lists.length > 0 ? lists.map(list => [...list].flatMap(expand)) : [members.flatMap(expand)];
  const seen = new Map<tf.Variable, number>();
  groups.forEach((group, i) => {
    for (const variable of group) {
      checkVariable(variable);
      const before = seen.get(variable);
      if (before !== undefined) {
        throw new Error(
          `The variable '${variable.name}' is given twice (group ${before}` +
            `${before === i ? '' : ` and group ${i}`}); a parameter belongs to one group, once.`,
        );
      }
      seen.set(variable, i);
    }
  });
  return groups;
}

/** The variables of weights. */
export function variablesIn(weights: readonly LayerVariable[]): tf.Variable[] {
  return weights.map(weight => weight.read()).filter(isVariable);
}

/** @throws where an optimizer could not train the variable. */
export function checkVariable(variable: tf.Variable): void {
  if (!isLive(variable)) throw new Error(`The variable '${variable.name}' is disposed; pass a live one.`);
  if (variable.dtype !== 'float32')
    throw new Error(`The variable '${variable.name}' is ${variable.dtype}; only float32 variables can be trained.`);
}

function expand(member: unknown): tf.Variable[] {
  if (isVariable(member)) return [member];
  if (typeof member === 'object' && member !== null) {
    const own = weightsOf(member);
    if (own !== undefined) return own;
  }
  throw new Error(
    `A parameter must be a tf.Variable, a layer's weight, a layer or a LayersModel; got ${shown(member)}.`,
  );
}

function weightsOf(member: object): tf.Variable[] | undefined {
  if (isLayerVariable(member)) return [variableOf(member)];
  if (!isLayer(member)) return undefined;
  enter(member);
  const notTrained = new Set(innerLayers(member).flatMap(neverTrained));
  return [...new Set(member.weights)].filter(weight => !notTrained.has(weight)).map(variableOf);
}

/** The variable of a layer's weight. @throws where it holds none, which no version of tfjs-layers 4 does. */
export function variableOf(weight: LayerVariable): tf.Variable {
  const value = weight.read();
  if (isVariable(value)) return value;
  throw new Error(`The weight '${weight.name}' holds no tf.Variable; this version of tfjs-layers is not supported.`);
}

/** The layer and all layers inside it: in containers, in wrappers such as bidirectional, and recurrent cells. */
export function innerLayers(layer: layers.Layer, seen = new Set<layers.Layer>()): layers.Layer[] {
  if (seen.has(layer)) return [];
  seen.add(layer);
  for (const value of Object.values(layer).flat()) if (isLayer(value)) innerLayers(value, seen);
  return [...seen];
}

/**
 * The weights of a layer that are never trained, such as moving averages. While `layer.trainable` is false, the public
 * list of these contains kernels too, so the layer's private list is read. A layer without that list has no such
 * weights.
 */
function neverTrained(layer: layers.Layer): LayerVariable[] {
  const own: unknown = Reflect.get(layer, '_nonTrainableWeights');
  return Array.isArray(own) ? own.filter((weight: unknown) => isObject(weight) && isLayerVariable(weight)) : [];
}

function isObject(x: unknown): x is object {
  return typeof x === 'object' && x !== null;
}

export function isLayer(x: unknown): x is layers.Layer {
  return isObject(x) && 'weights' in x && Array.isArray(x.weights) && 'countParams' in x && 'name' in x;
}

function isLayerVariable(x: object): x is LayerVariable {
  return 'read' in x && typeof x.read === 'function' && 'originalName' in x;
}

/**
 * Records for all variables in a layer which layers and models they are inside, because `trainable` of these applies.
 * @param outer the layers and models around the layer.
 * @throws where a layer has no weights yet, but will have some.
 */
export function enter(layer: layers.Layer, outer: readonly layers.Layer[] = []): void {
  if (outer.includes(layer)) return;
  const parent = outer.at(-1);
  // A layer may never use what is inside it, such as the cell of a recurrent layer. So that need not have weights.
  if (parent === undefined || isContainer(parent)) checkHasWeights(layer);
  const path = [...outer, layer];
  // A Sequential also has a private model inside, which may be left from an earlier `compile`.
  const inner = isContainer(layer) ? layer.layers : Object.values(layer).flat();
  for (const one of inner) if (isLayer(one)) enter(one, path);
  if (isContainer(layer)) return;
  for (const weight of layer.weights) {
    const value = weight.read();
    if (isVariable(value)) tellEnclosing(value, path);
  }
}

function isContainer(layer: layers.Layer): layer is layers.Layer & {readonly layers: readonly unknown[]} {
  return 'layers' in layer && Array.isArray(layer.layers);
}

function checkHasWeights(layer: layers.Layer): void {
  if (isContainer(layer) || layer.weights.length > 0 || layer.built) return;
  throw new Error(
    `The layer '${layer.name}' in \`params\` has no weights yet. ` +
      'Make the optimizer after the layer became part of a model.',
  );
}
