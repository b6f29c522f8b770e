import * as tf from '@tensorflow/tfjs-core';

import {checkOptions, checkSwitch, checkWhole} from '../util/options';
import {shown} from '../util/shown';
import {FitCallback} from './fit_callback';
import {monitorOf, type MonitorOptions} from './monitor';
import {checkSavable} from './savable';

/** Settings of `checkpoint`. */
export interface CheckpointOptions extends MonitorOptions {
  /** Save only where the monitored value is the best so far. Default false: save after each epoch. */
  readonly saveBest?: boolean;
  /**
   * Also save each time this many batches have passed, a whole number from 1. Training can then go on from the middle
   * of an epoch. Not with `saveBest`, whose file holds the best model. Default: off.
   */
  readonly everyBatches?: number;
}

/**
 * A callback that saves the model with its optimizer, including the optimizer's state and schedules. The model that
 * `tf.loadLayersModel` loads continues at the point of the save. After the last step, the saved hypers are those that
 * the next fit starts with: the values from before the schedules and reductions of this fit. A `Sequential` is saved
 * as the model of the same layers.
 * @param to a URL such as `indexeddb://name`, or an IOHandler.
 * @throws for an impossible setting; when training begins, where TensorFlow.js can't save the model's metrics or
 *   losses, or where `saveBest` needs `mode`; during training, where `saveBest` is set and the monitored value is not
 *   logged.
 * @example
 * ```ts checked
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: checkpoint('indexeddb://best', {saveBest: true, monitor: 'loss'})});
 * ```
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
  checkTogether(options);
  const monitor = monitorOf('checkpoint', options);
  let batches = 0;
  return new FitCallback({
    trainBegin: fit => {
      checkTarget(to);
      checkSavable('checkpoint', fit.model);
      if (saveBest) monitor.begin(fit);
      batches = 0;
    },
    batchEnd: async ({model}) => {
      batches++;
      if (everyBatches !== undefined && batches % everyBatches === 0) await model.save(to, {includeOptimizer: true});
    },
    epochEnd: async (fit, epoch, logs) => {
      const {model, run, epochs} = fit;
      // The last save must hold the weights that training ends with. The best model must be the one that was evaluated.
      if (!saveBest && epoch === epochs - 1) run.makeLastSteps();
      if (!saveBest || (await monitor.improves(fit, logs)) === true) await model.save(to, {includeOptimizer: true});
    },
  });
}

/** @throws where one setting would undo another one, or has no effect. */
function checkTogether({saveBest = false, everyBatches, monitor, mode, minDelta}: CheckpointOptions): void {
  if (saveBest && everyBatches !== undefined)
    throw new Error(
      "checkpoint: 'everyBatches' would overwrite the best model; leave it or 'saveBest' out, or use two checkpoints " +
        'with two places.',
    );
  const [unused] = Object.entries({monitor, mode, minDelta}).find(([, value]) => value !== undefined) ?? [];
  if (!saveBest && unused !== undefined)
    throw new Error(`checkpoint: '${unused}' has no effect without {saveBest: true}; add that, or leave it out.`);
}

// Checked when training begins, so that a wrong address does not cost the first epoch.
function checkTarget(to: unknown): void {
  const isHandler = typeof to === 'object' && to !== null && 'save' in to && typeof to.save === 'function';
  if (isHandler || (typeof to === 'string' && tf.io.getSaveHandlers(to).length > 0)) return;
  throw new Error(
    `checkpoint saves to a URL such as indexeddb://name, or an IOHandler with \`save\`; got ${shown(to)}.`,
  );
}
