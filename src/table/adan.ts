import {adanDecay, adanStep} from '../callbacks/adan';
import {weightDecay} from '../callbacks/decay';
import {averageGrad} from '../callbacks/stats';
import {rowFactory} from '../optimizer/row';

/**
 * Adan: Adam with Nesterov's momentum. See {@link adanStep}. Decay divides the parameter after the step,
 * `p ← (p - u)/(1 + lr·wd)`; with `prox: false` it is AdamW's, `p ← p·(1 - lr·wd) - u`. Defaults: `lr` 1e-3, `mom`
 * 0.98, `diffMom` 0.92, `sqrMom` 0.99, `eps` 1e-8, `wd` 0, `prox` true.
 * @formula `n ← sqrMom·n + (1 - sqrMom)·(g + diffMom·d)²`,
 *   `p ← (p - lr·(m/d₁ + diffMom·D/d₂)/(√(n/d₃) + eps))/(1 + lr·wd)`, where d is the gradient minus that of the step
 *   before, D its average with `diffMom`, and d₁, d₂ and d₃ remove the bias of the three averages
 * @source Xie et al., Adan: Adaptive Nesterov Momentum Algorithm for Faster Optimizing Deep Models, 2022
 * @memory 4
 * @use Vision transformers and other nets trained from scratch with large batches. It is stable at five to ten times
 *   the learning rate of AdamW.
 * @avoid Models for which memory is short: its state is twice that of Adam. Small batches: their gradients differ by
 *   noise, so their change says little.
 * @example
 * ```ts
 * model.compile({optimizer: adan(5e-3, {wd: 0.02}), loss: 'meanSquaredError'});
 * ```
 */
export const adan = /* @__PURE__ */ rowFactory({
  name: 'adan',
  hypers: {mom: 0.98, diffMom: 0.92, sqrMom: 0.99, eps: 1e-8, wd: 0},
  extra: {prox: true},
  decays: true,
  chain: (_, {prox}) => [prox ? adanDecay : weightDecay, averageGrad.with({dampening: true}), adanStep.with({prox})],
});
