import {adadeltaStep} from '../callbacks/adadelta';
import {notLikeTrain, rowFactory} from '../optimizer/row';

/**
 * Adadelta: the step is about as large as the steps before it, which replaces the learning rate. See
 * {@link adadeltaStep}. Decay first: `p ← p·(1 - lr·wd)`. Defaults, PyTorch's: `lr` 1, `sqrMom` 0.9, `eps` 1e-6,
 * `wd` 0. With `like: 'tf.train'`, a gradient is divided by the mean square of those before it as in
 * `tf.train.adadelta`, and the defaults are `lr` 1e-3, `sqrMom` 0.95, and for `eps` that of the backend
 * ({@link LikeTrain}).
 * @formula `s ← sqrMom·s + (1 - sqrMom)·g²`, `d = √(D + eps)/√(s + eps)·g`, `D ← sqrMom·D + (1 - sqrMom)·d²`,
 *   `p ← p - lr·d`
 * @source Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012
 * @memory 2
 * @use Comparing with older results. At `lr: 1` it runs without a search for a rate.
 * @avoid Short trainings: the first steps are about √eps, and they grow slowly. AdamW at a searched rate is usually
 *   better.
 * @example
 * ```ts
 * model.compile({optimizer: adadelta(1), loss: 'meanSquaredError'});
 * ```
 */
export const adadelta = /* @__PURE__ */ rowFactory({
  name: 'adadelta',
  lr: 1,
  hypers: {sqrMom: 0.9, eps: 1e-6, wd: 0},
  extra: notLikeTrain,
  train: {lr: 1e-3, sqrMom: 0.95},
  chain: (_, {like}) => [adadeltaStep.with({lag: like !== undefined})],
});
