import {version_core} from '@tensorflow/tfjs-core';

import {BATCH_NORM_GRADIENT, putInFront} from '../gradients/in_front';
import {registerOnce} from '../util/register_once';
import {batchNormGradient} from './batch_norm';
import {isKnownFaulty} from './faulty_versions';
import {kernelFunction} from './kernel';
import {TRAINING_GRADIENTS} from './training_gradients';

const OURS = Symbol.for('tfjs-optim/wasm-training');

/**
 * Puts our gradients in front of tfjs's, which all backends share. On other backends than `backendName` ours call
 * tfjs's.
 * @returns the names of the operations with gradients of ours.
 */
export function registerTrainingGradients(backendName: string): string[] {
  if (!isKnownFaulty(version_core)) return [];
  registerOnce({
    kernelName: BATCH_NORM_GRADIENT,
    backendName,
    kernelFunc: kernelFunction(BATCH_NORM_GRADIENT, batchNormGradient, undefined),
  });
  return putInFront(TRAINING_GRADIENTS, [backendName], OURS);
}
