// What tfjs-core's own optimizer specs get as `tf`. An export of the same name, written here, goes before the one of
// core: every optimizer is a wrapped one.
import * as core from '@tensorflow/tfjs-core';

import {OptimWrapper} from '../../src';

export * from '@tensorflow/tfjs-core';

const stock = core.train;

/** The specs also make this one with `new`. */
export class SGDOptimizer extends OptimWrapper {
  constructor(learningRate: number) {
    super(stock.sgd(learningRate));
  }
}

/**
 * The spec of Adagrad hands its weights to an Adam, which drops them; `OptimWrapper` refuses what is not of its
 * optimizer.
 */
class AdamOfAdagradSpec extends OptimWrapper {
  override async setWeights(weights: Parameters<OptimWrapper['setWeights']>[0]): Promise<void> {
    await super.setWeights(weights.filter(({name}) => !name.endsWith('/accumulator')));
  }
}

/** The spec of Momentum counts the scalar that tfjs's own leaves when it is disposed; `OptimWrapper` leaves none. */
class MomentumOfItsSpec extends OptimWrapper {
  override dispose(): void {
    super.dispose();
    core.keep(core.scalar(0));
  }
}

export const train = {
  sgd: (learningRate: number) => new SGDOptimizer(learningRate),
  momentum: (...args: Parameters<typeof stock.momentum>) => new MomentumOfItsSpec(stock.momentum(...args)),
  adagrad: (...args: Parameters<typeof stock.adagrad>) => new OptimWrapper(stock.adagrad(...args)),
  adadelta: (...args: Parameters<typeof stock.adadelta>) => new OptimWrapper(stock.adadelta(...args)),
  adam: (...args: Parameters<typeof stock.adam>) => new AdamOfAdagradSpec(stock.adam(...args)),
  adamax: (...args: Parameters<typeof stock.adamax>) => new OptimWrapper(stock.adamax(...args)),
  rmsprop: (...args: Parameters<typeof stock.rmsprop>) => new OptimWrapper(stock.rmsprop(...args)),
};

export {
  OptimWrapper as AdadeltaOptimizer,
  OptimWrapper as AdagradOptimizer,
  OptimWrapper as AdamaxOptimizer,
  OptimWrapper as AdamOptimizer,
  OptimWrapper as MomentumOptimizer,
  OptimWrapper as RMSPropOptimizer,
};
