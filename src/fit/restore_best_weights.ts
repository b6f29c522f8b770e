import * as tf from '@tensorflow/tfjs-core';
import {checkOptions} from '../schedule/options';
import {isVariable} from '../tensors';
import {FitCallback} from './fit_callback';
import {type MonitorOptions, monitorOf} from './monitor';

/**
 * A callback that ends training with the weights of the epoch in which the monitored value was best, moving averages included. Where training
 * throws, the weights stay as they were then.
 * @throws in training, where the monitored value is not logged; at its begin, where `mode` is needed.
 */
export function restoreBestWeights(options: MonitorOptions = {}): FitCallback {
  checkOptions('restoreBestWeights', options, ['monitor', 'mode', 'minDelta']);
  const monitor = monitorOf('restoreBestWeights', options);
  const best = new Map<tf.Variable, tf.Tensor>();
  const forget = () => {
    tf.dispose([...best.values()]);
    best.clear();
  };
  return new FitCallback({
    trainBegin: fit => {
      monitor.begin(fit);
      forget();
      fit.run.onEnd(forget);
    },
    epochEnd: async ({model}, _, logs) => {
      if (!await monitor.improves(logs)) return;
      forget();
      for (const variable of model.weights.map(weight => weight.read()).filter(isVariable)) best.set(variable, tf.keep(variable.clone()));
    },
    trainEnd: () => { for (const [variable, value] of best) variable.assign(value); },
  });
}
