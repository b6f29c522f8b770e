import type {LayersModel} from '@tensorflow/tfjs-layers';

/**
 * Throws where TensorFlow.js can't write what a model was compiled with, which it would say only after an epoch, and
 * in other words.
 * @param what who saves, for the errors.
 */
export function checkSavable(what: string, {metrics, loss}: LayersModel): void {
  const listed = partsOf(metrics).find(([, metric]) => Array.isArray(metric));
  if (listed !== undefined) {
    throw new Error(
      `${what} can't save this model: TensorFlow.js saves one metric per output, and the metrics of ${listed[0]} are a list. ` +
        "Compile with one name per output, metrics: {output: 'accuracy'}, or with one list for all outputs, metrics: ['accuracy', 'mae'].",
    );
  }
  const made = partsOf(loss).find(([, each]) => typeof each === 'function');
  if (made !== undefined) {
    throw new Error(
      `${what} can't save this model: TensorFlow.js saves the names of losses, and the loss of ${made[0]} is a function. ` +
        "Compile with names, such as 'meanSquaredError', or with one function for all outputs.",
    );
  }
}

/** What stands in a list or under the names of outputs, and how errors call its place. */
function partsOf(given: unknown): Array<[place: string, part: unknown]> {
  if (Array.isArray(given)) return given.map((part: unknown, i) => [`output ${i}`, part]);
  return typeof given === 'object' && given !== null
    ? Object.entries(given).map(([name, part]) => [`'${name}'`, part])
    : [];
}
