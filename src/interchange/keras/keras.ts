import * as tf from '@tensorflow/tfjs-core';
import {LayersModel, Sequential} from '@tensorflow/tfjs-layers';

import type {Optimizer} from '../../optimizer/optimizer';
import {optimizerOf} from '../../optimizer/optimizer_of_model';
import {variableOf} from '../../params/variables_of';
import {isDict} from '../../util/config_reader';
import {shown} from '../../util/shown';
import {bytesOf, checkTransfer, warnUnread, warnWhereUntrained} from '../transfer/arguments';
import {float32FromDevice, type HostTensor, toDevice} from '../transfer/host_tensor';
import {type Loss, lossHere, lossThere, metricsHere} from './compile_config';
import {guardedBuild} from './guarded_initializer';
import {checkH5, type H5Group, type H5Tensors, type H5Wasm, withH5, writeH5} from './h5';
import {broken, type ModelHere, modelHere} from './model_here';
import {modelThere} from './model_there';
import {optimizerHere, optimizerThere, type Prepared, prepareState, type Trained} from './optimizer_state';
import {type SavedLayer, savedLayers} from './weights';
import {readZip, writeZip} from './zip';

/** What every function for Keras's files needs. */
export interface KerasOptions {
  /** h5wasm, which reads and writes HDF5: `import h5wasm from 'h5wasm'`. */
  readonly h5: H5Wasm;
  /** Whether to go on where the optimizer can't be moved exactly. Default false. The errors say what is lost. */
  readonly lossy?: boolean;
}

/** Options of `loadKeras`. */
export interface LoadKerasOptions extends KerasOptions {
  /**
   * Whether to compile the model with the file's optimizer and its state. Without it the model is not compiled, and a
   * warning says so where the file has such state. With false there is no warning.
   */
  readonly optimizer?: boolean;
  /** The loss to compile with, in place of the file's. */
  readonly loss?: Loss;
}

/** Options of functions that move an optimizer beside a model. */
export interface KerasOptimizerOptions extends KerasOptions {
  /**
   * The optimizer whose state is moved; true for the one that the model is compiled with. Default: none. With false, no
   * warning says that state in a file is not read.
   */
  readonly optimizer?: Optimizer | boolean;
}

/** The options of all functions that are given a model. */
const TO_MODEL = ['h5', 'optimizer', 'lossy'];

const CONFIG = 'config.json';
const METADATA = 'metadata.json';
const WEIGHTS = 'model.weights.h5';

/**
 * Loads a model that Keras 3 saved as a `.keras` file: a `Sequential` or functional model. With `optimizer: true` it is
 * compiled with an optimizer of this package that goes on where Keras stopped.
 * @param bytes the file.
 * @throws (rejects) for a damaged file, and for layers, arguments and optimizers that TensorFlow.js or this package
 *   lacks. Errors name the layer.
 * @example
 * ```ts checked
 * import h5wasm from 'h5wasm';
 * import {loadKeras} from 'tfjs-optim/keras';
 *
 * const bytes = await (await fetch('model.keras')).arrayBuffer();
 * const loaded = await loadKeras(bytes, {h5: h5wasm, optimizer: true});
 * ```
 */
export async function loadKeras(bytes: Uint8Array | ArrayBuffer, options: LoadKerasOptions): Promise<LayersModel> {
  checkCall('loadKeras', 'bytes, ', options, ['h5', 'optimizer', 'loss', 'lossy']);
  const {h5, optimizer, loss, lossy = false} = options;
  if (typeof optimizer === 'object')
    throw new Error(
      'loadKeras makes the optimizer that the file has; pass optimizer: true. loadKerasWeights reads the state into ' +
        'an optimizer of yours.',
    );
  const file = bytesOf('loadKeras', bytes);
  await tf.ready();
  const files = await readZip(file, [CONFIG, METADATA, WEIGHTS]);
  checkVersion(jsonIn(files, METADATA));
  const saved = jsonIn(files, CONFIG);
  const weights = files.get(WEIGHTS);
  if (weights === undefined)
    throw new Error(`This .keras file has no '${WEIGHTS}'. Save it with the default weights_format, 'h5'.`);
  const here = modelHere(saved);
  const compiled = optimizer === true ? compiledIn(saved, {loss, lossy}) : undefined;
  const {model, dispose} = built(here, weights.length / 4);
  try {
    const prepared = await withH5(h5, weights, tensors =>
      prepareAll('loadKeras', model, tensors, {optimizer: compiled?.optimizer ?? optimizer, lossy}),
    );
    apply(prepared);
    if (compiled !== undefined) model.compile(compiled);
    return model;
  } catch (error) {
    dispose();
    compiled?.optimizer.dispose();
    throw error;
  }
}

