/** Runs a backward pass; where tfjs's WASM backend lacks the kernel for it, the error says what brings it. */
export function wasmTrainingHint<T>(backward: () => T): T {
  try {
    return backward();
  } catch (error) {
    if (error instanceof Error && error.message.includes("not registered for backend 'wasm'")) {
      throw new Error(`${error.message} \`import 'tfjs-optim/wasm-training'\` brings it.`, {cause: error});
    }
    throw error;
  }
}
