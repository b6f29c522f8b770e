import type {DataType, TensorInfo} from '@tensorflow/tfjs-core';
import {util} from '@tensorflow/tfjs-core';

import {memoryOf, type WasmBackend} from './backend';

/**
 * The offset of a new block in the backend's memory. The caller must free it.
 * @throws where the memory is full.
 */
export function allocate(backend: WasmBackend, bytes: number): number {
  const at = backend.wasm._malloc(bytes) >>> 0;
  if (!isThere(backend, at, bytes)) throw full(`${bytes} bytes`);
  return at;
}

/**
 * A new tensor with undefined values.
 * @throws where the memory is full. Then no tensor is left behind.
 */
export function makeTensor(backend: WasmBackend, shape: number[], dtype: DataType): TensorInfo {
  const info = backend.makeOutput(shape, dtype);
  const data = backend.dataIdMap.get(info.dataId);
  if (!isThere(backend, data.memoryOffset, util.sizeFromShape(shape) * util.bytesPerElement(dtype))) {
    // Freeing what was never allocated would read beyond the memory.
    data.memoryOffset = 0;
    backend.disposeData(info.dataId);
    throw full(`a tensor of shape [${shape}]`);
  }
  made?.push(info);
  return info;
}

let made: TensorInfo[] | undefined;

/** Runs a kernel. Where it throws, the tensors that it made are disposed. */
export function disposingOnError<T>(backend: WasmBackend, kernel: () => T): T {
  const outer = made;
  const own: TensorInfo[] = [];
  made = own;
  try {
    const result = kernel();
    outer?.push(...own);
    return result;
  } catch (error) {
    // The backend ignores tensors that the kernel has already disposed.
    for (const {dataId} of own) backend.disposeData(dataId);
    throw error;
  } finally {
    made = outer;
  }
}

/** After an allocation has failed, emscripten's `malloc` can give addresses beyond the memory. */
function isThere(backend: WasmBackend, at: number, bytes: number): boolean {
  return at !== 0 && at + bytes <= memoryOf(backend).buffer.byteLength;
}

function full(what: string): Error {
  return new Error(
    `The WASM backend's memory is full: there is no room for ${what}. Dispose tensors, or use smaller batches.`,
  );
}
