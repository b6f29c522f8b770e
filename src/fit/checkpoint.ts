import * as tf from '@tensorflow/tfjs-core';

import {checkOptions, checkSwitch, checkWhole} from '../schedule/options';
import {FitCallback} from './fit_callback';
import {monitorOf, type MonitorOptions} from './monitor';
import {checkSavable} from './savable';

/** Settings of `checkpoint`. */
export interface CheckpointOptions extends MonitorOptions {
  /** Save only where the monitored value is the best so far. Default false: after each epoch. */
  readonly saveBest?: boolean;
  /** Save also after every n-th batch, so that training can go on within an epoch. Default: no. */
  readonly everyBatches?: number;
}

/**
 * A callback that saves the model with its optimizer, state and schedules included, so that `tf.loadLayersModel` gives
 * one that goes on where this one was. After the last step, what is saved has the hypers that the next fit starts
 * with: those from before the schedules and reductions of this one. A `Sequential` is saved as the model of the same
 * layers.
 * @param to a URL such as `indexeddb://name`, or an IOHandler.
 * @throws for an impossible setting; when training begins, where TensorFlow.js can't save the model's metrics or
 *   losses, or where `saveBest` needs `mode`; in training, where the monitored value of `saveBest` is not logged.
 */
export function checkpoint(
  to: string | tf.io.IOHandler,
  options: CheckpointOptions = {},
  ...more: undefined[]
): FitCallback {
  checkOptions('checkpoint', options, ['monitor', 'mode', 'minDelta', 'saveBest', 'everyBatches'], more, 'to, ');
  const {saveBest = false, everyBatches} = options;
  checkSwitch('saveBest', saveBest);
  if (everyBatches !== undefined) checkWhole('everyBatches', everyBatches, 1);
  const monitor = monitorOf('checkpoint', options);
  let batches = 0;
  return new FitCallback({
    trainBegin: fit => {
      checkPlace(to);
      checkSavable('checkpoint', fit.model);
      if (saveBest) monitor.begin(fit);
      batches = 0;
    },
    batchEnd: async ({model}) => {
      batches++;
      if (everyBatches !== undefined && batches % everyBatches === 0) await model.save(to, {includeOptimizer: true});
    },
    epochEnd: async ({model, run, epochs}, epoch, logs) => {
      // What is saved last is what training ends with. The best one is what was evaluated.
      if (!saveBest && epoch === epochs - 1) run.makeLastSteps();
      if (!saveBest || (await monitor.improves(logs))) await model.save(to, {includeOptimizer: true});
    },
  });
}

// Before training, rather than after the first epoch.
function checkPlace(to: unknown): void {
  const isHandler = typeof to === 'object' && to !== null && 'save' in to && typeof to.save === 'function';
  if (isHandler || (typeof to === 'string' && tf.io.getSaveHandlers(to).length > 0)) return;
  throw new Error(
    `checkpoint saves to a URL such as indexeddb://name, or an IOHandler with \`save\`; got ${String(to)}.`,
  );
}
