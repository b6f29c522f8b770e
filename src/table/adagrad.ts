import {adagradStep} from '../callbacks/adagrad';
import {stepStat} from '../callbacks/stats';
import {notLikeTrain, rowFactory} from '../optimizer/row';

/**
 * Adagrad: divides by the root of the sum of all squares. See {@link adagradStep}. Decay first: `p ← p·(1 - lr·wd)`.
 * Defaults, PyTorch's: `lr` 0.01, `initialAccumulatorValue` 0, `lrDecay` 0, `eps` 1e-10, `wd` 0. With
 * `like: 'tf.train'`, eps is under the root as in `tf.train.adagrad`, and the defaults are `lr` 1e-3,
 * `initialAccumulatorValue` 0.1, and for `eps` that of the backend ({@link LikeTrain}).
 * @formula `s ← s + g²`, `p ← p - lr·g/(√s + eps)`
 * @source Duchi et al., Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, 2011
 * @memory 1
 * @use Sparse gradients, such as those of embeddings and of words that are rare: a number that seldom has a gradient
 *   takes large steps. The rate falls by itself, so that no schedule is needed.
 * @avoid Long trainings of deep networks: the sum never shrinks, and training comes to a halt. Adam forgets old
 *   gradients.
 * @example
 * ```ts
 * model.compile({optimizer: adagrad(0.01), loss: 'meanSquaredError'});
 * ```
 */
export const adagrad = /* @__PURE__ */ rowFactory({
  name: 'adagrad',
  lr: 0.01,
  hypers: {initialAccumulatorValue: 0, lrDecay: 0, eps: 1e-10, wd: 0},
  extra: notLikeTrain,
  train: {lr: 1e-3, initialAccumulatorValue: 0.1},
  chain: (_, {like}) => [stepStat, adagradStep.with({epsInRoot: like !== undefined})],
});