/**
 * Writes a model as a `.keras` file that Keras 3 loads by `keras.saving.load_model`. With an optimizer, Keras's is
 * compiled in and goes on where this one is.
 * @returns the file.
 * @throws (rejects) for layers, arguments and optimizers that Keras lacks. Errors name the layer.
 * @example
 * ```ts checked
 * import h5wasm from 'h5wasm';
 * import {saveKeras} from 'tfjs-optim/keras';
 *
 * const bytes = await saveKeras(model, {h5: h5wasm}); // write it to model.keras
 * ```
 */
export async function saveKeras(model: LayersModel, options: KerasOptimizerOptions): Promise<Uint8Array> {
  checkCall('saveKeras', 'model, ', options, TO_MODEL);
  const {h5, lossy = false} = options;
  checkModel(model, 'saveKeras');
  const saved = modelThere(model);
  const opt = optimizerToSave('saveKeras', model, options);
  const loss = opt === undefined ? null : lossThere(model.loss);
  const {groups, config} = await groupsOf(model, opt, lossy);
  const now = new Date().toISOString();
  const metadata = JSON.stringify({keras_version: '3.0.0', date_saved: `${now.slice(0, 10)}@${now.slice(11, 19)}`});
  const compiled =
    config === undefined
      ? ''
      : `,"compile_config":{"optimizer":${config},"loss":${JSON.stringify(loss)},"metrics":null}`;
  const text = (json: string) => new TextEncoder().encode(json);
  return writeZip([
    {name: METADATA, data: text(metadata)},
    {name: CONFIG, data: text(`${JSON.stringify(saved).slice(0, -1)}${compiled}}`)},
    {name: WEIGHTS, data: await writeH5(h5, groups)},
  ]);
}

/**
 * Reads the weights of a `.weights.h5` file of Keras 3, or of a `.keras` file, into a model with the same layers. Where
 * anything does not fit, nothing is changed.
 * @param bytes the file.
 * @throws (rejects) for a damaged file, and for weights that do not fit. Errors name the layer.
 * @example
 * ```ts checked
 * import h5wasm from 'h5wasm';
 * import {loadKerasWeights} from 'tfjs-optim/keras';
 *
 * const bytes = await (await fetch('model.weights.h5')).arrayBuffer();
 * await loadKerasWeights(bytes, model, {h5: h5wasm});
 * ```
 */
export async function loadKerasWeights(
  bytes: Uint8Array | ArrayBuffer,
  model: LayersModel,
  options: KerasOptimizerOptions,
): Promise<void> {
  checkCall('loadKerasWeights', 'bytes, model, ', options, TO_MODEL);
  const {h5, optimizer, lossy = false} = options;
  const file = bytesOf('loadKerasWeights', bytes);
  checkModel(model, 'loadKerasWeights');
  const isZip = file[0] === 0x50 && file[1] === 0x4b;
  const weights = isZip ? (await readZip(file, [WEIGHTS])).get(WEIGHTS) : file;
  if (weights === undefined) throw new Error(`This .keras file has no '${WEIGHTS}'.`);
  const opt = optimizer === true ? optimizerOf(model) : optimizer;
  apply(await withH5(h5, weights, tensors => prepareAll('loadKerasWeights', model, tensors, {optimizer: opt, lossy})));
}

