import * as tf from '@tensorflow/tfjs-core';

import {type ParamGroups, variablesOf} from '../params/variables_of';
import {heldWeights} from '../state/load_weights';
import {fromRegisteredClass, isSavedObject} from '../state/registered_class';
import {checkOptions} from '../util/options';
import {shown} from '../util/shown';
import {type Optimizer, weightsNow} from './optimizer';
import {asOptimizer} from './optimizer_of_model';

/**
 * Saves an optimizer by itself, for models that are not a LayersModel. The variables are not saved. The optimizer is
 * saved as it is at the time of the call; later changes do not matter, even before the promise resolves.
 * @param to a URL such as `indexeddb://name`, `localstorage://name`, `file://folder`, or an IOHandler.
 * @throws (rejects) where no IOHandler, or more than one, can save to the URL, and between `eval()` and `train()`.
 * @example
 * ```ts checked
 * const opt = adam(1e-3, {params: [model]});
 * opt.minimize(loss);
 * await saveOptimizer(opt, 'indexeddb://optimizer');
 * ```
 */
export async function saveOptimizer(optimizer: Optimizer, to: string | tf.io.IOHandler): Promise<tf.io.SaveResult> {
  if (asOptimizer(optimizer) === undefined)
    throw new Error(
      `saveOptimizer takes an optimizer of tfjs-optim first; got ${shown(optimizer)}. Wrap those of tf.train by ` +
        'new OptimWrapper(…).',
    );
  checkPlace('saveOptimizer(optimizer, ', to);
  const handler = typeof to === 'string' ? onlyHandler(to, tf.io.getSaveHandlers(to)) : to;
  if (handler.save === undefined)
    throw new Error("This IOHandler can't save: it has no `save`. Pass another one, or a URL.");
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
 * @param options `params`: the variables that the optimizer trains, in any grouping. Each goes to the group in which
 *   it was saved. Without `params`, variables join when they are first used.
 * @throws (rejects) where the URL holds no optimizer of this package, or its state fits none of these variables.
 * @example
 * ```ts checked
 * const opt = await loadOptimizer('indexeddb://optimizer', {params: [model]});
 * ```
 */
export async function loadOptimizer(
  from: string | tf.io.IOHandler,
  options: {readonly params?: ParamGroups} = {},
): Promise<Optimizer> {
  checkOptions('loadOptimizer', options, ['params'], [], 'from, ');
  checkPlace('loadOptimizer(', from);
  const {params} = options;
  const handler = typeof from === 'string' ? onlyHandler(from, tf.io.getLoadHandlers(from)) : from;
  if (handler.load === undefined)
    throw new Error("This IOHandler can't load: it has no `load`. Pass another one, or a URL.");
  const variables = params === undefined ? undefined : variablesOf(params).flat();
  const {modelTopology, weightData, weightSpecs} = await handler.load();
  if (!isSavedObject(modelTopology))
    throw new Error('The loaded file holds no optimizer; loadOptimizer reads what saveOptimizer saved.');
  if (weightData === undefined || weightSpecs === undefined)
    throw new Error('The loaded file holds no weights; save the optimizer again with saveOptimizer.');
  // Where two copies of this package registered the class, it is that of the last one.
  const optimizer = asOptimizer(fromRegisteredClass(modelTopology));
  if (optimizer === undefined)
    throw new Error(`The saved class '${modelTopology.className}' must be an optimizer of tfjs-optim.`);
  let weights: tf.NamedTensorMap = {};
  try {
    // If decoding fails, `tidy` disposes the tensors that were decoded before.
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

/** @param before the call as code, up to the place. */
function checkPlace(before: string, place: unknown): void {
  if (typeof place === 'string' || (typeof place === 'object' && place !== null)) return;
  throw new Error(
    `${before.slice(0, before.indexOf('('))} takes a place, a URL or an IOHandler; got ${shown(place)}. ` +
      `Write ${before}'indexeddb://name').`,
  );
}

function onlyHandler(url: string, handlers: readonly tf.io.IOHandler[]): tf.io.IOHandler {
  const [handler] = handlers;
  if (handler === undefined || handlers.length > 1)
    throw new Error(
      `${handlers.length === 0 ? 'No' : 'More than one'} IOHandler is registered for '${url}'; pass an IOHandler.`,
    );
  return handler;
}
