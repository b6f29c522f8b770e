/**
 * The kernels that wasm-training adds where TensorFlow.js has none: a test compares with its own list, which would
 * bring all of it into every bundle.
 */
const BROUGHT = /'((Conv|Depth)\w+Backprop(Filter|Input)|UnsortedSegmentSum|MaxPool(3D|Grad))/;

/** Runs a loss and its backward pass; where tfjs's WASM backend lacks a kernel for it, the error says what to do. */
export function wasmTrainingHint<T>(backward: () => T): T {
  try {
    return backward();
  } catch (error) {
    if (error instanceof Error && error.message.includes("not registered for backend 'wasm'")) {
      throw new Error(
        `${error.message}: ${
          BROUGHT.test(error.message)
            ? "`import 'tfjs-optim/wasm-training'` brings it."
            : 'no import has it. Use other operations, or another backend.'
        }`,
        {cause: error},
      );
    }
    throw error;
  }
}