/**
 * Writes the weights of a model as a `.weights.h5` file, which `model.load_weights` of Keras 3 reads. Keras reads the
 * optimizer's state only into an optimizer that is built: call `optimizer.build(model.trainable_variables)` before.
 * @returns the file.
 * @throws (rejects) for layers and optimizers that Keras lacks. Errors name the layer.
 * @example
 * ```ts checked
 * import h5wasm from 'h5wasm';
 * import {saveKerasWeights} from 'tfjs-optim/keras';
 *
 * const bytes = await saveKerasWeights(model, {h5: h5wasm}); // write it to model.weights.h5
 * ```
 */
export async function saveKerasWeights(model: LayersModel, options: KerasOptimizerOptions): Promise<Uint8Array> {
  checkCall('saveKerasWeights', 'model, ', options, TO_MODEL);
  const {h5, lossy = false} = options;
  checkModel(model, 'saveKerasWeights');
  const opt = optimizerToSave('saveKerasWeights', model, options);
  const {groups} = await groupsOf(model, opt, lossy);
  return writeH5(h5, groups);
}

/** The groups of tensors of a file, and the configuration of the optimizer. */
async function groupsOf(
  model: LayersModel,
  optimizer: Optimizer | undefined,
  lossy: boolean,
): Promise<{readonly groups: H5Group[]; readonly config: string | undefined}> {
  const layers = savedLayers(model);
  const state = optimizer && (await optimizerThere(optimizer, trainedIn(model, layers), lossy));
  const groups = await Promise.all(
    layers.map(async ({path, name, variables}): Promise<H5Group> => ({
      path,
      name,
      tensors: await Promise.all(variables.map(async variable => float32FromDevice(variableOf(variable)))),
    })),
  );
  if (state !== undefined) groups.push({path: 'optimizer', name: 'optimizer', tensors: state.tensors});
  return {groups, config: state?.config};
}

/** New values of variables, and the optimizer's state. */
interface Loaded {
  readonly values: ReadonlyArray<readonly [tf.Variable, tf.Tensor]>;
  readonly state: Prepared | undefined;
}

/** Reads and checks everything; changes nothing. */
function prepareAll(
  what: string,
  model: LayersModel,
  {paths, read}: H5Tensors,
  {optimizer, lossy}: Pick<KerasOptimizerOptions, 'optimizer'> & {readonly lossy: boolean},
): Loaded {
  const layers = savedLayers(model);
  const left = new Set(paths);
  const tensors: Array<readonly [tf.Variable, HostTensor]> = [];
  for (const {path, where, variables} of layers)
    for (const [i, variable] of variables.entries()) {
      const key = `${path === '' ? '' : `${path}/`}vars/${i}`;
      const label = `${where}: '${variable.originalName}'`;
      // Keras before 3.0 had another name for it.
      const found =
        [key, key.replaceAll('layers/', '_layer_checkpoint_dependencies/')].find(one => paths.has(one)) ?? key;
      tensors.push([variableOf(variable), read(found, variable.shape.map(Number), label)]);
      left.delete(found);
    }
  const isState = (path: string) => path.startsWith('optimizer/');
  const extra = [...left].find(path => !isState(path) && !path.includes('seed_generator'));
  if (extra !== undefined)
    throw new Error(
      `The file has weights at '${extra}' that the model '${model.name}' lacks. The model must have the same ` +
        'layers in the same order as the one that was saved.',
    );
  const count = [...left].filter(isState).length;
  // Two of them are the number of steps and the learning rate.
  if (optimizer === undefined && count > 2)
    warnUnread(what, what === 'loadKeras' ? 'optimizer: true' : 'the optimizer, or optimizer: true,');
  const state =
    typeof optimizer !== 'object'
      ? undefined
      : prepareState(optimizer, trainedIn(model, layers), {
          count,
          read: (i, shape) => read(`optimizer/vars/${i}`, shape, `The optimizer's variable ${i}`),
          lossy,
        });
  return {values: tensors.map(([variable, tensor]) => [variable, toDevice(tensor)]), state};
}

