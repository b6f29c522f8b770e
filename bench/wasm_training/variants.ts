import * as tf from '@tensorflow/tfjs';

import {TRAINING_KERNELS} from '../../src/wasm_training/training_kernels';

type Config = tf.KernelConfig;

/**
 * `stock`: tfjs's own kernels. `filled in`: the same, with ours for kernels that tfjs lacks. `ours`: all kernels of
 * wasm-training.
 */
type Variant = 'stock' | 'filled in' | 'ours';

/**
 * Switches between kernels in one process, so that the same run measures all of them. Create it before wasm-training
 * is imported.
 */
export class Kernels {
  readonly #stock = configs();
  #ours = new Map<string, Config>();

  async load(): Promise<void> {
    await import('../../src/wasm_training/index');
    this.#ours = configs();
  }

  use(variant: Variant): void {
    for (const {name, fault} of TRAINING_KERNELS) {
      const isOurs = variant === 'ours' || (variant === 'filled in' && fault === 'missing');
      const wanted = (isOurs ? this.#ours : this.#stock).get(name);
      if (configs().has(name)) tf.unregisterKernel(name, 'wasm');
      if (wanted !== undefined) tf.registerKernel(wanted);
    }
  }
}

function configs(): Map<string, Config> {
  return new Map(tf.getKernelsForBackend('wasm').map(config => [config.kernelName, config]));
}
