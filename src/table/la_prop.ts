import {weightDecay} from '../callbacks/decay';
import {laPropStep} from '../callbacks/la_prop';
import {averageSqrGrad} from '../callbacks/stats';
import {rowFactory} from '../optimizer/row';

/**
 * LaProp: Adam with the average taken after the division. See {@link laPropStep}. Decay after the step:
 * `p ← (p - u)·(1 - lr·wd)`. Defaults: `lr` 4e-4, `mom` 0.9, `sqrMom` 0.999, `eps` 1e-15, `wd` 0.
 * @formula `v ← sqrMom·v + (1 - sqrMom)·g²`, `m ← mom·m + (1 - mom)·lr·g/(√v̂ + eps)`, `p ← p - m̂`, where a hat means
 *   debiased, `p ← p·(1 - lr·wd)`
 * @source Ziyin et al., LaProp: Separating Momentum and Adaptivity in Adam, 2020
 * @memory 2
 * @use In Adam's place where gradients change their size quickly, as in reinforcement learning and GANs, or where a
 *   small `sqrMom` is wanted: `mom` may be larger than `sqrMom`. No step is larger than about the learning rate.
 * @avoid Nothing in particular. On ordinary tasks it does what Adam does.
 */
export const laProp = /* @__PURE__ */ rowFactory({
  name: 'laProp',
  lr: 4e-4,
  hypers: {mom: 0.9, sqrMom: 0.999, eps: 1e-15, wd: 0},
  extra: {},
  decays: true,
  chain: () => [weightDecay, averageSqrGrad, laPropStep.with({decayed: true})],
});
