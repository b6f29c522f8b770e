import {nAdamWStep} from '../callbacks/n_adam_w';
import {averageGrad, averageSqrGrad, stepStat} from '../callbacks/stats';
import {rowFactory} from '../optimizer/row';

/**
 * AdamW with Nesterov momentum. See {@link nAdamWStep}. Decay first: `p ← p·(1 - lr·wd)`. Defaults: `lr` 1e-3, `mom`
 * 0.9, `sqrMom` 0.999, `eps` 1e-8, `wd` 0.01.
 * @formula `p ← p - lr·(u/d₁)/(√(v/d₂) + eps)`, with `u = mom·m + (1 - mom)·g`
 * @source Dozat, Incorporating Nesterov Momentum into Adam, 2016; Choi et al., On Empirical Comparisons of Optimizers
 *   for Deep Learning, 2019
 * @memory 2
 * @use Wherever AdamW is used, with AdamW's learning rate. It is the baseline of the AlgoPerf benchmark, and often a
 *   little faster than AdamW at the same cost.
 * @avoid A page for which two extra tensors per weight are too much: lion has one.
 * @example
 * ```ts
 * model.compile({optimizer: nAdamW(1e-3, {wd: 0.1}), loss: 'meanSquaredError'});
 * ```
 */
export const nAdamW = /* @__PURE__ */ rowFactory({
  name: 'nAdamW',
  hypers: {mom: 0.9, sqrMom: 0.999, eps: 1e-8, wd: 0.01},
  extra: {},
  chain: () => [averageGrad.with({dampening: true}), averageSqrGrad, stepStat, nAdamWStep],
});
