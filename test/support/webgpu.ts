import {isWebGPUBackend, type WebGPUBackend} from '../../src/fuse/webgpu/device';
import {tf} from './tfjs';

export function webgpu(): WebGPUBackend {
  const backend = tf.backend();
  if (!isWebGPUBackend(backend)) throw new Error('The backend is not WebGPU.');
  return backend;
}