function apply({values, state}: Loaded): void {
  try {
    // The state goes first, because it may still not fit.
    state?.apply();
    for (const [variable, value] of values) variable.assign(value);
    state?.optimizer.watchWeights();
  } finally {
    tf.dispose(values.map(([, value]) => value));
    state?.dispose();
  }
}

/** The variables that Keras would train, in the order of its optimizers. */
function trainedIn(model: LayersModel, layers: readonly SavedLayer[]): Trained[] {
  const trainable = new Set(model.trainableWeights);
  return layers.flatMap(({variables, where}) =>
    variables.filter(variable => trainable.has(variable)).map(variable => ({variable: variableOf(variable), where})),
  );
}

function compiledIn(saved: unknown, {loss, lossy}: Pick<LoadKerasOptions, 'loss'> & {readonly lossy: boolean}) {
  const config = isDict(saved) ? saved['compile_config'] : undefined;
  if (!isDict(config))
    throw new Error('The model was not compiled when Keras saved it, so the file has no optimizer.');
  const optimizer = optimizerHere(config['optimizer'], lossy);
  return {optimizer, loss: loss ?? lossHere(config), metrics: metricsHere(config)};
}

/** Builds the model with at most this many numbers in its weights. */
function built({className, config}: ModelHere, most: number): {readonly model: LayersModel; dispose: () => void} {
  const {registeredVariables} = tf.engine().state;
  const before = new Set(Object.keys(registeredVariables));
  const dispose = () => {
    for (const [name, variable] of Object.entries(registeredVariables)) if (!before.has(name)) variable.dispose();
  };
  const given: unknown = config;
  if (!isConfig(given)) throw broken('it is not an object');
  try {
    // What initializers compute with goes.
    tf.engine().startScope();
    try {
      const model = guardedBuild(most, () =>
        className === 'Sequential'
          ? Sequential.fromConfig<Sequential>(Sequential, given)
          : LayersModel.fromConfig<LayersModel>(LayersModel, given),
      );
      return {model, dispose};
    } finally {
      tf.engine().endScope();
    }
  } catch (error) {
    dispose();
    throw new Error(
      "TensorFlow.js can't build the model of this .keras file: " +
        (error instanceof Error ? error.message : String(error)),
      {cause: error},
    );
  }
}

function isConfig(x: unknown): x is tf.serialization.ConfigDict {
  return isDict(x);
}

function jsonIn(files: ReadonlyMap<string, Uint8Array>, name: string): unknown {
  const file = files.get(name);
  if (file === undefined) throw new Error(`This is not a .keras file of Keras 3: it has no '${name}'.`);
  try {
    return JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(file));
  } catch (error) {
    throw broken(`'${name}' is not JSON (${String(error)})`);
  }
}

function checkVersion(metadata: unknown): void {
  const version = isDict(metadata) ? metadata['keras_version'] : undefined;
  if (typeof version !== 'string' || !version.startsWith('3.'))
    throw new Error(
      `This .keras file was written by Keras ${shown(version)}; only those of Keras 3 can be read. Load it in Keras ` +
        '3 and save it again.',
    );
}

function checkCall(what: string, first: string, options: KerasOptions | undefined, known: readonly string[]): void {
  checkTransfer(what, first, options, known, () => true);
  checkH5({...options}.h5);
}

function optimizerToSave(
  what: string,
  model: LayersModel,
  {optimizer = false}: KerasOptimizerOptions,
): Optimizer | undefined {
  const opt = optimizer === true ? optimizerOf(model) : optimizer;
  if (opt === false) return undefined;
  warnWhereUntrained(what, model, opt);
  return opt;
}

function checkModel(model: unknown, name: string): void {
  if (!(model instanceof LayersModel)) throw new Error(`${name} takes a model of tfjs-layers; got ${shown(model)}.`);
}
