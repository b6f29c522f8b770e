import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {innerLayers} from '../params';
import {isTensor} from '../tensors';

/** What a recurrent layer keeps between batches outside of its weights, under tfjs-layers' names. */
interface Recurrent {
  /** The state after the last batch, where the layer is stateful. */
  states_: tf.Tensor[];
  /** The states of the batches that training has seen, which tfjs frees when states are reset. */
  keptStates: tf.Tensor[][];
}

/**
 * Notes the states of all stateful recurrent layers of a model, nested ones too.
 * @returns puts them back, and frees those that came since.
 */
export function noteRecurrentStates(model: LayersModel): () => void {
  const noted = innerLayers(model).filter(isRecurrent).map(layer => ({
    layer, states: [...layer.states_], kept: layer.keptStates.map(list => [...list]), copies: layer.states_.map(state => tf.keep(state.clone())),
  }));
  return () => {
    for (const {layer, states, kept, copies} of noted) {
      const own = new Set([...states, ...kept.flat()]);
      tf.dispose([...layer.states_, ...layer.keptStates.flat()].filter(tensor => !own.has(tensor)));
      // A state that was reset meanwhile is gone: its copy takes its place.
      layer.states_ = states.map((state, i) => state.isDisposed ? copies[i] ?? state : state);
      layer.keptStates = kept.map(list => list.filter(tensor => !tensor.isDisposed));
      tf.dispose(copies.filter(copy => !layer.states_.includes(copy)));
    }
  };
}

function isRecurrent<L extends object>(layer: L): layer is L & Recurrent {
  const states: unknown = Reflect.get(layer, 'states_');
  const kept: unknown = Reflect.get(layer, 'keptStates');
  return Array.isArray(states) && states.every(isTensor) && Array.isArray(kept);
}
