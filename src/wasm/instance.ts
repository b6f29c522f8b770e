/**
 * WebAssembly of our own on a memory that others made: binary in, functions out. Stored per memory object, so that old
 * ones go with it.
 */
export type WasmFunction = (...values: number[]) => number | undefined;
export type WasmFunctions = Readonly<Record<string, WasmFunction>>;

const functionsByMemory = new WeakMap<WebAssembly.Memory, Map<string, WasmFunctions>>();

/**
 * The exported functions of the module `key`, made on first use for this memory. `key` must name the binary: the same
 * key always stands for the same. They stay good when the memory grows; views on `memory.buffer` do not.
 * @param binary the module, which imports `env.memory`, and may import `exp`, `log` and `pow` (of f64) from `math`;
 *   told whether the memory is shared.
 * @throws where the page's policy forbids compiling WebAssembly, and where the binary is wrong.
 */
export function functionsOn(
  memory: WebAssembly.Memory,
  key: string,
  binary: (shared: boolean) => Uint8Array<ArrayBuffer>,
): WasmFunctions {
  let byKey = functionsByMemory.get(memory);
  if (byKey === undefined) {
    byKey = new Map<string, WasmFunctions>();
    functionsByMemory.set(memory, byKey);
  }
  let functions = byKey.get(key);
  if (functions === undefined) {
    functions = instantiate(memory, binary);
    byKey.set(key, functions);
  }
  return functions;
}

function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
}

/** The exported functions of a module on a memory, made anew; as `functionsOn`, whoever calls it keeps them. */
export function instantiate(
  memory: WebAssembly.Memory,
  binary: (shared: boolean) => Uint8Array<ArrayBuffer>,
): WasmFunctions {
  const {exp, log, pow} = Math;
  const {exports} = new WebAssembly.Instance(compiled(binary(isShared(memory))), {
    env: {memory},
    math: {exp, log, pow},
  });
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
    throw new Error(
      `WebAssembly of tfjs-optim could not be compiled: ${reason}. Where a Content-Security-Policy ` +
        "is the reason, it needs 'wasm-unsafe-eval' in script-src.",
      {cause},
    );
  }
}

function isWasmFunction(value: WebAssembly.ExportValue): value is WasmFunction {
  return typeof value === 'function';
}
