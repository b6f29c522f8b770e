import type {DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

/** What tfjs's WASM backend stores per tensor. */
export interface WasmTensorData {
  /** The number by which tfjs's C++ code knows the tensor. It is not the data id. */
  readonly id: number;
  /** Bytes from the start of the memory; 8-aligned. */
  memoryOffset: number;
  refCount: number;
}

/** The part of the backend's Emscripten module that is used here. */
interface WasmModule {
  /** Plain and SIMD builds keep their memory here. */
  readonly asm?: {readonly memory?: unknown};
  /** The threaded build keeps its shared memory here. */
  readonly wasmMemory?: unknown;
  _malloc(bytes: number): number;
  _free(offset: number): void;
  readonly tfjs: {
    registerTensor(id: number, size: number, memoryOffset: number): void;
    disposeData(id: number): void;
  };
}

/** tfjs's WASM backend. It is described here so that its package need not be imported. */
export interface WasmBackend extends KernelBackend {
  readonly wasm: WasmModule;
  readonly dataIdMap: {get(dataId: object): WasmTensorData};
  incRef(dataId: object): void;
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
}

function isWasmBackend(backend: object): backend is WasmBackend {
  return 'wasm' in backend && 'dataIdMap' in backend && 'makeOutput' in backend;
}

/** Returns `backend` with its type. @throws where it is not tfjs's WASM backend. */
export function assertWasmBackend(backend: object): WasmBackend {
  if (!isWasmBackend(backend)) {
    throw new Error(
      `Expected tfjs's WASM backend; got ${backend.constructor.name}. Call tf.setBackend('wasm') first.`,
    );
  }
  return backend;
}

/** The memory of the backend's tensors. In the threaded build it is shared. It may grow when a tensor is made. */
export function memoryOf(backend: WasmBackend): WebAssembly.Memory {
  const memory = backend.wasm.wasmMemory ?? backend.wasm.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory)) {
    throw new Error(
      "The memory of tfjs's WASM backend must be at wasm.wasmMemory or wasm.asm.memory, as in tfjs 4. " +
        'This version of tfjs-optim does not support this version of tfjs-backend-wasm; use one of tfjs 4.',
    );
  }
  return memory;
}

/** Where a tensor's values start, in bytes. It is unsigned because memories may exceed 2 GB. */
export function offsetOf(backend: WasmBackend, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
}
