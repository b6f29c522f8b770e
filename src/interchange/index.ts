/**
 * Weights and optimizer state for other frameworks, and back.
 * @module tfjs-optim/interchange
 */
export type {HostArrays, HostDtype, HostTensor, TensorFile} from './host_tensor';
export {readSafetensors} from './safetensors/read';
export {writeSafetensors} from './safetensors/write';
