import type {DataId} from '@tensorflow/tfjs-core';

import {memo} from '../../util/memo';
import type {WebGPUBackend} from './device';

/** How many reads of some data are pending. */
interface Reads {
  count: number;
}

const pending = new WeakMap<WebGPUBackend, Map<DataId, Reads>>();

/**
 * The data that `tensor.data()` waits for. When they arrive, tfjs stores them on the host as the tensor's values,
 * although the tensor may have been written meanwhile. The WebGPU backend has no list of pending reads, as the WebGL
 * backend has, so its method `read` is extended to count them.
 */
export function pendingReads(backend: WebGPUBackend): {has(dataId: DataId): boolean} {
  return memo(pending, backend, () => watched(backend));
}

function watched(backend: WebGPUBackend): Map<DataId, Reads> {
  const all = new Map<DataId, Reads>();
  const read = backend.read.bind(backend);
  backend.read = async dataId => {
    // The backend's class declares its ids as objects.
    const id: DataId = dataId;
    const reads = memo(all, id, () => ({count: 0}));
    reads.count++;
    try {
      return await read(dataId);
    } finally {
      reads.count--;
      if (reads.count === 0) all.delete(id);
    }
  };
  return all;
}
