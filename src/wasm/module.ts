/**
 * Makes WebAssembly functions on the memory of tfjs's WASM backend from text, for `wasm_training/`.
 *
 *   const functions = wasmFunctions(backend, 'scale', ({simd}) => `(func (export "scale") (param $at i32) …)`);
 *   wasmFunction(functions, 'scale')(offsetOf(backend, tensor), …);
 *
 * Data flow: `key` → text → `assembleText` → `WebAssembly.Module` → `WebAssembly.Instance` on the backend's memory.
 */
import {env} from '@tensorflow/tfjs-core';

import {memo} from '../util/memo';
import {assembleText} from './assemble';
import {memoryOf, type WasmBackend} from './backend';
import {functionsOn, type WasmFunctions} from './instance';
import {usesRelaxedSimd} from './relaxed_simd';

/** What a module may use. */
export interface WasmFeatures {
  /** 128-bit vectors (`v128`, `f32x4`, …). */
  readonly simd: boolean;
  /** `f32x4.relaxed_madd`. */
  readonly relaxedSimd: boolean;
}

/** The text of a module's functions. The import of the memory is added to it. */
type WasmText = (features: WasmFeatures) => string;

/**
 * The exported functions of the module `key`. They are made at the first call for this backend's memory.
 * @param key must always be given with the same text.
 * @throws where the page's policy forbids compiling WebAssembly, and where the text is wrong.
 */
export function wasmFunctions(backend: WasmBackend, key: string, text: WasmText): WasmFunctions {
  const features = wasmFeatures(backend);
  return functionsOn(memoryOf(backend), features.relaxedSimd ? `${key}, relaxed` : key, shared =>
    assemble(text(features), shared),
  );
}

const haveSimd = new WeakMap<WebAssembly.Memory, boolean>();
const PROBE = '(module (func (result v128) (f32x4.splat (f32.const 0))))';

/** Whether the engine has SIMD. After `tf.env().reset()`, tfjs does not say at once what it found. */
function hasSimd(): boolean {
  const found = env().getFlags()['WASM_HAS_SIMD_SUPPORT'];
  return typeof found === 'boolean' ? found : WebAssembly.validate(assembleText(PROBE));
}

/** What this engine can run, as tfjs found when it chose its own build, and what of this was chosen. */
export function wasmFeatures(backend: WasmBackend): WasmFeatures {
  const simd = memo(haveSimd, memoryOf(backend), hasSimd);
  return {simd, relaxedSimd: simd && usesRelaxedSimd()};
}

function assemble(functions: string, shared: boolean): Uint8Array<ArrayBuffer> {
  // An import that is declared shared accepts only a shared memory, whose maximum is not above the declared one.
  const memory = shared ? '(memory 0 65536 shared)' : '(memory 0)';
  return assembleText(`(module (import "env" "memory" ${memory}) ${functions})`);
}
