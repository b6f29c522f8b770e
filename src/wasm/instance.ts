/** Makes functions from WebAssembly binaries, on a memory that others made. */
import {memo} from '../util/memo';

export type WasmFunction = (...values: number[]) => number | undefined;
export type WasmFunctions = Readonly<Record<string, WasmFunction>>;

/**
 * The functions of the host that modules may import. The place of a function in this list is its index in a module. So
 * a new function comes last: modules that don't use it stay as they are.
 */
export const HOST = {exp: Math.exp, log: Math.log, pow: Math.pow, tanh: Math.tanh};

/** Where another thread finds a function: the binary of its module, and its place among the module's exports. */
export interface FunctionSource {
  readonly binary: Uint8Array<ArrayBuffer>;
  readonly index: number;
  /** The number of the module's exports, which are functions. */
  readonly exports: number;
}

/** Only of functions on shared memories, because other threads can run no others. */
const sources = new WeakMap<WasmFunction, FunctionSource>();

/** Where another thread finds a function that `functionsOn` or `instantiate` made on a shared memory. */
export function sourceOf(made: WasmFunction): FunctionSource {
  const source = sources.get(made);
  if (source === undefined) throw new Error('Other threads can only run functions on a shared memory.');
  return source;
}

/** Functions are freed together with their memory. */
const functionsByMemory = new WeakMap<WebAssembly.Memory, Map<string, WasmFunctions>>();

/**
 * The exported functions of the module `key`. They are made at the first call for this memory. They stay valid when the
 * memory grows; views on `memory.buffer` do not.
 * @param key must always be given with the same binary.
 * @param binary makes the module, and gets whether the memory is shared. The module imports `env.memory`. It may import
 *   the functions of `HOST`, of f64, from `math`.
 * @throws where the page's policy forbids compiling WebAssembly, and where the binary is wrong.
 */
export function functionsOn(
  memory: WebAssembly.Memory,
  key: string,
  binary: (shared: boolean) => Uint8Array<ArrayBuffer>,
): WasmFunctions {
  return memo(
    memo(functionsByMemory, memory, () => new Map<string, WasmFunctions>()),
    key,
    () => instantiate(memory, binary),
  );
}

/** The function `name` of a module. @throws where the module does not export it. */
export function wasmFunction(functions: WasmFunctions, name: string): WasmFunction {
  const found = functions[name];
  if (found === undefined)
    throw new Error(`The WebAssembly module has no function '${name}'; it has ${Object.keys(functions).join(', ')}.`);
  return found;
}

/** Whether other threads can use the memory. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
}

/** As `functionsOn`, but makes the functions at every call, and does not store them. */
export function instantiate(
  memory: WebAssembly.Memory,
  binary: (shared: boolean) => Uint8Array<ArrayBuffer>,
): WasmFunctions {
  const shared = isShared(memory);
  const code = binary(shared);
  const {exports} = new WebAssembly.Instance(compiled(code), {env: {memory}, math: HOST});
  const functions: Record<string, WasmFunction> = {};
  const made = Object.entries(exports);
  made.forEach(([name, value], index) => {
    if (!isWasmFunction(value)) return;
    functions[name] = value;
    if (shared) sources.set(value, {binary: code, index, exports: made.length});
  });
  return functions;
}

function compiled(binary: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(binary);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The WebAssembly of tfjs-optim could not be compiled: ${reason}. If a Content-Security-Policy is the reason, ` +
        "add 'wasm-unsafe-eval' to its script-src.",
      {cause},
    );
  }
}

function isWasmFunction(value: WebAssembly.ExportValue): value is WasmFunction {
  return typeof value === 'function';
}
