// A page whose worker trains with threads: the same script runs in both. The page's global `result` is the answer.
import '../../src/backends/wasm';
import '../../src/wasm_training/index';

import * as tf from '@tensorflow/tfjs';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';

import {adam} from '../../src/browser';
import {startWasmThreads} from '../../src/wasm_threads';

async function trained(): Promise<object> {
  // A worker has no address that tfjs could guess the folder from.
  setWasmPaths(new URL('/wasm/', location.origin).href);
  if (!(await tf.setBackend('wasm'))) throw new Error('The WASM backend did not start.');
  const size = 2 ** 19;
  const run = (): string => {
    const variable = tf.tidy(() => tf.variable(tf.range(0, size).div(size)));
    const optimizer = adam(0.01);
    for (let step = 0; step < 5; step++)
      tf.tidy(() => optimizer.applyGradients([{name: variable.name, tensor: tf.sin(variable)}]));
    const found = variable.dataSync().join();
    optimizer.dispose();
    variable.dispose();
    return found;
  };
  const alone = run();
  const {threads, stop} = await startWasmThreads({threads: 3});
  const together = run();
  stop();
  return {isPage: typeof document !== 'undefined', threads, same: alone === together};
}

if (typeof document === 'undefined') {
  trained().then(
    result => {
      postMessage(result);
    },
    (error: unknown) => {
      postMessage(String(error));
    },
  );
} else {
  new Worker('/page.js').onmessage = ({data}: MessageEvent<unknown>) => {
    Object.assign(globalThis, {result: data});
  };
}
