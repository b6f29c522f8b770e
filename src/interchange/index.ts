/**
 * Weights and optimizer state for other frameworks, and back.
 * @module tfjs-optim/interchange
 */
export type {HostArrays, HostDtype, HostTensor} from './host_tensor';
export type {H5File, H5Wasm} from './keras/h5';
export {
  type KerasOptimizerOptions,
  type KerasOptions,
  loadKeras,
  type LoadKerasOptions,
  loadKerasWeights,
  saveKeras,
  saveKerasWeights,
} from './keras/keras';
export {kerasAdam, kerasAdamStep} from './keras/keras_adam';
