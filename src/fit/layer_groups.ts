import type {layers, LayersModel} from '@tensorflow/tfjs-layers';

import {enter, innerLayers} from '../params/variables_of';
import {tellKind} from '../params/weight_kind';
import {checkWhole} from '../schedule/options';
import {isVariable} from '../util/tensors';

type Layer = layers.Layer;
/** Where a group starts: a layer, its name, or the beginning of the names of layers that stand together. */
export type Boundary = string | Layer;

/** The layers of a model one after another, nested models taken apart. */
interface Flat {
  readonly leaves: readonly Layer[];
  /** Every layer, nested models too, with the index of the first leaf in it. */
  readonly starts: ReadonlyMap<Layer, number>;
}

/**
 * The layers of a model as parameter groups, for the `params` of an optimizer. Nested models are entered.
 * Normalization layers are known as such from now on, whatever their weights are called: `trainBn` and weight decay
 * treat these so in every optimizer that is made afterwards.
 *
 * ```ts
 * adam(slice(1e-5, 1e-3), {params: layerGroups(model, ['block_13', 'head'])});   // three groups
 * ```
 * @param boundaries where a new group starts: layers, or names (exact, else a beginning that only neighbouring layers
 *   have), in the order of the model; or a function that says so of each layer. Without it each layer that has weights
 *   is a group.
 * @throws where a name is of no layer or not clear, boundaries are out of order, or a group has no weights.
 */
export function layerGroups(
  model: LayersModel,
  boundaries: readonly Boundary[] | ((layer: Layer, index: number) => boolean) = hasWeights,
): Layer[][] {
  if (!isContainer(model)) throw new Error(`layerGroups takes a model of tfjs-layers; got ${String(model)}.`);
  const flat = flatten(model);
  if (!flat.leaves.some(hasWeights))
    throw new Error(
      'The model has no weights to group. A Sequential without inputShape has them after its first use, or build().',
    );
  const starts =
    typeof boundaries === 'function'
      ? flat.leaves
          .flatMap((layer, i) => (boundaries(layer, i) ? [i] : []))
          .filter(start => start > 0 && flat.leaves.slice(0, start).some(hasWeights))
      : listOf(boundaries).map(boundary => startOf(boundary, flat));
  starts.forEach((start, i) => {
    const before = starts[i - 1];
    if (before !== undefined && start <= before)
      throw new Error(
        `Boundaries must be in the order of the model, each once; '${nameAt(flat, start)}' does not come after ` +
          `'${nameAt(flat, before)}'.`,
      );
  });
  const groups = [0, ...starts].map((start, i) => flat.leaves.slice(start, starts[i]));
  groups.forEach((group, i) => {
    if (!group.some(hasWeights))
      throw new Error(
        `Group ${i} (${group.map(({name}) => `'${name}'`).join(', ') || 'before the first layer'}) has no ` +
          'weights; leave its boundary out.',
      );
  });
  enter(model);
  flat.leaves.forEach(tellNormalization);
  return groups;
}

/**
 * Learning rates for layer-wise decay: `lr` for the last group, `decay` times as much for each group before. As `lr`
 * of an optimizer or `lrMax`. Source: Howard & Ruder, Universal Language Model Fine-tuning for Text Classification,
 * 2018 (their `decay` is 1/2.6).
 * @param lr the rate of the last group, from 0.
 * @param decay above 0 and at most 1.
 * @param groups how many groups, or the groups.
 * @throws where lr or decay is out of range.
 */
export function layerwiseDecay(lr: number, decay: number, groups: number | readonly unknown[]): number[] {
  const length = typeof groups === 'number' ? groups : groups.length;
  checkWhole('groups', length, 1);
  if (!(Number.isFinite(lr) && lr >= 0)) throw new Error(`'lr' is a number from 0; got ${lr}.`);
  if (!(decay > 0 && decay <= 1)) throw new Error(`'decay' is above 0 and at most 1; got ${decay}.`);
  return Array.from({length}, (_, i) => lr * decay ** (length - 1 - i));
}

/** Whether layers of its class normalize. */
export function isNormalization(layer: Layer): boolean {
  return /norm/i.test(layer.getClassName());
}

/** The layers of a model, those of nested models in place of the models. */
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

function isContainer(layer: unknown): layer is Layer & {readonly layers: readonly Layer[]} {
  return typeof layer === 'object' && layer !== null && 'layers' in layer && Array.isArray(layer.layers);
}

function listOf(boundaries: unknown): readonly Boundary[] {
  if (isList(boundaries)) return boundaries;
  throw new Error(`The boundaries are a list of layers or names, or a function; got ${String(boundaries)}.`);
}

function isList(x: unknown): x is readonly Boundary[] {
  return Array.isArray(x);
}

function checkIsLayer(x: unknown): void {
  if (typeof x !== 'object' || x === null || !('name' in x))
    throw new Error(`A boundary is a layer or a name; got ${String(x)}.`);
}

function hasWeights(layer: Layer): boolean {
  return layer.weights.length > 0;
}

function startOf(boundary: Boundary, {starts, leaves}: Flat): number {
  const all = [...starts];
  if (typeof boundary !== 'string') {
    const start = starts.get(boundary);
    checkIsLayer(boundary);
    if (start === undefined) throw new Error(`The layer '${boundary.name}' is not in this model.`);
    return start;
  }
  if (boundary === '') throw new Error('The name of a layer, or its beginning, is not empty.');
  const exact = all.find(([{name}]) => name === boundary);
  if (exact !== undefined) return exact[1];
  const found = all
    .filter(([layer, start]) => layer.name.startsWith(boundary) && start < leaves.length)
    .map(([, start]) => start);
  const [first] = found;
  const last = found.at(-1);
  if (first === undefined || last === undefined) {
    throw new Error(
      `No layer is named '${boundary}' or begins so. There are ${all
        .slice(0, 20)
        .map(([{name}]) => `'${name}'`)
        .join(', ')}${all.length > 20 ? ', …' : ''}.`,
    );
  }
  if (!leaves.slice(first, last + 1).every(({name}) => name.startsWith(boundary))) {
    throw new Error(
      `'${boundary}' is the beginning of the names of layers that are not next to each other ` +
        `('${nameAt({leaves}, first)}' to '${nameAt({leaves}, last)}'); give a whole name.`,
    );
  }
  return first;
}

function nameAt({leaves}: Pick<Flat, 'leaves'>, i: number): string {
  return leaves[i]?.name ?? '';
}

function tellNormalization(leaf: Layer): void {
  for (const layer of innerLayers(leaf).filter(isNormalization)) {
    for (const weight of layer.weights) {
      const variable = weight.read();
      if (isVariable(variable)) tellKind(variable, 'normalization');
    }
  }
}
