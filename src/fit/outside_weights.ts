import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {innerLayers} from '../params/variables_of';
import {isTensor} from '../util/tensors';

/**
 * What layers of tfjs-layers keep beside their weights: the states of a stateful RNN, those that it keeps for
 * backpropagation, and the dropout masks of its cell. Models keep their last history and whether they were stopped.
 */
const OUTSIDE = ['states_', 'keptStates', 'dropoutMask', 'recurrentDropoutMask', 'history', 'stopTraining_'];

/**
 * Remembers what a model keeps outside of its weights, that of the layers and models inside it too.
 * @returns puts it back; what came since is freed. To be called once.
 */
export function rememberOutsideWeights(model: LayersModel): () => void {
  const present = innerLayers(model).flatMap(layer =>
    OUTSIDE.filter(name => Object.hasOwn(layer, name)).map(name => ({
      layer,
      name,
      value: copyOf(Reflect.get(layer, name)),
    })),
  );
  const missing = innerLayers(model).flatMap(layer =>
    OUTSIDE.filter(name => !Object.hasOwn(layer, name)).map(name => ({layer, name})),
  );
  return () => {
    for (const {layer, name, value} of present) {
      free(Reflect.get(layer, name));
      Reflect.set(layer, name, value);
    }
    for (const {layer, name} of missing) Reflect.deleteProperty(layer, name);
  };
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  return isTensor(value) && !value.isDisposed ? tf.keep(value.clone()) : value;
}

function free(value: unknown): void {
  if (Array.isArray(value)) value.forEach(free);
  else if (isTensor(value)) value.dispose();
}
