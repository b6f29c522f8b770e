import * as tf from '@tensorflow/tfjs';

import {TRAINING_KERNELS} from '../../src/wasm_training/training_kernels';

type Config = tf.KernelConfig;

/** tfjs's own kernels; those with ours for what tfjs lacks; ours for all that wasm-training brings. */
export const VARIANTS = ['stock', 'filled in', 'ours'] as const;
export type Variant = (typeof VARIANTS)[number];

/**
 * Switches kernels in one process, so that the same run measures all of them. To be made before wasm-training is
 * imported.
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
