import type {WasmBackend} from '../wasm/backend';

const LINE = 64;

/** Calls `use` with the offset of `floats` uninitialised numbers on the backend's memory, aligned to a cache line; frees them. */
export function withScratch(backend: WasmBackend, floats: number, use: (offset: number) => void): void {
  const bytes = 4 * floats + LINE;
  const at = backend.wasm._malloc(bytes) >>> 0;
  if (at === 0) throw new Error(`tfjs's WASM memory has no room for ${bytes} bytes of working space.`);
  try {
    use(Math.ceil(at / LINE) * LINE);
  } finally {
    backend.wasm._free(at);
  }
}
