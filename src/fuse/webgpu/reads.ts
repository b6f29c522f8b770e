import type {DataId} from '@tensorflow/tfjs-core';

import {memo} from '../../util/memo';
import type {WebGPUBackend} from './device';

const pending = new WeakMap<WebGPUBackend, Map<DataId, number>>();

/**
 * The data that `tensor.data()` waits for: when it arrives, tfjs keeps it on the host as the tensor's values, although
 * the tensor may have been written meanwhile. Unlike its WebGL backend, the WebGPU backend does not tell, so its
 * method `read` is extended to count.
 */
export function pendingReads(backend: WebGPUBackend): {has(dataId: DataId): boolean} {
  return memo(pending, backend, () => watched(backend));
}

function watched(backend: WebGPUBackend): Map<DataId, number> {
  const counts = new Map<DataId, number>();
  const read = backend.read.bind(backend);
  backend.read = async dataId => {
    // The backend's class declares its ids as objects.
    const id: DataId = dataId;
    counts.set(id, (counts.get(id) ?? 0) + 1);
    try {
      return await read(dataId);
    } finally {
      const left = (counts.get(id) ?? 1) - 1;
      if (left > 0) counts.set(id, left);
      else counts.delete(id);
    }
  };
  return counts;
}
