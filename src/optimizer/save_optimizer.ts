import * as tf from '@tensorflow/tfjs-core';

import {type ParamGroups, variablesOf} from '../params/variables_of';
import {heldWeights} from '../state/load_weights';
import {fromRegisteredClass, isSavedObject} from '../state/registered_class';
import {Optimizer, weightsNow} from './optimizer';

/**
 * Saves an optimizer by itself, for models that are not a LayersModel. The variables are not saved with it. What is
 * saved is the optimizer at the moment of the call, whatever is done with it before the promise resolves.
 * @param to a URL such as `indexeddb://name`, `localstorage://name`, `file://folder`, or an IOHandler.
 * @throws (rejects) where nothing can save to it.
 */
export async function saveOptimizer(optimizer: Optimizer, to: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
  const handler = typeof to === 'string' ? onlyHandler(to, tf.io.getSaveHandlers(to)) : to;
  if (handler.save === undefined) throw new Error("This IOHandler can't save: it has no `save`.");
  const modelTopology = {className: optimizer.getClassName(), config: optimizer.getConfig()};
  const weights = heldWeights(weightsNow(optimizer));
  try {
    const {data, specs} = await tf.io.encodeWeights(weights, 'optimizer');
    return await handler.save({
      modelTopology,
      weightSpecs: specs,
      weightData: data,
      format: 'tfjs-optim',
      generatedBy: 'tfjs-optim',
    });
  } finally {
    tf.dispose(weights.map(({tensor}) => tensor));
  }
}

/**
 * Loads an optimizer that `saveOptimizer` saved.
 * @param from a URL or an IOHandler.
 * @param settings `params`: the variables that it trains, in any grouping: each goes to the group that it was saved
 *   in.
 * @throws where what is loaded is not an optimizer of this package, or not one of these variables.
 */
export async function loadOptimizer(
  from: string | tf.io.IOHandler,
  {params}: {readonly params?: ParamGroups} = {},
): Promise<Optimizer> {
  const handler = typeof from === 'string' ? onlyHandler(from, tf.io.getLoadHandlers(from)) : from;
  if (handler.load === undefined) throw new Error("This IOHandler can't load: it has no `load`.");
  const variables = params === undefined ? undefined : variablesOf(params).flat();
  const {modelTopology, weightData, weightSpecs} = await handler.load();
  if (!isSavedObject(modelTopology)) throw new Error('What was loaded is not an optimizer that saveOptimizer saved.');
  if (weightData === undefined || weightSpecs === undefined) throw new Error('What was loaded holds no weights.');
  const optimizer = fromRegisteredClass(modelTopology);
  if (!(optimizer instanceof Optimizer))
    throw new Error(`'${modelTopology.className}' is not an optimizer of tfjs-optim.`);
  let weights: tf.NamedTensorMap = {};
  try {
    // Those that are decoded before one fails go with the tidy.
    weights = tf.tidy(() => tf.io.decodeWeights(tf.io.CompositeArrayBuffer.join(weightData), weightSpecs));
    await optimizer.setWeights(Object.entries(weights).map(([name, tensor]) => ({name, tensor})));
    if (variables !== undefined) optimizer.attach(variables);
  } catch (error) {
    optimizer.dispose();
    throw error;
  } finally {
    tf.dispose(weights);
  }
  return optimizer;
}

function onlyHandler(url: string, handlers: readonly tf.io.IOHandler[]): tf.io.IOHandler {
  const [handler] = handlers;
  if (handler === undefined || handlers.length > 1)
    throw new Error(`${handlers.length === 0 ? 'No' : 'More than one'} IOHandler is registered for '${url}'.`);
  return handler;
}
