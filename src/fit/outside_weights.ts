import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import {innerLayers} from '../params/variables_of';
import {isTensor} from '../util/tensors';

/**
 * What layers and models of tfjs-layers hold in addition to their weights. Layers: the states of a stateful RNN, the
 * states that it holds for backpropagation, and the dropout masks of its cell. Models: the last history, and whether
 * training was stopped.
 */
const OUTSIDE = ['states_', 'keptStates', 'dropoutMask', 'recurrentDropoutMask', 'history', 'stopTraining_'];

/**
 * Remembers what a model, and the layers and models inside it, hold in addition to their weights.
 * @returns a function that puts it back and frees what replaced it. It must be called exactly once.
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
