import type {TensorInfo} from '@tensorflow/tfjs-core';

import type {Call} from './kernel';

/**
 * Returns x's data with one more reference. tfjs's WASM backend copies them, as no other backend does, although tensors
 * never change. Operations that are recorded for backpropagation clone their inputs, so the copies take a good part of
 * a training step.
 */
export function identity({backend, input, stock}: Call): TensorInfo {
  const {dataId, shape, dtype} = input('x');
  if (dtype === 'string') return stock();
  backend.incRef(dataId);
  return {dataId, shape, dtype};
}

/** A cast to the type that x already has is `identity`. Gradients contain many such casts. */
export function cast(call: Call): TensorInfo {
  return call.input('x').dtype === call.attrs.dtype ? identity(call) : call.stock();
}
