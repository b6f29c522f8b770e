import {adamaxStep} from '../callbacks/adamax';
import {averageGrad, stepStat} from '../callbacks/stats';
import {notLikeTrain, rowFactory} from '../optimizer/row';

/**
 * Adamax: Adam with the largest recent gradient in the place of the mean square. See {@link adamaxStep}. Decay first:
 * `p ← p·(1 - lr·wd)`. Defaults, those of the paper and of PyTorch: `lr` 0.002, `mom` 0.9, `sqrMom` 0.999, `eps` 1e-8,
 * `lrDecay` 0, `wd` 0. With `like: 'tf.train'`, eps is added to the maximum as in `tf.train.adamax`, and `eps` is that
 * of the backend by default ({@link LikeTrain}); `lrDecay` is its `decay`.
 * @formula `m ← mom·m + (1 - mom)·g`, `u ← max(sqrMom·u, |g| + eps)`, `p ← p - lr/(1 - momᵗ)·m/u`
 * @source Kingma & Ba, Adam: A Method for Stochastic Optimization, 2015, section 7.1
 * @memory 2
 * @use Gradients that are often zero or have outliers: after a large gradient, steps stay small for long, and no step
 *   is much larger than `lr`.
 * @avoid Where Adam works. Its mean square is less affected by one large gradient.
 * @example
 * ```ts
 * model.compile({optimizer: adamax(2e-3), loss: 'meanSquaredError'});
 * ```
 */
export const adamax = /* @__PURE__ */ rowFactory({
  name: 'adamax',
  lr: 0.002,
  hypers: {mom: 0.9, sqrMom: 0.999, eps: 1e-8, lrDecay: 0, wd: 0},
  extra: notLikeTrain,
  chain: (_, {like}) => [
    averageGrad.with({dampening: true}),
    stepStat,
    adamaxStep.with({epsOutside: like !== undefined}),
  ],
});
