import type * as tf from '@tensorflow/tfjs-core';
import type {layers, LayersModel} from '@tensorflow/tfjs-layers';

import {isLayer, variableOf} from '../../params/variables_of';
import {closest, didYouMean} from '../../util/closest';
import {own} from '../../util/own';
import {isPlain, shown} from '../../util/shown';
import {isVariable} from '../../util/tensors';
import type {Counterpart} from '../transfer/counterpart';
import {type Layout, same, transposed} from '../transfer/layout';
import {FlattenedOrders, isContainer} from './flattened';
import {type LayerRow, layerRows, WITHOUT} from './layers';

/** A weight that is mapped by hand. */
export interface NamedByHand {
  /** The full name of the parameter or buffer. */
  readonly name: string;
  /** Axis `i` over there is our axis `axes[i]`. Default: the axes are the same. */
  readonly axes?: readonly number[];
}

/**
 * What layers and weights are called in the module of PyTorch. A layer's path (`'encoder.dense_1'`, for a layer in a
 * model in the model) or name gives the name of its module. `'dense_1/kernel'`, or the name of a variable, gives the
 * full name of a parameter. Default: each layer is called as it is here.
 */
export type Names = Readonly<Record<string, string | NamedByHand>>;

/** A model, or the variables of one without layers. */
export type Weights = LayersModel | Iterable<tf.Variable>;

/** A parameter of the module that has no variable here. */
export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly value: number;
  /** The counterpart that another value of it can be added to. */
  readonly addedTo?: string;
}

/** A model as a module of PyTorch has it. */
export interface ModuleThere {
  readonly counterparts: readonly Counterpart[];
  readonly constants: readonly Constant[];
  /** The attributes that modules must have, by the modules' names. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What the names and layouts depend on. */
export interface MappingOptions {
  readonly names?: Names | undefined;
  readonly batchSize?: number | undefined;
}

/**
 * Finds the counterpart of each weight.
 * @param what the function as errors call it.
 * @throws for what is not a model, a layer that has none, a name that fits nothing, and a name that two weights would
 *   have.
 */
export function moduleThere(what: string, model: Weights, {names = {}, batchSize}: MappingOptions): ModuleThere {
  if (!isPlain(names)) throw new Error(`\`names\` must be an object, {dense: 'fc'}; got ${shown(names)}.`);
  const mapper = new Mapper(names, batchSize);
  const given: unknown = model;
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given || 'layers' in given))
    throw notWeights(what, given);
  if (Symbol.iterator in model)
    for (const variable of model) {
      if (!isVariable(variable)) throw notWeights(what, variable, 'among the variables');
      mapper.addVariable(variable);
    }
  else mapper.addLayers(model.layers, [], '');
  return mapper.finish();
}

function notWeights(what: string, given: unknown, where?: string): Error {
  return new Error(
    `${what} takes a model of tfjs-layers, or a list of its tf.Variables; got ${shown(given)}` +
      `${where === undefined ? '' : ` ${where}`}.`,
  );
}

class Mapper {
  readonly #counterparts: Counterpart[] = [];
  readonly #constants: Constant[] = [];
  readonly #settings: Record<string, Readonly<Record<string, unknown>>> = {};
  readonly #names: Names;
  readonly #batchSize: number | undefined;
  readonly #orders = new FlattenedOrders();
  readonly #seen = new Set<layers.Layer>();
  readonly #used = new Set<string>();
  readonly #known: string[] = [];

  constructor(names: Names, batchSize: number | undefined) {
    this.#names = names;
    this.#batchSize = batchSize;
    if (batchSize !== undefined && !(Number.isSafeInteger(batchSize) && batchSize > 0))
      throw new Error(`\`batchSize\` must be a positive integer; got ${batchSize}.`);
  }

  addVariable(variable: tf.Variable): void {
    const named = this.#named(variable.name) ?? variable.name;
    this.#add(variable, byHand(variable, named), true);
  }

