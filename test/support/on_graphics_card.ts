// A program of test/programs/node_webgpu_test.ts: trains in Node on the backend webgpu, and prints what happened
// as JSON. `early` imports tfjs's backend before it may; a folder as the second argument is where the model is saved.
import * as tf from '@tensorflow/tfjs';

import {adam, optimizerOf} from '../../src';
import {fileSystem} from '../../src/file_system';
import {startWebGPU, type WebGPUOptions} from '../../src/node_webgpu';

// tfjs's type of `verbose` is an enum that it does not export.
const QUIET = {verbose: 0};
const [mode, folder = ''] = process.argv.slice(2);

/** The error of a call that must fail. */
async function errorOf(options: WebGPUOptions = {}): Promise<string> {
  try {
    await startWebGPU(options);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('The call must fail.');
}

function compiled(): tf.Sequential {
  const dense = (units: number, seed: number, more: object) =>
    tf.layers.dense({units, kernelInitializer: tf.initializers.glorotUniform({seed}), ...more});
  const model = tf.sequential({layers: [dense(8, 1, {inputShape: [4], activation: 'tanh'}), dense(1, 2, {})]});
  model.compile({optimizer: adam(0.05), loss: 'meanSquaredError'});
  return model;
}

async function trained(): Promise<object> {
  const wrongFlags = await errorOf({flags: ['adapter=no such card']});
  const untouched = tf.getBackend() !== 'webgpu' && !('GPUBufferUsage' in globalThis);
  const card = await startWebGPU();
  const again = await startWebGPU();
  const late = await errorOf({flags: ['backend=vulkan']});
  const xs = tf.randomNormal([64, 4], 0, 1, 'float32', 3);
  const ys = xs.sum(1, true);
  const fit = async (model: tf.LayersModel, epochs: number): Promise<number[]> => {
    const {history} = await model.fit(xs, ys, {epochs, batchSize: 32, shuffle: false, ...QUIET});
    return (history['loss'] ?? []).map(Number);
  };
  const onCard = xs.add(1).mul(ys);
  let sync = '';
  try {
    onCard.dataSync();
  } catch (error) {
    sync = error instanceof Error ? error.message : String(error);
  }
  const whole = compiled();
  const losses = await fit(whole, 8);
  const half = compiled();
  const before = await fit(half, 4);
  await half.save(fileSystem(folder), {includeOptimizer: true});
  const loaded = await tf.loadLayersModel(fileSystem(folder));
  const after = await fit(loaded, 4);
  const {fusedOn, iterations} = optimizerOf(loaded);
  return {
    wrongFlags,
    untouched,
    card,
    again,
    late,
    sync,
    backend: tf.getBackend(),
    losses,
    resumed: [...before, ...after],
    fusedOn,
    iterations,
  };
}

if (mode === 'early') await import('@tensorflow/tfjs-backend-webgpu');
console.log(JSON.stringify(mode === 'trains' ? await trained() : {error: await errorOf()}));
