// Checked by `npm run typecheck`, never run: the types that hooks of `fit` get where they are written.
import type * as tf from '@tensorflow/tfjs';

import {
  cos,
  fitCallbacks,
  type FitLogs,
  fitOneCycle,
  lrFind,
  oneCycle,
  paramScheduler,
  type Schedule,
} from '../../src';

declare const model: tf.LayersModel;
declare const tensor: tf.Tensor;

export const losses: Array<FitLogs | undefined> = [];
void fitOneCycle(model, tensor, tensor, {
  epochs: 1,
  callbacks: [
    {
      onBatchEnd: (batch, logs) => {
        losses[batch] = logs;
      },
    },
  ],
});
fitCallbacks([
  oneCycle(),
  {
    onEpochEnd: (epoch, logs) => {
      losses[epoch] = logs;
    },
  },
]);
// @ts-expect-error no such hook
fitCallbacks([{onStepEnd: () => undefined}]);
// @ts-expect-error settings are an object
void fitOneCycle(model, tensor, tensor, 3);
// @ts-expect-error nothing comes after the settings
void fitOneCycle(model, tensor, tensor, {epochs: 3}, 0.1);
// @ts-expect-error no such setting
void fitOneCycle(model, tensor, tensor, {maxLr: 0.1});
// @ts-expect-error a scheduler is made by a call
void fitOneCycle(model, tensor, tensor, {callbacks: paramScheduler});
// @ts-expect-error a scheduler is made by a call
fitCallbacks([paramScheduler]);
// @ts-expect-error settings are an object
void lrFind(model, tensor, tensor, 100);
// @ts-expect-error schedules are given by hyper
paramScheduler(cos(1, 0));
// @ts-expect-error a string is not data
void lrFind(model, ['a'], [1]);
void lrFind(
  model,
  [
    [1, 2],
    [3, 4],
  ],
  Float32Array.of(1, 2),
  {validationData: [[[1, 2]], [1]]},
);
void fitOneCycle(model, [tensor, [1, 2]], {y: [[1], [2]]}, {epochs: 1});
export const down: Schedule = cos(1e-3, 1e-5);
