/**
 * WebAssembly of our own on the memory of tfjs's WASM backend: text in, functions out, for `wasm_training/` and `fuse/`.
 *
 *   const scale = wasmFunction(wasmFunctions(backend, 'scale', ({simd}) => `(func (export "scale") (param $at i32) …)`), 'scale');
 *   scale(offsetOf(backend, tensor), …);
 *
 * Data flow: `key` → text (given whether SIMD may be used) → `assembleText` → `WebAssembly.Module` → `WebAssembly.Instance` on the
 * backend's memory. Kept per memory object, so that a backend made anew gets functions of its own, and the old ones go with it.
 * The functions stay good when the memory grows; views on `memory.buffer` do not.
 */
import {env} from '@tensorflow/tfjs-core';
import {assembleText} from './assemble';
import {memoryOf, type WasmBackend} from './backend';

export type WasmFunction = (...values: number[]) => number | undefined;
export type WasmFunctions = Readonly<Record<string, WasmFunction>>;

/** What the text may rely on. */
export interface WasmFeatures {
  /** 128-bit vectors (`v128`, `f32x4`, …). */
  readonly simd: boolean;
}

/** The text of a module's functions; the memory is imported for them, and they may import `exp`, `log` and `pow` (of f64) from `math`. */
export type WasmText = (features: WasmFeatures) => string;

const functionsByMemory = new WeakMap<WebAssembly.Memory, Map<string, WasmFunctions>>();

/**
 * The exported functions of the module `key`, made on first use for this backend's memory. `key` must name the text: the same key
 * always stands for the same text. Throws where the page's policy forbids compiling WebAssembly, and where the text is wrong.
 */
export function wasmFunctions(backend: WasmBackend, key: string, text: WasmText): WasmFunctions {
  return functionsOn(memoryOf(backend), key, () => text(wasmFeatures()));
}

/** `wasmFunctions` on any memory. */
export function functionsOn(memory: WebAssembly.Memory, key: string, text: () => string): WasmFunctions {
  let byKey = functionsByMemory.get(memory);
  if (byKey === undefined) {
    byKey = new Map<string, WasmFunctions>();
    functionsByMemory.set(memory, byKey);
  }
  let functions = byKey.get(key);
  if (functions === undefined) {
    functions = instantiate(memory, assemble(text(), isShared(memory)));
    byKey.set(key, functions);
  }
  return functions;
}

/** The function `name` of a module, or an error: the text does not export it. */
export function wasmFunction(functions: WasmFunctions, name: string): WasmFunction {
  const found = functions[name];
  if (found === undefined) throw new Error(`The WebAssembly module has no function '${name}': it has ${Object.keys(functions).join(', ')}.`);
  return found;
}

/** What this engine has, as tfjs found when it chose its own build. */
export function wasmFeatures(): WasmFeatures {
  return {simd: env().getBool('WASM_HAS_SIMD_SUPPORT')};
}

/** The binary of a module with these functions and a memory imported as `env.memory`. */
export function assemble(functions: string, shared: boolean): Uint8Array<ArrayBuffer> {
  // An import declared shared links with a shared memory only, and its maximum must not be below that memory's.
  const memory = shared ? '(memory 0 65536 shared)' : '(memory 0)';
  return assembleText(`(module (import "env" "memory" ${memory}) ${functions})`);
}

function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
}

function instantiate(memory: WebAssembly.Memory, binary: Uint8Array<ArrayBuffer>): WasmFunctions {
  const {exp, log, pow} = Math;
  const {exports} = new WebAssembly.Instance(compiled(binary), {env: {memory}, math: {exp, log, pow}});
  const functions: Record<string, WasmFunction> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (isWasmFunction(value)) functions[name] = value;
  }
  return functions;
}

function compiled(binary: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(binary);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`WebAssembly of tfjs-optim could not be compiled: ${reason}. Where a Content-Security-Policy ` +
      'is the reason, it needs \'wasm-unsafe-eval\' in script-src.', {cause});
  }
}

function isWasmFunction(value: WebAssembly.ExportValue): value is WasmFunction {
  return typeof value === 'function';
}
