import '@tensorflow/tfjs-backend-wasm';
import 'tfjs-optim/wasm';
// TensorFlow.js alone cannot train convolutions on WASM.
import 'tfjs-optim/wasm-training';

import * as tf from '@tensorflow/tfjs';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
});
// tfjs passes the text of a function of its script to the threads. In a minified bundle that text does not work.
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);

/** A backend that the visitor can choose. */
export interface Backend {
  readonly name: string;
  readonly title: string;
  readonly isAvailable: () => Promise<boolean>;
}

const BACKENDS: readonly Backend[] = [
  {name: 'wasm', title: 'WASM', isAvailable: () => Promise.resolve(typeof WebAssembly === 'object')},
  {name: 'webgl', title: 'WebGL', isAvailable: () => Promise.resolve(tf.env().getNumber('WEBGL_VERSION') > 0)},
  {
    name: 'webgpu',
    title: 'WebGPU',
    isAvailable: async () => 'gpu' in navigator && (await navigator.gpu.requestAdapter()) !== null,
  },
];

/** The backends that this browser has. */
export async function availableBackends(): Promise<Backend[]> {
  const available = await Promise.all(BACKENDS.map(({isAvailable}) => isAvailable()));
  return BACKENDS.filter((_, i) => available[i]);
}

/** Starts a backend. @throws where it does not start. */
export async function start(name: string): Promise<void> {
  // The page loads these modules only when the visitor chooses WebGPU.
  if (name === 'webgpu') await Promise.all([import('@tensorflow/tfjs-backend-webgpu'), import('tfjs-optim/webgpu')]);
  if (!(await tf.setBackend(name)))
    throw new Error(`The backend ${name} did not start in this browser. Choose another one.`);
  await tf.ready();
}
