import type {LayersModel} from '@tensorflow/tfjs-layers';

import {checkFunction, checkOptions} from '../util/options';
import {checkIsModel} from './containers';
import {type BatchSizeOption, InputBatches, type NormData} from './input_batches';
import {NormAverages} from './norm_averages';
import {oneAtATime} from './one_at_a_time';

const NAME = 'recomputeBatchNorm';

/** Settings of `recomputeBatchNorm`. */
export interface RecomputeOptions<T> extends BatchSizeOption {
  /**
   * Runs with the new averages. Then the averages from before are put back, also where it throws. It may be async.
   * Without it, the new averages stay.
   */
  readonly during?: () => T;
}

/**
 * Computes the moving averages of all batch normalization layers anew from inputs: the means, over batches, of each
 * batch's mean and variance, with the weights as they are now. Weights that were averaged (`ema`, `swa`,
 * `scheduleFree`) need this, because their moving averages belong to the trained weights. It runs the model forwards as
 * in training, so layers such as dropout are active. Layers that do not train because of `bnFreeze` keep their
 * averages.
 *
 * ```ts
 * await withAverages(opt, () => recomputeBatchNorm(model, xs, {during: () => model.save('indexeddb://inference')}));
 * ```
 * Each batch has the same weight. Source: PyTorch's `update_bn`.
 * @returns what `during` returned.
 * @throws (rejects) for data without examples or of another kind, while the model trains, and what the model and
 *   `during` throw; then the averages are as before.
 * @example
 * ```ts
 * model.compile({optimizer: swa(sgd(0.1)), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3});
 * await recomputeBatchNorm(model, xs, {batchSize: 16});
 * ```
 */
export async function recomputeBatchNorm<T = undefined>(
  model: LayersModel,
  data: NormData,
  options: RecomputeOptions<T> = {},
  ...more: undefined[]
): Promise<Awaited<T> | undefined> {
  checkIsModel(NAME, model);
  checkOptions(NAME, options, ['batchSize', 'during'], more, 'model, data, ');
  checkFunction('during', options.during);
  return oneAtATime(NAME, model, () => recompute(model, data, options));
}

async function recompute<T>(
  model: LayersModel,
  data: NormData,
  options: RecomputeOptions<T>,
): Promise<Awaited<T> | undefined> {
  const {during} = options;
  const batches = new InputBatches(NAME, model, data, options);
  const averages = new NormAverages(model);
  try {
    await batches.once(batch => {
      averages.add(batch);
    });
    averages.finish();
    const result = await Promise.resolve(during?.());
    if (during !== undefined) averages.putBack();
    return result;
  } catch (error) {
    averages.putBack();
    throw error;
  } finally {
    averages.dispose();
    batches.dispose();
  }
}
