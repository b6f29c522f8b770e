import type {layers, LayersModel} from '@tensorflow/tfjs-layers';

import {enter, innerLayers} from '../params/variables_of';
import {tellKind} from '../params/weight_kind';
import {answerOf, checkNoMore, checkWhole} from '../util/options';
import {quoted} from '../util/quoted';
import {shown} from '../util/shown';
import {isVariable} from '../util/tensors';
import {checkIsModel, isContainer} from './containers';

type Layer = layers.Layer;
/** Where a group starts: a layer, its name, or the common beginning of the names of neighbouring layers. */
export type Boundary = string | Layer;

/** The layers of a model in order; nested models are replaced by their layers. */
interface Flat {
  readonly leaves: readonly Layer[];
  /** The index of the first leaf in each layer; nested models count as layers here. */
  readonly starts: ReadonlyMap<Layer, number>;
}

/**
 * Splits the layers of a model into parameter groups, for the `params` of an optimizer. Nested models are replaced by
 * their layers. From then on, the weights of normalization layers are known as such, independent of their names:
 * `trainBn` and weight decay treat them accordingly in every optimizer that is made afterwards.
 *
 * ```ts
 * adam(slice(1e-5, 1e-3), {params: layerGroups(model, ['block_13', 'head'])});   // three groups
 * ```
 * @param boundaries where a new group starts: a list of layers or names in the order of the model, or a function that
 *   returns true for each layer that starts a group. A name is the whole name of a layer, or else a beginning that
 *   only neighbouring layers have. Default: each layer that has weights is a group.
 * @throws where no layer has a name, a beginning is ambiguous, boundaries are out of order, a group has no weights, or
 *   the function returns neither true nor false.
 * @example
 * ```ts
 * model.compile({optimizer: adam(slice(1e-5, 1e-3), {params: layerGroups(model, head)}), loss: 'meanSquaredError'});
 * ```
 */
export function layerGroups(
  model: LayersModel,
  boundaries: readonly Boundary[] | ((layer: Layer, index: number) => boolean) = hasWeights,
  ...more: undefined[]
): Layer[][] {
  checkNoMore('layerGroups', more, ' after the boundaries');
  checkIsModel('layerGroups', model);
  const flat = flatten(model);
  if (!flat.leaves.some(hasWeights))
    throw new Error(
      'The model has no weights to group. A Sequential without inputShape gets them by build(), or by its first use.',
    );
  const starts =
    typeof boundaries === 'function'
      ? flat.leaves
          .flatMap((layer, i) => (answerOf('boundaries', layer, boundaries(layer, i)) ? [i] : []))
          .filter(start => start > 0 && flat.leaves.slice(0, start).some(hasWeights))
      : listOf(boundaries).map(boundary => startOf(boundary, flat));
  starts.forEach((start, i) => {
    const before = starts[i - 1];
    if (before !== undefined && start <= before)
      throw new Error(
        'The boundaries must be in the order of the model, each once; ' +
          `'${nameAt(flat, start)}' does not come after '${nameAt(flat, before)}'. Put them in order.`,
      );
  });
  const groups = [0, ...starts].map((start, i) => flat.leaves.slice(start, starts[i]));
  groups.forEach((group, i) => {
    if (group.some(hasWeights)) return;
    const names = group.length > 0 ? quoted(group) : 'before the first layer';
    throw new Error(`Group ${i} (${names}) has no weights; leave its boundary out.`);
  });
  enter(model);
  flat.leaves.forEach(tellNormalization);
  return groups;
}

/**
 * Learning rates for layer-wise decay, one per group: `lrᵢ = lr·decayⁿ⁻¹⁻ⁱ` for group i of n. The last group gets
 * `lr`, each earlier group `decay` times the rate of the next. For the `lr` of an optimizer, or for `lrMax`. Source:
 * Howard & Ruder, Universal Language Model Fine-tuning for Text Classification, 2018 (their `decay` is 1/2.6).
 * @param lr the rate of the last group, from 0.
 * @param decay above 0 and at most 1.
 * @param groups the number of groups, a whole number from 1, or the groups themselves.
 * @throws where an argument is out of range.
 * @example
 * ```ts
 * layerwiseDecay(1e-3, 0.5, 3); // → [0.00025, 0.0005, 0.001]
 * ```
 */
