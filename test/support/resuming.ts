import {optimizerOf, ranger, slice} from '../../src';
import {bitsOf, snapshot} from './bits';
import {memoryHandler} from './memory_handler';
import {present} from './present';
import {compiled, smallNet, train} from './small_net';
import {tf} from './tfjs';

/**
 * Saves a model with its optimizer, and loads the copy. The variables of the copy have a suffix as long
 * as the first model exists.
 */
export async function reloaded(
  model: tf.LayersModel,
  handler: tf.io.IOHandler | string = memoryHandler(),
): Promise<tf.LayersModel> {
  await model.save(handler, {includeOptimizer: true});
  return tf.loadLayersModel(handler);
}

/** Expects that two models and their optimizers are the same, bit for bit. */
export async function expectSame(actual: tf.LayersModel, expected: tf.LayersModel): Promise<void> {
  expect(await bitsOf(actual.getWeights()))
    .withContext('weights')
    .toEqual(await bitsOf(expected.getWeights()));
  expect(await snapshot(optimizerOf(actual)))
    .withContext('optimizer')
    .toEqual(await snapshot(optimizerOf(expected)));
}

/** Disposes models and their optimizers, which models do not own. */
export function disposeModels(...models: tf.LayersModel[]): void {
  for (const model of models) {
    optimizerOf(model).dispose();
    model.dispose();
  }
}

/**
 * Expects that a model goes on where it was, with groups, hypers, flags and freezing, once it is saved and loaded by
 * `through`.
 */
export async function expectToGoOn(through: (model: tf.LayersModel) => Promise<tf.LayersModel>): Promise<void> {
  const model = smallNet('net');
  const groups = [model.layers.slice(0, 1), model.layers.slice(1)];
  const optimizer = ranger(slice(1e-3, 1e-2), {params: groups, wd: [0.1, 0.2], wdBnBias: true, trainBn: false});
  compiled(model, optimizer);
  optimizer.state.set(present(optimizer.paramLists[1]?.[1]), {doWd: false, forceTrain: true});
  await train(model, 4);
  present(optimizer.hypers[0])['mom'] = 0.85;
  optimizer.freeze();
  const copy = await through(model);
  const loaded = optimizerOf(copy);
  expect(loaded.frozenIdx).toBe(1);
  expect(loaded.hypers).toEqual(optimizer.hypers);
  expect(loaded.getClassName()).toBe('TfjsOptimLookahead');
  await train(model, 4);
  await train(copy, 4);
  await expectSame(copy, model);
  optimizer.unfreeze();
  loaded.unfreeze();
  await train(model, 4);
  await train(copy, 4);
  await expectSame(copy, model);
  disposeModels(model, copy);
}
