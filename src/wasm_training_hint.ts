/** Runs a backward pass; where tfjs's WASM backend lacks the kernel for it, the error says what brings it. */
export function wasmTrainingHint<T>(backward: () => T): T {
  try {
    return backward();
  } catch (error) {
    if (error instanceof Error && error.message.includes("not registered for backend 'wasm'")) {
      throw new Error(`${error.message} TensorFlow.js's WASM backend lacks gradients of some layers; \`import 'tfjs-optim/wasm-training'\` brings them.`, {cause: error});
    }
    throw error;
  }
}
