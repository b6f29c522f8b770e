import {type HyperValue, lookahead, OptimWrapper, weightDecay} from '../../src';
import type {TableRow} from './optimizer_table';
import {tf} from './tfjs';

/** An optimizer of tf.train. */
interface TrainRow {
  readonly name: string;
  readonly make: (lr: number) => tf.Optimizer;
}

/** All optimizers of tf.train, with an epsilon that is the same on every backend. */
export const trainTable: readonly TrainRow[] = [
  {name: 'sgd', make: lr => tf.train.sgd(lr)},
  {name: 'momentum', make: lr => tf.train.momentum(lr, 0.9)},
  {name: 'nesterov', make: lr => tf.train.momentum(lr, 0.9, true)},
  {name: 'adagrad', make: lr => tf.train.adagrad(lr, 0.1)},
  {name: 'adadelta', make: lr => tf.train.adadelta(lr, 0.9, 0.01)},
  {name: 'adam', make: lr => tf.train.adam(lr, 0.9, 0.999, 1e-7)},
  {name: 'adamax', make: lr => tf.train.adamax(lr, 0.9, 0.999, 1e-7, 0.01)},
  {name: 'rmsprop', make: lr => tf.train.rmsprop(lr, 0.9, 0.5, 1e-7)},
  {name: 'centered rmsprop', make: lr => tf.train.rmsprop(lr, 0.9, 0.5, 1e-7, true)},
];

/**
 * The same, wrapped, one for each group, with decay before. tfjs's centered RMSProp gives NaN where gradients are
 * constant or zero.
 */
export const wrappedTable: readonly TableRow[] = [
  ...trainTable
    .filter(({name}) => name !== 'centered rmsprop')
    .map(({name, make}): TableRow => ({
      name: `wrapped ${name}`,
      make: (lr, {params, wd = 0} = {}) =>
        new OptimWrapper(numbersOf(lr).map(make), {params, wd, callbacks: [weightDecay]}),
    })),
  {
    name: 'lookahead over wrapped adam',
    make: (lr, {params, wd = 0} = {}) =>
      lookahead(
        new OptimWrapper(
          numbersOf(lr).map(rate => tf.train.adam(rate, 0.9, 0.999, 1e-7)),
          {params, wd, callbacks: [weightDecay]},
        ),
        {k: 4},
      ),
  },
];

function numbersOf(lr: HyperValue): number[] {
  if (typeof lr === 'number') return [lr];
  if (Array.isArray(lr)) return lr.map(Number);
  throw new Error('A wrapped optimizer takes one learning rate per group.');
}

// tfjs's Momentum does not free a scalar when it is disposed. This frees it, so that any other leak shows.
const forgetful = tf.MomentumOptimizer.prototype;
const dispose: unknown = Reflect.get(forgetful, 'dispose');
forgetful.dispose = function disposeAll(this: tf.MomentumOptimizer) {
  if (typeof dispose === 'function') Reflect.apply(dispose, this, []);
  const scalar: unknown = Reflect.get(this, 'c');
  if (scalar instanceof tf.Tensor) scalar.dispose();
};
