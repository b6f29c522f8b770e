import {stableAdamWStep} from '../callbacks/stable_adam_w';
import {rowFactory} from '../optimizer/row';

/**
 * AdamW with update clipping as in Adafactor. See {@link stableAdamWStep}. Defaults: `lr` 1e-3, `mom` 0.9, `sqrMom`
 * 0.99, `eps` 1e-8, `wd` 0.01. Decay is part of its step, because it is at the lowered rate. So it has neither
 * `decoupleWd` nor `decay`.
 * @formula `l = lr/max(1, rms(g/max(√v, eps)))`, `p ← p·(1 - l·wd) - l·m/(√v + eps)`; m and v are weighted so that
 *   they have no bias
 * @source Wortsman et al., Stable and low-precision training for large-scale vision-language models, 2023
 * @memory 2
 * @use Training in which AdamW's loss has spikes: when gradients suddenly grow, the step does not grow with them. It
 *   replaces clipping of gradients. Use AdamW's learning rate.
 * @avoid Models that train without spikes: the clipping needs another pass over each parameter.
 * @example
 * ```ts
 * model.compile({optimizer: stableAdamW(1e-3, {wd: 0.1}), loss: 'meanSquaredError'});
 * ```
 */
export const stableAdamW = /* @__PURE__ */ rowFactory({
  name: 'stableAdamW',
  hypers: {mom: 0.9, sqrMom: 0.99, eps: 1e-8, wd: 0.01},
  extra: {},
  decays: true,
  chain: () => [stableAdamWStep],
});
