import {checkNoMore} from '../util/options';
import {warn} from '../util/warn';
import {FitCallback, logged} from './fit_callback';

/**
 * A callback that stops training, with a warning, when the loss of a batch is NaN or infinite. It reads the loss of
 * each batch from the device.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: terminateOnNaN()});
 * ```
 */
export function terminateOnNaN(...none: undefined[]): FitCallback {
  checkNoMore('terminateOnNaN', none);
  return new FitCallback({
    batchEnd: async ({model, run}, batch, {loss}) => {
      const value = await logged(loss);
      if (value === undefined || Number.isFinite(value) || model.stopTraining) return;
      warn(
        `the loss of batch ${batch} is ${value}: training stops. A lower learning rate, or clipping the gradients, ` +
          'may help. lrFind shows the rates at which training diverges.',
      );
      // The gradients of an open window of `accumulate` may be NaN. They must not reach the weights, which are not NaN
      // yet.
      run.cutOff();
      model.stopTraining = true;
    },
  });
}
