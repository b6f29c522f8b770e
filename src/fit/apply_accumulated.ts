import {applyOpenWindow} from '../optimizer/open_window';
import {optimizerOf} from '../optimizer/optimizer_of_model';
import {checkNoMore} from '../util/options';
import {FitCallback} from './fit_callback';

/**
 * A callback that applies the gradients that `accumulate` still holds when training ends. It makes one step with the
 * mean of the gradients of the last, incomplete window. This step comes before what other callbacks of this package do
 * at the end of training. Without this callback these gradients wait for the next fit. They also wait where training
 * throws, is aborted, or is stopped by `terminateOnNaN`. `fitOneCycle` and the other `fit…` functions make this step
 * themselves, unless they are given `keepWindow: true`.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3, {callbacks: accumulate(4)}), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: applyAccumulated()});
 * ```
 */
export function applyAccumulated(...none: undefined[]): FitCallback {
  checkNoMore('applyAccumulated', none);
  return new FitCallback({
    trainBegin: ({model, run}) => {
      const optimizer = optimizerOf(model);
      run.lastStep(() => {
        applyOpenWindow(optimizer);
      });
    },
  });
}
