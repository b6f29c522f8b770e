import {adEMAMixStep} from '../callbacks/ad_ema_mix';
import {averageGrad, averageSqrGrad, stepStat} from '../callbacks/stats';
import {rowFactory} from '../optimizer/row';

/**
 * AdEMAMix: Adam with a second, very slow average of the gradient. See {@link adEMAMixStep}. Decay first:
 * `p ← p·(1 - lr·wd)`. Where `mom` is 0 when it is made, the gradient takes the place of the fast average, and setting
 * `mom` later has no effect on it. Defaults: `lr` 1e-3, `mom` 0.9, `sqrMom` 0.999, `slowMom` 0.9999, `slowWeight` 2,
 * `eps` 1e-8, `wd` 0, `slowWeightWarmup` 0, `slowMomWarmup` 0.
 * @formula `s ← slowMom·s + (1 - slowMom)·g`, `p ← p - lr·(m/d₁ + slowWeight·s)/(√(v/d₂) + eps)`
 * @source Pagliardini et al., The AdEMAMix Optimizer: Better, Faster, Older, 2024
 * @memory 3, or 2 with `mom` 0
 * @use Long training of tens of thousands of steps, such as that of language models. Set both warm-ups to the number
 *   of steps, because the slow average can make the start unstable. Take AdamW's learning rate.
 * @avoid Short training: the slow average remembers about ten thousand gradients. Data that changes over time: then
 *   old gradients mislead.
 * @example
 * ```ts
 * const opt = adEMAMix(1e-3, {wd: 0.1, slowWeightWarmup: 1000, slowMomWarmup: 1000});
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * ```
 */
export const adEMAMix = /* @__PURE__ */ rowFactory({
  name: 'adEMAMix',
  hypers: {mom: 0.9, sqrMom: 0.999, slowMom: 0.9999, slowWeight: 2, eps: 1e-8, wd: 0},
  extra: {slowWeightWarmup: 0, slowMomWarmup: 0},
  chain: (uses, warmups) => [
    ...(uses('mom') ? [averageGrad.with({dampening: true})] : []),
    averageSqrGrad,
    stepStat,
    adEMAMixStep.with(warmups),
  ],
});
