import {KERNELS_OF_WASM_TRAINING} from './kernels_of_wasm_training';

/** Runs a loss and its backward pass; where tfjs's WASM backend lacks a kernel for it, the error says what to do. */
export function wasmTrainingHint<T>(backward: () => T): T {
  try {
    return backward();
  } catch (error) {
    const kernel = error instanceof Error ? /Kernel '(\w+)' not registered for backend 'wasm'/.exec(error.message)?.[1] : undefined;
    if (kernel === undefined) throw error;
    throw new Error(`Kernel '${kernel}' not registered for backend 'wasm'. ${KERNELS_OF_WASM_TRAINING.includes(kernel)
      ? "`import 'tfjs-optim/wasm-training'` brings it." : "tfjs-optim/wasm-training has no such kernel either: use other operations, or another backend, as in tf.setBackend('cpu')."}`, {cause: error});
  }
}
