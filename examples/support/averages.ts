import type * as tf from '@tensorflow/tfjs';
import {isOptimizer, type Optimizer, withAverages} from 'tfjs-optim';

/** Whether the optimizer is one of `scheduleFree`. Its best weights are an average, and it needs no schedule. */
export function isScheduleFree(optimizer: Optimizer): boolean {
  return optimizer.callbacks.some(({name}) => name.startsWith('scheduleFree'));
}

/** Runs a function with the weights to show: for `scheduleFree`, their average. */
export function showing<T>(optimizer: tf.Optimizer, act: () => T): T {
  return isOptimizer(optimizer) && isScheduleFree(optimizer) ? withAverages(optimizer, act) : act();
}
