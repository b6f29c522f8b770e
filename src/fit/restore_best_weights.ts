import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';

import type {Optimizer} from '../optimizer/optimizer';
import {asOptimizer} from '../optimizer/optimizer_of_model';
import type {ParameterState} from '../state/state_view';
import {weightSpaceEntries} from '../state/weight_space';
import {checkOptions} from '../util/options';
import {assign} from '../util/own_writes';
import {isLive, isVariable} from '../util/tensors';
import {FitCallback} from './fit_callback';
import {monitorOf, type MonitorOptions} from './monitor';

/** The weights of an epoch, with the optimizer's state in weight space. */
interface Snapshot {
  /** Undefined where the model's optimizer is not one of this package. */
  readonly optimizer: Optimizer | undefined;
  readonly weights: ReadonlyMap<tf.Variable, tf.Tensor>;
  readonly states: ReadonlyMap<tf.Variable, ParameterState>;
}

/**
 * A callback that ends training with the weights of the epoch in which the monitored value was best. This includes the
 * moving averages of batch normalization. The optimizer's state in weight space (slow weights, averages of weights) is
 * restored too. So later training goes on from there, and `opt.eval()` shows the weights that the epoch's validation
 * saw where `evaluateAverages` was used. The optimizer's other state is not restored. Where training throws, nothing
 * is restored.
 * @throws when training begins, where `mode` must be given; in training, where the monitored value is not logged.
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3, callbacks: restoreBestWeights({monitor: 'loss'})});
 * ```
 */
export function restoreBestWeights(options: MonitorOptions = {}, ...more: undefined[]): FitCallback {
  checkOptions('restoreBestWeights', options, ['monitor', 'mode', 'minDelta'], more);
  const monitor = monitorOf('restoreBestWeights', options);
  let best: Snapshot | undefined;
  const forget = () => {
    if (best !== undefined) tf.dispose([[...best.weights.values()], [...best.states.values()]]);
    best = undefined;
  };
  return new FitCallback({
    trainBegin: fit => {
      monitor.begin(fit);
      forget();
      fit.run.onEnd(forget);
    },
    epochEnd: async (fit, _, logs) => {
      if ((await monitor.improves(fit, logs)) !== true) return;
      forget();
      best = snapshotOf(fit.model);
    },
    trainEnd: ({model}) => {
      if (best === undefined) return;
      // A callback may have compiled the model with another optimizer since. Its state is not of that epoch.
      const optimizer = model.optimizer === best.optimizer ? best.optimizer : undefined;
      optimizer?.rebase();
      for (const [variable, value] of best.weights) if (isLive(variable)) assign(variable, value);
      if (optimizer === undefined) return;
      for (const variable of optimizer.paramLists.flat()) {
        const state = best.states.get(variable);
        if (state !== undefined) optimizer.state.set(variable, state);
      }
      optimizer.watchWeights();
    },
  });
}

function snapshotOf(model: LayersModel): Snapshot {
  const copyOf = (tensor: tf.Tensor): tf.Tensor => tf.keep(tensor.clone());
  const optimizer = asOptimizer(model.optimizer);
  const variables = model.weights.map(weight => weight.read()).filter(isVariable);
  return {
    optimizer,
    weights: new Map(variables.map(variable => [variable, copyOf(variable)])),
    states: new Map(optimizer?.paramLists.flat().map(variable => [variable, stateIn(optimizer, variable, copyOf)])),
  };
}

/** A variable's state in weight space. */
function stateIn(
  optimizer: Optimizer,
  variable: tf.Variable,
  copyOf: (tensor: tf.Tensor) => tf.Tensor,
): ParameterState {
  const names = new Set(weightSpaceEntries(optimizer.callbacks));
  const entries = Object.entries(optimizer.state.get(variable));
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (names.has(name) && typeof value === 'object' ? [[name, copyOf(value)]] : [])),
  );
}
