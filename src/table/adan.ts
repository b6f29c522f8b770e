import {adanDecay, adanStep} from '../callbacks/adan';
import {countSteps} from '../callbacks/count_steps';
import {weightDecay} from '../callbacks/decay';
import {averageGrad} from '../callbacks/stats';
import {rowFactory} from '../optimizer/row';

/**
 * Adan: Adam with Nesterov's momentum. See {@link adanStep}. Decay divides the parameter after the step,
 * `p ← (p - u)/(1 + lr·wd)`; with `prox: false` it is AdamW's, `p ← p·(1 - lr·wd) - u`. Defaults: `lr` 1e-3, `mom`
 * 0.98, `diffMom` 0.92, `sqrMom` 0.99, `eps` 1e-8, `wd` 0, `prox` true.
 * @formula `m ← mom·m + (1 - mom)·g`, `D ← diffMom·D + (1 - diffMom)·d`, `n ← sqrMom·n + (1 - sqrMom)·(g + diffMom·d)²`
 *   with `d = g - g'`, where g' is the gradient of the step before, `p ← (p - lr·(m̂ + diffMom·D̂)/(√n̂ + eps))/(1 +
 *   lr·wd)`, where a hat means debiased
 * @source Xie et al., Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models, 2022
 * @memory 4
 * @use Training from scratch with large batches, for vision transformers above all. It bears learning rates five to ten
 *   times those of AdamW.
 * @avoid Models for which memory is short: it takes twice the state of Adam. Small batches, whose gradients differ by
 *   noise, so their change says little.
 */
export const adan = /* @__PURE__ */ rowFactory({
  name: 'adan',
  hypers: {mom: 0.98, diffMom: 0.92, sqrMom: 0.99, eps: 1e-8, wd: 0},
  extra: {prox: true},
  decays: true,
  chain: (_, {prox}) => [
    countSteps,
    prox ? adanDecay : weightDecay,
    averageGrad.with({dampening: true}),
    adanStep.with({prox}),
  ],
});
