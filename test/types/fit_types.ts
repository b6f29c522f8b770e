// Checked by `npm run typecheck`, never run: what hooks of `fit` are given where they are written down.
import {cos, fitCallbacks, type FitLogs, fitOneCycle, oneCycle, type Schedule} from '../../src';
import type * as tf from '@tensorflow/tfjs';

declare const model: tf.LayersModel;
declare const tensor: tf.Tensor;

export const losses: Array<FitLogs | undefined> = [];
void fitOneCycle(model, tensor, tensor, {epochs: 1, callbacks: [{onBatchEnd: (batch, logs) => { losses[batch] = logs; }}]});
fitCallbacks([oneCycle(), {onEpochEnd: (epoch, logs) => { losses[epoch] = logs; }}]);
// @ts-expect-error no such hook
fitCallbacks([{onStepEnd: () => undefined}]);
export const down: Schedule = cos(1e-3, 1e-5);
