import '@tensorflow/tfjs-backend-wasm';
import 'tfjs-optim/wasm';
// Without it, convolutions can't be trained on WASM.
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
// Its threads are given a function of the script as text, which a minified bundle makes useless.
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);

/** A backend that the visitor can pick. */
export interface Backend {
  readonly name: string;
  readonly title: string;
  readonly isThere: () => Promise<boolean>;
}

const BACKENDS: readonly Backend[] = [
  {name: 'wasm', title: 'WASM', isThere: () => Promise.resolve(typeof WebAssembly === 'object')},
  {name: 'webgl', title: 'WebGL', isThere: () => Promise.resolve(tf.env().getNumber('WEBGL_VERSION') > 0)},
  {
    name: 'webgpu',
    title: 'WebGPU',
    isThere: async () => 'gpu' in navigator && (await navigator.gpu.requestAdapter()) !== null,
  },
];

/** The backends that this browser has. */
export async function backendsHere(): Promise<Backend[]> {
  const there = await Promise.all(BACKENDS.map(({isThere}) => isThere()));
  return BACKENDS.filter((_, i) => there[i]);
}

/** @throws where it does not start. */
export async function start(name: string): Promise<void> {
  // Only those who pick it load it.
  if (name === 'webgpu') await Promise.all([import('@tensorflow/tfjs-backend-webgpu'), import('tfjs-optim/webgpu')]);
  if (!(await tf.setBackend(name))) throw new Error(`The backend ${name} did not start in this browser.`);
  await tf.ready();
}
