import type {LayersModel} from '@tensorflow/tfjs-layers';

import {warnOnce} from '../util/warn';

/** The names of functions that TensorFlow.js finds again when it loads metrics. */
const LOADABLE: ReadonlySet<string> = new Set(
  (
    'binaryAccuracy categoricalAccuracy precision categoricalCrossentropy sparseCategoricalCrossentropy ' +
    'mse MSE mae MAE mape MAPE'
  ).split(' '),
);

/**
 * Checks that TensorFlow.js can save the losses and metrics that a model was compiled with. TensorFlow.js itself
 * reports this only after an epoch, and its error does not say what to change. Warns of metrics with which the saved
 * model can't be loaded.
 * @param what the name of the callback that saves, for errors.
 * @throws where they can't be saved.
 */
export function checkSavable(what: string, {metrics, loss}: LayersModel): void {
  const listed = partsOf(metrics).find(([, metric]) => Array.isArray(metric));
  if (listed !== undefined) {
    throw new Error(
      `${what} can't save this model: the metrics of ${listed[0]} are a list, and TensorFlow.js saves one metric per ` +
        "output. Compile with one name per output, metrics: {output: 'accuracy'}, or with one list for all outputs, " +
        "metrics: ['accuracy', 'mae'].",
    );
  }
  const made = partsOf(loss).find(([, each]) => typeof each === 'function');
  if (made !== undefined) {
    throw new Error(
      `${what} can't save this model: the loss of ${made[0]} is a function, and TensorFlow.js saves the names of ` +
        "losses. Compile with names, such as 'meanSquaredError', or with one function for all outputs.",
    );
  }
  const lost = [metrics, ...partsOf(metrics).map(([, metric]) => metric)].find(
    metric => typeof metric === 'function' && !LOADABLE.has(metric.name),
  );
  if (typeof lost === 'function')
    warnOnce(
      `tf.loadLayersModel can't load what ${what} saves: it does not know the metric '${lost.name}', which is a ` +
        "function. Compile without it, or with a name such as 'accuracy'.",
    );
}

/** The metrics or losses of each output, with the output as errors call it. Empty where all outputs have one. */
function partsOf(given: unknown): Array<[output: string, part: unknown]> {
  if (Array.isArray(given)) return given.map((part: unknown, i) => [`output ${i}`, part]);
  return typeof given === 'object' && given !== null
    ? Object.entries(given).map(([name, part]) => [`'${name}'`, part])
    : [];
}
