import {warn} from '../util/warn';
import {FitCallback, logged} from './fit_callback';

/**
 * A callback that stops training, with a warning, once the loss of a batch is NaN or infinite. It reads the loss of
 * each batch.
 */
export function terminateOnNaN(): FitCallback {
  return new FitCallback({
    batchEnd: async ({model, run}, batch, {loss}) => {
      const value = await logged(loss);
      if (value === undefined || Number.isFinite(value) || model.stopTraining) return;
      warn(
        `the loss of batch ${batch} is ${value}: training stops. A lower learning rate, or clipping the gradients, may help; lrFind shows where it diverges.`,
      );
      // Gradients that wait in a window may be NaN, and the weights are not yet.
      run.cutOff();
      model.stopTraining = true;
    },
  });
}
