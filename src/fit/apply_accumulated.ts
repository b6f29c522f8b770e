import {applyOpenWindow} from '../optimizer/open_window';
import {optimizerOf} from '../optimizer/optimizer_of_model';
import {FitCallback} from './fit_callback';

/**
 * A callback that applies what `accumulate` holds back when training ends: one step with the mean of the gradients of
 * the last, incomplete window, before other callbacks of this package do what they do at the end. Without it these
 * gradients wait for the next fit. Where training throws, is aborted, or is stopped by `terminateOnNaN`, they wait
 * too. `fitOneCycle` and the other fit functions do that by themselves unless they are given `keepWindow: true`.
 */
export function applyAccumulated(): FitCallback {
  return new FitCallback({
    trainBegin: ({model, run}) => {
      const optimizer = optimizerOf(model);
      run.lastStep(() => {
        applyOpenWindow(optimizer);
      });
    },
  });
}
