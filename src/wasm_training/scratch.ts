import {allocate} from '../wasm/allocation';
import type {WasmBackend} from '../wasm/backend';

const LINE = 64;

/**
 * Calls `use` with the offset of `floats` uninitialized numbers in the backend's memory, aligned to a cache line. Then
 * it frees them.
 */
export function withScratch(backend: WasmBackend, floats: number, use: (offset: number) => void): void {
  const at = allocate(backend, 4 * floats + LINE);
  try {
    use(Math.ceil(at / LINE) * LINE);
  } finally {
    backend.wasm._free(at);
  }
}
