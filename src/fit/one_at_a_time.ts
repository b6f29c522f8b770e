import type {layers, LayersModel} from '@tensorflow/tfjs-layers';

import {innerLayers} from '../params/variables_of';

/** The models that functions of this package are at work on, also before and after the `fit` that tfjs knows of. */
const busy = new WeakSet();

/**
 * Works on a model. Until the promise that `work` returns is settled, no other function of this package does.
 * @param name the function, for errors.
 * @throws (rejects) before `work` is called, where another call works on the model, or on a model inside it.
 */
export async function oneAtATime<T>(name: string, model: LayersModel, work: () => Promise<T>): Promise<T> {
  if (innerLayers(model).some(inner => busy.has(inner) || isTraining(inner))) throw inUse(name);
  busy.add(model);
  try {
    return await work();
  } finally {
    busy.delete(model);
  }
}

/** @throws where a `fit` of the model, or of a model inside it, runs. */
export function checkNotTraining(name: string, model: LayersModel): void {
  if (innerLayers(model).some(isTraining)) throw inUse(name);
}

// tfjs sets it on the model inside a Sequential.
function isTraining(inner: layers.Layer): boolean {
  return Reflect.get(inner, 'isTraining') === true;
}

function inUse(name: string): Error {
  return new Error(
    `${name}: another call, such as fit, still works on this model. First wait for the promise that it returned: ` +
      'await model.fit(…).',
  );
}
