import {optimizerOf} from '../optimizer/optimizer_of_model';
import {checkShows, finallyDo, withAverages} from '../optimizer/with_averages';
import {checkOptions} from '../util/options';
import {warnOnce} from '../util/warn';
import {FitCallback, isOfValidation} from './fit_callback';
import {type BatchSizeOption, InputBatches, type NormData} from './input_batches';
import {NormAverages} from './norm_averages';
import {override} from './training_run';

/** Settings of `evaluateAverages`. */
export interface EvaluateAveragesOptions extends BatchSizeOption {
  /**
   * Inputs from which the moving averages of batch normalization are computed anew before each validation, for the
   * weights that it sees; see `recomputeBatchNorm`. Afterwards they are as before. A dataset is read once, when
   * training begins, and its batches stay in memory: give a part of it, as in `dataset.take(50)`. Default: none.
   */
  readonly data?: NormData;
}

/**
 * A callback that makes validation use the evaluation values of the optimizer's callbacks, such as the averages of
 * `ema`, or x of `scheduleFree`. It calls `opt.eval()` before validation and `opt.train()` after it.
 * @throws when training begins, where no callback of the optimizer has evaluation values, and for impossible data.
 * @example
 * ```ts
 * model.compile({optimizer: ema(adam(1e-3)), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, validationSplit: 0.2, callbacks: evaluateAverages()});
 * ```
 */
export function evaluateAverages(options: EvaluateAveragesOptions = {}, ...more: undefined[]): FitCallback {
  checkOptions('evaluateAverages', options, ['data', 'batchSize'], more);
  const {data, batchSize} = options;
  if (data === undefined && batchSize !== undefined)
    throw new Error("evaluateAverages: 'batchSize' has no effect without 'data'. Leave it out, or give 'data'.");
  let isUsed = false;
  return new FitCallback({
    trainBegin: async ({model, run}) => {
      isUsed = false;
      const optimizer = optimizerOf(model);
      checkShows('evaluateAverages', optimizer);
      const batches = data === undefined ? undefined : new InputBatches('evaluateAverages', model, data, options);
      if (batches !== undefined)
        run.onEnd(() => {
          batches.dispose();
        });
      await batches?.read();
      const swapped =
        (evaluate: (...args: unknown[]) => unknown) =>
        (...args: unknown[]) => {
          isUsed = true;
          return withAverages(optimizer, () => {
            if (batches === undefined) return evaluate(...args);
            const averages = new NormAverages(model);
            return finallyDo(
              () => {
                for (const batch of batches) averages.add(batch);
                averages.finish();
                return evaluate(...args);
              },
              () => {
                averages.putBack();
                averages.dispose();
              },
            );
          });
        };
      // No hook would be early enough: `fit` validates inside the last step of an epoch.
      run.showsAverages = true;
      override(run, model, 'testLoop', swapped);
      override(run, model, 'evaluateDataset', swapped);
    },
    // Not earlier: another callback may call `model.evaluate`, which sees the averages too.
    trainEnd: ({logs}) => {
      if (!isUsed && !logs.some(isOfValidation))
        warnOnce(
          'evaluateAverages had no effect, because training had no validation. Give fit `validationData` or ' +
            '`validationSplit`.',
        );
    },
  });
}
