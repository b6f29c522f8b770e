import type {DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

/** What tfjs's WASM backend keeps of a tensor. */
export interface WasmTensorData {
  /** The number by which tfjs's C++ code knows the tensor; not the data id. */
  readonly id: number;
  /** Bytes from the start of the memory; 8-aligned. */
  memoryOffset: number;
  refCount: number;
}

/** The Emscripten module behind the backend, as far as this library uses it. */
export interface WasmModule {
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

/** tfjs's WASM backend, described here so that nothing needs importing from its package. */
export interface WasmBackend extends KernelBackend {
  readonly wasm: WasmModule;
  readonly dataIdMap: {get(dataId: object): WasmTensorData};
  incRef(dataId: object): void;
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
}

/** Whether `backend` is tfjs's WASM backend (or one with the same parts). */
export function isWasmBackend(backend: object): backend is WasmBackend {
  return 'wasm' in backend && 'dataIdMap' in backend && 'makeOutput' in backend;
}

/** The WASM backend, or an error that says what was found. */
export function assertWasmBackend(backend: object): WasmBackend {
  if (!isWasmBackend(backend)) {
    throw new Error(
      `Expected tfjs's WASM backend, but got ${backend.constructor.name}: call tf.setBackend('wasm') first.`,
    );
  }
  return backend;
}

/**
 * The memory that holds the backend's tensors: shared in the threaded build. It may grow whenever a tensor is made.
 */
export function memoryOf(backend: WasmBackend): WebAssembly.Memory {
  const memory = backend.wasm.wasmMemory ?? backend.wasm.asm?.memory;
  if (!(memory instanceof WebAssembly.Memory)) {
    throw new Error(
      "The memory of tfjs's WASM backend is neither at wasm.wasmMemory nor at wasm.asm.memory, where tfjs 4 has it: " +
        'this version of tfjs-optim does not know this version of tfjs-backend-wasm.',
    );
  }
  return memory;
}

/** Where a tensor's values start, in bytes; unsigned, for memories above 2 GB. */
export function offsetOf(backend: WasmBackend, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
}
