/**
 * Models, weights and optimizer state in the files of Keras 3.
 * @module tfjs-optim/keras
 */
export type {H5File, H5Wasm} from './h5';
export {
  type KerasOptimizerOptions,
  type KerasOptions,
  loadKeras,
  type LoadKerasOptions,
  loadKerasWeights,
  saveKeras,
  saveKerasWeights,
} from './keras';
export {kerasAdam, kerasAdamStep} from './keras_adam';
