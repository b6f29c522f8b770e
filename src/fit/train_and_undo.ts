import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import type {Optimizer} from '../optimizer/optimizer';
import {variablesIn} from '../params/variables_of';
import {tensorsIn} from '../state/state_dict';
import {putBack} from '../util/own_writes';
import {isLive} from '../util/tensors';
import {rememberOutsideWeights} from './outside_weights';

/**
 * Trains and puts everything back, also where training throws: all weights of the model and of the optimizer, what the
 * model holds in addition to them, and the optimizer's state, hypers, schedule and step count.
 */
export async function trainAndUndo(
  model: LayersModel,
  optimizer: Optimizer,
  training: () => Promise<void>,
): Promise<void> {
  // Training attaches all trainable variables. Their state must be in `stateDict`, so that loading it restores them.
  optimizer.attach(variablesIn(model.trainableWeights));
  const variables = new Set([...variablesIn(model.weights), ...optimizer.paramLists.flat()]);
  const weights = new Map([...variables].map(variable => [variable, tf.keep(variable.clone())]));
  const dict = optimizer.stateDict();
  const copies = [...weights.values(), ...tensorsIn(dict)];
  copies.forEach(copy => tf.keep(copy));
  const restoreOutside = rememberOutsideWeights(model);
  try {
    await training();
  } finally {
    restoreOutside();
    for (const [variable, weight] of weights) if (isLive(variable)) putBack(variable, weight);
    optimizer.loadStateDict(dict);
    optimizer.watchWeights();
    tf.dispose(copies);
  }
}
