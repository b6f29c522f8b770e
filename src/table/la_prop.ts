import {weightDecay} from '../callbacks/decay';
import {laPropStep} from '../callbacks/la_prop';
import {averageSqrGrad} from '../callbacks/stats';
import {rowFactory} from '../optimizer/row';

/**
 * LaProp: Adam with the average taken after the division. See {@link laPropStep}. Decay after the step:
 * `p ← (p - u)·(1 - lr·wd)`. Defaults: `lr` 4e-4, `mom` 0.9, `sqrMom` 0.999, `eps` 1e-15, `wd` 0.
 * @formula `m ← mom·m + (1 - mom)·lr·g/(√(v/d₂) + eps)`, `r ← mom·r + (1 - mom)·lr`, `p ← p - m·lr/r`,
 *   `p ← p·(1 - lr·wd)`
 * @source Ziyin et al., LaProp: Separating Momentum and Adaptivity in Adam, 2020
 * @memory 2
 * @use Gradients whose size changes quickly, as in reinforcement learning and GANs. `sqrMom` can be small, also
 *   smaller than `mom`, because each gradient is divided before it is averaged.
 * @avoid Comparisons with published figures of Adam. On ordinary tasks the two do nearly the same.
 * @example
 * ```ts
 * model.compile({optimizer: laProp(4e-4, {wd: 0.01}), loss: 'meanSquaredError'});
 * ```
 */
export const laProp = /* @__PURE__ */ rowFactory({
  name: 'laProp',
  lr: 4e-4,
  hypers: {mom: 0.9, sqrMom: 0.999, eps: 1e-15, wd: 0},
  extra: {},
  decays: true,
  chain: () => [weightDecay, averageSqrGrad, laPropStep.with({decayed: true})],
});