export function layerwiseDecay(
  lr: number,
  decay: number,
  groups: number | readonly unknown[],
  ...more: undefined[]
): number[] {
  checkNoMore('layerwiseDecay', more, ' after the groups');
  const given: unknown = groups;
  const length: unknown = Array.isArray(given) ? given.length : given;
  checkWhole('groups', length, 1);
  if (!(Number.isFinite(lr) && lr >= 0)) throw new Error(`'lr' must be a number from 0; got ${shown(lr)}.`);
  if (!(Number.isFinite(decay) && decay > 0 && decay <= 1))
    throw new Error(`'decay' must be above 0 and at most 1; got ${shown(decay)}.`);
  return Array.from({length}, (_, i) => lr * decay ** (length - 1 - i));
}

/** Whether it is a normalization layer, by the name of its class. */
export function isNormalization(layer: Layer): boolean {
  return /norm/i.test(layer.getClassName());
}

/** The layers of a model in order; nested models are replaced by their layers. */
export function leafLayers(model: LayersModel): readonly Layer[] {
  return flatten(model).leaves;
}

function flatten(model: LayersModel): Flat {
  const leaves: Layer[] = [];
  const starts = new Map<Layer, number>();
  const enter = (list: readonly Layer[]) => {
    for (const layer of list) {
      if (starts.has(layer)) continue;
      starts.set(layer, leaves.length);
      if (isContainer(layer)) enter(layer.layers);
      else leaves.push(layer);
    }
  };
  enter(model.layers);
  return {leaves, starts};
}

function listOf(boundaries: unknown): readonly Boundary[] {
  if (isList(boundaries)) return boundaries;
  throw new Error(`The boundaries must be a list of layers or names, or a function; got ${shown(boundaries)}.`);
}

function isList(x: unknown): x is readonly Boundary[] {
  return Array.isArray(x);
}

function checkIsLayer(x: unknown): void {
  if (typeof x !== 'object' || x === null || !('name' in x))
    throw new Error(`A boundary must be a layer or a name; got ${shown(x)}.`);
}

function hasWeights(layer: Layer): boolean {
  return layer.weights.length > 0;
}

function startOf(boundary: Boundary, {starts, leaves}: Flat): number {
  const all = [...starts];
  if (typeof boundary !== 'string') {
    const start = starts.get(boundary);
    checkIsLayer(boundary);
    if (start === undefined)
      throw new Error(`The layer '${boundary.name}' is not in this model. Give layers of this model.`);
    return start;
  }
  if (boundary === '')
    throw new Error("A boundary must not be an empty name; got ''. Give a layer's name, or its beginning.");
  const exact = all.find(([{name}]) => name === boundary);
  if (exact !== undefined) return exact[1];
  const found = all
    .filter(([layer, start]) => layer.name.startsWith(boundary) && start < leaves.length)
    .map(([, start]) => start);
  const [first] = found;
  const last = found.at(-1);
  if (first === undefined || last === undefined) {
    const names = quoted(all.slice(0, 20).map(([layer]) => layer)) + (all.length > 20 ? ', …' : '');
    throw new Error(`No layer has the name '${boundary}', or a name that begins with it. The layers are ${names}.`);
  }
  if (!leaves.slice(first, last + 1).every(({name}) => name.startsWith(boundary))) {
    throw new Error(
      `The layers whose names begin with '${boundary}' are not neighbours ` +
        `('${nameAt({leaves}, first)}' to '${nameAt({leaves}, last)}'). Give a whole name.`,
    );
  }
  return first;
}

function nameAt({leaves}: Pick<Flat, 'leaves'>, i: number): string {
  const leaf = leaves[i];
  if (leaf === undefined) throw new Error(`The model has no layer ${i}; it has ${leaves.length} layers.`);
  return leaf.name;
}

function tellNormalization(leaf: Layer): void {
  for (const layer of innerLayers(leaf).filter(isNormalization)) {
    for (const weight of layer.weights) {
      const variable = weight.read();
      if (isVariable(variable)) tellKind(variable, 'normalization');
    }
  }
}
