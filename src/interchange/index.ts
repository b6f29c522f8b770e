/**
 * Weights and optimizer state for other frameworks, and back.
 * @module tfjs-optim/interchange
 */
export type {HostArrays, HostDtype, HostTensor} from './host_tensor';
