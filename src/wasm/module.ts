/**
 * WebAssembly of our own on the memory of tfjs's WASM backend: text in, functions out, for `wasm_training/`.
 *
 *   const scale = wasmFunction(wasmFunctions(backend, 'scale', ({simd}) => `(func (export "scale") (param $at i32)
 *   …)`), 'scale'); scale(offsetOf(backend, tensor), …);
 *
 * Data flow: `key` → text (given whether SIMD may be used) → `assembleText` → `WebAssembly.Module` →
 * `WebAssembly.Instance` on the backend's memory.
 */
import {env} from '@tensorflow/tfjs-core';

import {assembleText} from './assemble';
import {memoryOf, type WasmBackend} from './backend';
import {functionsOn, type WasmFunction, type WasmFunctions} from './instance';

export type {WasmFunction, WasmFunctions};

/** What the text may rely on. */
export interface WasmFeatures {
  /** 128-bit vectors (`v128`, `f32x4`, …). */
  readonly simd: boolean;
}

/** The text of a module's functions; the memory is imported for them. */
export type WasmText = (features: WasmFeatures) => string;

/**
 * The exported functions of the module `key`, made on first use for this backend's memory. `key` must name the text:
 * the same key always stands for the same text. Throws where the page's policy forbids compiling WebAssembly, and
 * where the text is wrong.
 */
export function wasmFunctions(backend: WasmBackend, key: string, text: WasmText): WasmFunctions {
  return functionsOn(memoryOf(backend), key, shared => assemble(text(wasmFeatures()), shared));
}

/** The function `name` of a module, or an error: the text does not export it. */
export function wasmFunction(functions: WasmFunctions, name: string): WasmFunction {
  const found = functions[name];
  if (found === undefined)
    throw new Error(`The WebAssembly module has no function '${name}': it has ${Object.keys(functions).join(', ')}.`);
  return found;
}

/** What this engine has, as tfjs found when it chose its own build. */
export function wasmFeatures(): WasmFeatures {
  return {simd: env().getBool('WASM_HAS_SIMD_SUPPORT')};
}

function assemble(functions: string, shared: boolean): Uint8Array<ArrayBuffer> {
  // An import declared shared links with a shared memory only, and its maximum must not be below that memory's.
  const memory = shared ? '(memory 0 65536 shared)' : '(memory 0)';
  return assembleText(`(module (import "env" "memory" ${memory}) ${functions})`);
}
