import {optimizerOf} from '../../src';
import {bitsOf, snapshot} from './bits';
import {memoryHandler} from './memory_handler';
import {tf} from './tfjs';

/** Saves a model with its optimizer, and loads the copy. While the original lives, the variables of the copy have a suffix. */
export async function reloaded(model: tf.LayersModel, handler: tf.io.IOHandler | string = memoryHandler()): Promise<tf.LayersModel> {
  await model.save(handler, {includeOptimizer: true});
  return tf.loadLayersModel(handler);
}

/** Expects that two models and their optimizers are the same, bit for bit. */
export async function expectSame(actual: tf.LayersModel, expected: tf.LayersModel): Promise<void> {
  expect(await bitsOf(actual.getWeights())).withContext('weights').toEqual(await bitsOf(expected.getWeights()));
  expect(await snapshot(optimizerOf(actual))).withContext('optimizer').toEqual(await snapshot(optimizerOf(expected)));
}

/** Disposes models and their optimizers, which models don't own. */
export function disposeModels(...models: tf.LayersModel[]): void {
  for (const model of models) {
    optimizerOf(model).dispose();
    model.dispose();
  }
}