  addLayers(all: readonly layers.Layer[], path: readonly string[], module: string): void {
    for (const layer of all) {
      if (this.#seen.has(layer)) continue;
      this.#seen.add(layer);
      const own = [...path, layer.name];
      const named = this.#named(own.join('.'), layer.name) ?? [module, layer.name].filter(Boolean).join('.');
      if (typeof named !== 'string')
        throw new Error(`The name of the layer '${layer.name}' must be a text; only weights can have axes.`);
      // The layers of a model in the model may be those of the module itself.
      if (named === '' && !isContainer(layer))
        throw new Error(
          `The name of the layer '${layer.name}' must not be empty. For weights of the module itself, give ` +
            `their full names: names: {'${layer.name}/kernel': 'weight'}.`,
        );
      if (isContainer(layer)) {
        this.#orders.enter(layer);
        this.addLayers(layer.layers, own, named);
      } else for (const part of partsOf(layer)) this.#addLayer(part, own.join('.'), named);
    }
  }

  finish(): ModuleThere {
    for (const name of Object.keys(this.#names)) {
      if (this.#used.has(name)) continue;
      throw new Error(
        `\`names\` has '${name}', which is neither a layer nor a weight of the model.` +
          didYouMean(closest(name, this.#known)),
      );
    }
    const taken = new Map<string, string>();
    for (const {name, variable} of this.#counterparts) {
      const before = taken.get(name);
      if (before !== undefined)
        throw new Error(
          `'${before}' and '${variable.name}' would both be '${name}'; give one another name in \`names\`.`,
        );
      taken.set(name, variable.name);
    }
    return {counterparts: this.#counterparts, constants: this.#constants, settings: this.#settings};
  }

  /** The entry of `names` for the first of these keys that has one. */
  #named(...keys: readonly string[]): string | NamedByHand | undefined {
    this.#known.push(...keys);
    const key = keys.find(one => Object.hasOwn(this.#names, one));
    if (key === undefined) return undefined;
    this.#used.add(key);
    const named = own(this.#names, key);
    const given: unknown = named;
    if (typeof given !== 'string' && !(isPlain(given) && typeof given['name'] === 'string'))
      throw new Error(`\`names\` must have a text, or {name, axes}, for '${key}'; got ${shown(given)}.`);
    return named;
  }

  #add(
    variable: tf.Variable,
    {name, layout = same}: {name: string; layout?: Layout | undefined},
    isParameter: boolean,
  ): void {
    this.#counterparts.push({variable, name, layout, isParameter});
  }

  #addLayer({layer, className, backward}: Part, path: string, module: string): void {
    const row = own(layerRows, className);
    const suffix = row?.isRecurrent === true ? (backward ? '_l0_reverse' : '_l0') : '';
    const weights = layer.weights.map(weight => ({weight: nameOf(weight.originalName), variable: variableOf(weight)}));
    const left: string[] = [];
    for (const {weight, variable} of weights) {
      const key = `${path}${backward ? '_reverse' : ''}/${weight}`;
      const named = this.#named(key, variable.name);
      const there = row && own(row.weights, weight);
      if (there === undefined || typeof named === 'object') {
        if (named === undefined) left.push(key);
        else this.#add(variable, byHand(variable, named), there?.isBuffer !== true);
        continue;
      }
      let layout: Layout | undefined;
      try {
        const order = this.#orders.ofInputOf(layer);
        layout = there.layout?.({shape: variable.shape, order, unbiased: this.#unbiased(layer, className)});
      } catch (error) {
        throw withoutCounterpart(layer, className, error instanceof Error ? error.message : String(error), [key]);
      }
      if (named !== undefined) byHand(variable, named);
      const name = named ?? `${module}.${there.name}${suffix}`;
      this.#add(variable, {name, layout}, there.isBuffer !== true);
    }
    if (left.length > 0)
      throw withoutCounterpart(layer, className, own(WITHOUT, className) ?? 'this package knows none', left);
    if (row === undefined) return;
    checkNeeds(layer, row);
    this.#addConstants(row, weights, module, suffix);
    const settings = row.settings?.(layer.getConfig());
    if (settings !== undefined) this.#settings[module] = settings;
  }

  #addConstants(
    {constants = [], weights: there}: LayerRow,
    weights: ReadonlyArray<{weight: string; variable: tf.Variable}>,
    module: string,
    suffix: string,
  ): void {
    for (const {name, like, value, isAdded, without} of constants) {
      const found = weights.find(({weight}) => weight === like);
      if (found === undefined || weights.some(({weight}) => weight === without)) continue;
      this.#constants.push({
        name: `${module}.${name}${suffix}`,
        shape: found.variable.shape,
        value,
        ...(isAdded && {addedTo: `${module}.${own(there, like)?.name ?? ''}${suffix}`}),
      });
    }
  }

  /** n/(n - 1), with n the numbers of a batch that a batch normalization averages over. */
  #unbiased(layer: layers.Layer, className: string): number {
    if (this.#batchSize === undefined || className !== 'BatchNormalization') return 1;
    const {axis} = layer.getConfig();
    const shape = layer.inboundNodes[0]?.inputTensors[0]?.shape ?? [];
    const channels = Number(axis) < 0 ? Number(axis) + shape.length : Number(axis);
    const n = shape.reduce<number>(
      (product, extent, i) => (i === channels ? product : product * (i === 0 ? 1 : (extent ?? NaN))),
      this.#batchSize,
    );
    if (!(n > 1)) throw new Error(`the number of values that it averages over must be known and above 1; it is ${n}`);
    return n / (n - 1);
  }
}

/** @throws for an empty name, and axes that are not those of the variable. */
function byHand({name: ours, shape}: tf.Variable, named: string | NamedByHand): {name: string; layout?: Layout} {
  const {name, axes, ...others}: NamedByHand = typeof named === 'string' ? {name: named} : named;
  const what = `\`names\` for '${ours}'`;
  if (name === '') throw new Error(`${what} must not be empty; give the full name of a parameter.`);
  const [other] = Object.keys(others);
  if (other !== undefined) throw new Error(`${what} has '${other}'; it may have name and axes.`);
  const all = shape.map((_, i) => i);
  const given: unknown = axes;
  const isOrder = Array.isArray(given) && given.length === all.length && all.every(axis => given.includes(axis));
  if (given !== undefined && !isOrder)
    throw new Error(`${what}: 'axes' must be an order of the axes ${all.join(', ')}; got ${shown(given)}.`);
  return {name, ...(axes && {layout: transposed(...axes)})};
}

/** A layer with weights of its own, as its class is in the table. */
interface Part {
  readonly layer: layers.Layer;
  readonly className: string;
  readonly backward: boolean;
}

/** The layers that a wrapper applies; a layer itself elsewhere. */
function partsOf(layer: layers.Layer): Part[] {
  const part = (inner: unknown, backward = false): Part[] =>
    isLayer(inner) ? [{layer: inner, className: classOf(inner), backward}] : [];
  if ('forwardLayer' in layer && 'backwardLayer' in layer)
    return [...part(layer.forwardLayer), ...part(layer.backwardLayer, true)];
  return layer.getClassName() === 'TimeDistributed' ? part(Reflect.get(layer, 'layer')) : part(layer);
}

/** `RNN` is known by its cell. */
function classOf(layer: layers.Layer): string {
  const cell: unknown = Reflect.get(layer, 'cell');
  return layer.getClassName() === 'RNN' && isLayer(cell) ? cell.getClassName() : layer.getClassName();
}

/** The name of a weight in its layer: the last part of `'dense_1/kernel'`. */
const nameOf = (name: string) => name.slice(name.lastIndexOf('/') + 1);

function checkNeeds(layer: layers.Layer, {needs = {}}: LayerRow): void {
  const cell: unknown = Reflect.get(layer, 'cell');
  const config = {...(isLayer(cell) ? cell.getConfig() : {}), ...layer.getConfig()};
  for (const [key, allowed] of Object.entries(needs)) {
    const value = config[key];
    if (typeof value !== 'string' || !allowed.includes(value))
      throw new Error(
        `The layer '${layer.name}' has ${key} ${shown(value)}; its module in PyTorch computes ` +
          `${allowed.map(one => `'${one}'`).join(' or ')}. Make the layer with ${key}: '${String(allowed[0])}'.`,
      );
  }
}

function withoutCounterpart(layer: layers.Layer, className: string, why: string, keys: readonly string[]): Error {
  const entries = keys.map(key => `'${key}': {name: '…', axes: […]}`).join(', ');
  return new Error(
    `The layer '${layer.name}' (${className}) has no counterpart in PyTorch: ${why.replace(/\.$/, '')}. ` +
      `Map its weights by hand: names: {${entries}}.`,
  );
}
