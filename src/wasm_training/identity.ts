import type {TensorInfo} from '@tensorflow/tfjs-core';

import type {Call} from './kernel';

/**
 * x itself under another name, counted once more. tfjs copies it, on WASM alone, although tensors never change; and
 * since every operation that is recorded for backpropagation keeps its inputs by cloning them, the copies cost a good
 * part of a training step.
 */
export function identity({backend, input, stock}: Call): TensorInfo {
  const {dataId, shape, dtype} = input('x');
  if (dtype === 'string') return stock();
  backend.incRef(dataId);
  return {dataId, shape, dtype};
}

/** A cast to the type that x has already is `identity`; gradients are full of them. */
export function cast(call: Call): TensorInfo {
  return call.input('x').dtype === call.attrs.dtype ? identity(call) : call.stock();
}
