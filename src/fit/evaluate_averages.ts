import {optimizerOf} from '../optimizer/optimizer_of_model';
import {FitCallback} from './fit_callback';
import {override} from './training_run';

/**
 * A callback that has validation see what the optimizer's callbacks evaluate to, such as the averages of `ema`:
 * `opt.eval()` before, `opt.train()` after.
 */
export function evaluateAverages(): FitCallback {
  return new FitCallback({
    trainBegin: ({model, run}) => {
      const optimizer = optimizerOf(model);
      if (!optimizer.callbacks.some(({declaration}) => 'evaluate' in declaration)) {
        throw new Error('evaluateAverages: no callback of this optimizer has averages to show; put `ema` around it.');
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
      // `fit` validates inside the last step of an epoch, before any hook.
      override(run, model, 'testLoop', swapped);
      override(run, model, 'evaluateDataset', swapped);
    },
  });
}
