import type * as tf from '@tensorflow/tfjs-core';
import type {layers, LayersModel, LayerVariable} from '@tensorflow/tfjs-layers';
import {isVariable} from './tensors';

/** What stands for parameters: a variable, a layer's weight, or everything trainable in a layer or model. */
export type Params = tf.Variable | LayerVariable | layers.Layer | LayersModel;
/** The parameters of an optimizer: one list, or a list for each group. */
export type ParamGroups = Iterable<Params> | Iterable<Iterable<Params>>;

/**
 * The variables of each group.
 * @throws where something is no parameter, is disposed, not float32, or stands in two groups.
 */
export function variablesOf(params: ParamGroups): tf.Variable[][] {
  const members: ReadonlyArray<Params | Iterable<Params>> = [...params];
  const lists = members.filter(isIterable);
  if (lists.length > 0 && lists.length < members.length) throw new Error('`params` is a list of parameters or a list of such lists (the groups), not a mixture.');
  const groups = lists.length > 0 ? lists.map(list => [...list].flatMap(expand)) : [members.flatMap(expand)];
  const seen = new Map<tf.Variable, number>();
  groups.forEach((group, i) => {
    for (const variable of group) {
      checkVariable(variable);
      const before = seen.get(variable);
      if (before !== undefined) {
        throw new Error(`The variable '${variable.name}' is given twice (group ${before}${before === i ? '' : ` and group ${i}`}); a parameter belongs to one group, once.`);
      }
      seen.set(variable, i);
    }
  });
  return groups;
}

/** @throws where an optimizer could not train the variable. */
export function checkVariable(variable: tf.Variable): void {
  if (variable.isDisposed) throw new Error(`The variable '${variable.name}' is disposed; hand in one that is alive.`);
  if (variable.dtype !== 'float32') throw new Error(`The variable '${variable.name}' is ${variable.dtype}; only float32 variables can be trained.`);
}

function expand(member: unknown): tf.Variable[] {
  if (isVariable(member)) return [member];
  if (typeof member === 'object' && member !== null) {
    const own = weightsOf(member);
    if (own !== undefined) return own;
  }
  throw new Error(`A parameter is a tf.Variable, a layer's weight, a layer or a LayersModel; got ${describe(member)}.`);
}

function weightsOf(member: object): tf.Variable[] | undefined {
  if (isLayerVariable(member)) return [valueOf(member)];
  if (!isLayer(member)) return undefined;
  const notTrained = new Set(innerLayers(member).flatMap(neverTrained));
  return [...new Set(member.weights)].filter(weight => !notTrained.has(weight)).map(valueOf);
}

function valueOf(weight: LayerVariable): tf.Variable {
  const value = weight.read();
  if (isVariable(value)) return value;
  throw new Error(`The weight '${weight.name}' holds no tf.Variable; tfjs-optim does not know this version of tfjs-layers.`);
}

/** The layer and all layers inside it: of containers, of wrappers such as bidirectional, cells of recurrent layers. */
export function innerLayers(layer: layers.Layer, seen = new Set<layers.Layer>()): layers.Layer[] {
  if (seen.has(layer)) return [];
  seen.add(layer);
  for (const value of Object.values(layer).flat()) if (isObject(value) && isLayer(value)) innerLayers(value, seen);
  return [...seen];
}

/**
 * A layer's moving averages and the like. While `layer.trainable` is false, the public lists count kernels among these;
 * only the layer's own list tells the two apart.
 */
function neverTrained(layer: layers.Layer): LayerVariable[] {
  const own: unknown = Reflect.get(layer, '_nonTrainableWeights');
  return Array.isArray(own) ? own.filter((weight: unknown) => isObject(weight) && isLayerVariable(weight)) : [];
}

function isObject(x: unknown): x is object {
  return typeof x === 'object' && x !== null;
}

function isLayer(x: object): x is layers.Layer {
  return 'weights' in x && Array.isArray(x.weights) && 'countParams' in x && 'name' in x;
}

function isLayerVariable(x: object): x is LayerVariable {
  return 'read' in x && typeof x.read === 'function' && 'originalName' in x;
}

function isIterable(x: Params | Iterable<Params>): x is Iterable<Params> {
  return Symbol.iterator in x;
}

function describe(x: unknown): string {
  return isObject(x) ? `a ${x.constructor.name}` : String(x);
}
