/**
 * Lets the kernels of this package share the processor's cores on TensorFlow.js's WASM backend, on cross-origin
 * isolated pages. See docs/wasm_threads.md.
 * @module tfjs-optim/wasm-threads
 */
export {startWasmThreads, type WasmThreads, type WasmThreadsOptions} from './start';
