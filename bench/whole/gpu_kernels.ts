import * as tf from '@tensorflow/tfjs';

import {defined} from '../../examples/support/lookup';
import {gpuGradients} from '../../src/gpu_training/gradients';
import {registerGpuTraining} from '../../src/gpu_training/register';
import type {Contestant} from './contestant';
import {tfjsContestants} from './tfjs';

/** What tfjs keeps for both passes: kernels of one backend, and gradients by operation, which all backends share. */
interface Registered {
  readonly kernels: readonly tf.KernelConfig[];
  readonly gradients: readonly tf.GradConfig[];
}

function registered(backend: string): Registered {
  const names = Object.keys(gpuGradients(() => false));
  return {kernels: tf.getKernelsForBackend(backend), gradients: names.map(name => tf.getGradient(name))};
}

/** The contestants on tfjs, with and without gpu-training. @param backend that has started. */
export function contestantsOn(backend: 'webgl' | 'webgpu'): Contestant[] {
  const kernels = new GpuKernels(backend);
  return tfjsContestants(which => {
    kernels.use(which);
  });
}

/** Switches gpu-training on and off in one process, so that the same run measures both. Create it once per process. */
class GpuKernels {
  readonly #stock: Registered;
  readonly #ours: Registered;
  readonly #replaced: readonly string[];

  /** @param backend that has started. */
  constructor(backend: 'webgl' | 'webgpu') {
    this.#stock = registered(backend);
    this.#replaced = registerGpuTraining().kernels;
    this.#ours = registered(backend);
  }

  use(kernels: 'stock' | 'ours'): void {
    const wanted = kernels === 'ours' ? this.#ours : this.#stock;
    for (const name of this.#replaced) {
      const config = defined(
        wanted.kernels.find(({kernelName}) => kernelName === name),
        `kernel '${name}'`,
      );
      tf.unregisterKernel(name, config.backendName);
      tf.registerKernel(config);
    }
    for (const gradient of wanted.gradients) tf.registerGradient(gradient);
  }
}
