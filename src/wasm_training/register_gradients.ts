import {
  getBackend,
  getGradient,
  getKernelsForBackend,
  type GradConfig,
  type GradFunc,
  registerGradient,
  registerKernel,
  version_core,
} from '@tensorflow/tfjs-core';

import {batchNormGradient} from './batch_norm';
import {isKnownFaulty} from './faulty_versions';
import {kernelFunction} from './kernel';
import {BATCH_NORM_GRADIENT, TRAINING_GRADIENTS, type TrainingGradient} from './training_gradients';

// A mark on functions of ours, which a second copy of this module (ESM beside UMD) recognizes too.
const OURS = Symbol.for('tfjs-optim/wasm-training');

/**
 * Puts our gradients in front of tfjs's, which all backends share. On other backends than `backendName` ours call
 * tfjs's.
 * @returns the names of the operations with gradients of ours.
 */
export function registerTrainingGradients(backendName: string): string[] {
  if (!isKnownFaulty(version_core)) return [];
  if (!getKernelsForBackend(backendName).some(({kernelName}) => kernelName === BATCH_NORM_GRADIENT)) {
    registerKernel({
      kernelName: BATCH_NORM_GRADIENT,
      backendName,
      kernelFunc: kernelFunction(BATCH_NORM_GRADIENT, batchNormGradient, undefined),
    });
  }
  return Object.entries(TRAINING_GRADIENTS)
    .filter(([name, gradient]) => {
      const there = find(name);
      if (there === undefined) return false;
      if (!(OURS in there.gradFunc))
        registerGradient({
          ...there,
          gradFunc: Object.assign(inFrontOf(there.gradFunc, gradient, backendName), {[OURS]: true}),
        });
      return true;
    })
    .map(([name]) => name);
}

function find(name: string): GradConfig | undefined {
  return getGradient(name);
}

function inFrontOf(stock: GradFunc, gradient: TrainingGradient, backendName: string): GradFunc {
  return (dy, saved, attrs) => {
    const ours = getBackend() === backendName && !Array.isArray(dy) ? gradient(dy, saved, attrs) : undefined;
    // Undefined: this case is left to tfjs.
    return ours ?? stock(dy, saved, attrs);
  };
}
