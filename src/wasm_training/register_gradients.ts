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

// On the function, so that a second copy of this module (ESM beside UMD) knows it too.
const OURS = Symbol.for('tfjs-optim/wasm-training');

/**
 * Puts ours in front of tfjs's gradients, which are common to all backends: on another than `backendName` they go
 * straight to tfjs's. Names those that are ours now.
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
    return ours ?? stock(dy, saved, attrs);
  };
}
