/**
 * Weights and optimizer state for PyTorch and fastai, and back.
 * @module tfjs-optim/interchange
 */
export {fromFastai} from './fastai/from_fastai';
export {toFastai} from './fastai/to_fastai';
export {readSafetensors} from './safetensors/read';
export {writeSafetensors} from './safetensors/write';
export type {NamedByHand, Names, Weights} from './torch/counterparts';
export {fromTorch, type FromTorchOptions} from './torch/from_torch';
export {toTorch, type ToTorchOptions} from './torch/to_torch';
export type {HostArrays, HostDtype, HostTensor, TensorFile} from './transfer/host_tensor';
