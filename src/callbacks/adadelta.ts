import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {meanSquare} from './stats';

/**
 * Adadelta: `sqrAvg ← sqrMom·sqrAvg + (1 - sqrMom)·grad²`, `d = √((sqrDelta + eps)/(sqrAvg + eps))·grad`,
 * `sqrDelta ← sqrMom·sqrDelta + (1 - sqrMom)·d²`, `p ← p - lr·d`. `sqrAvg` and `sqrDelta` have the parameter's shape
 * and start at zeros. Option: `lag` (default false) divides by the mean square from before this gradient, as `tf.train`
 * does. Defaults: `sqrMom` 0.9, in [0, 1); `eps` 1e-6. `lr` must be given. Source: Zeiler, ADADELTA: An Adaptive
 * Learning Rate Method, 2012.
 * @example
 * ```ts
 * const opt = new Optimizer([weightDecay, adadeltaStep], {lr: 1, wd: 1e-4});
 * ```
 */
export const adadeltaStep = /* @__PURE__ */ newCallback(
  'adadeltaStep',
  {
    hypers: {lr: required, sqrMom: 0.9, eps: 1e-6},
    state: {sqrAvg: zeros, sqrDelta: zeros},
    options: {lag: false},
  },
  ({grad, sqrAvg, sqrDelta, lr, sqrMom, eps, lag}) => {
    const next = meanSquare(sqrAvg, grad, sqrMom);
    // One root of the quotient, because roots and divisions take longer here than moving the numbers.
    const delta = sqrDelta
      .add(eps)
      .div((lag ? sqrAvg : next).add(eps))
      .sqrt()
      .mul(grad);
    return {update: delta.mul(lr), sqrAvg: next, sqrDelta: meanSquare(sqrDelta, delta, sqrMom)};
  },
);
