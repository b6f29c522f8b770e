import {optimizerOf} from '../optimizer/optimizer_of_model';
import {FitCallback} from './fit_callback';
import {override} from './training_run';

/**
 * A callback that makes validation use the evaluation values of the optimizer's callbacks, such as the averages of
 * `ema`. It calls `opt.eval()` before validation and `opt.train()` after it.
 * @throws when training begins, where no callback of the optimizer has evaluation values.
 */
export function evaluateAverages(): FitCallback {
  return new FitCallback({
    trainBegin: ({model, run}) => {
      const optimizer = optimizerOf(model);
      if (!optimizer.callbacks.some(({declaration}) => 'evaluate' in declaration)) {
        throw new Error('evaluateAverages: no callback of this optimizer has averages to evaluate. Wrap it in `ema`.');
      }
      const swapped =
        (evaluate: (...args: unknown[]) => unknown) =>
        (...args: unknown[]) => {
          optimizer.eval();
          let result: unknown;
          try {
            result = evaluate(...args);
          } catch (error) {
            optimizer.train();
            throw error;
          }
          if (result instanceof Promise)
            return result.finally(() => {
              optimizer.train();
            });
          optimizer.train();
          return result;
        };
      // No hook would be early enough: `fit` validates inside the last step of an epoch.
      override(run, model, 'testLoop', swapped);
      override(run, model, 'evaluateDataset', swapped);
    },
  });
}
