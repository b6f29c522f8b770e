import {lionStep} from '../callbacks/lion';
import {rowFactory} from '../optimizer/row';

/**
 * Lion: steps by the sign of a fast average of the gradient, and remembers a slow one. See {@link lionStep}. Decay
 * first: `p ← p·(1 - lr·wd)`. Defaults: `lr` 1e-4, `mom` 0.9, `slowMom` 0.99, `wd` 0.
 * @formula `p ← p - lr·sign(mom·m + (1 - mom)·g)`, `m ← slowMom·m + (1 - slowMom)·g`
 * @source Chen et al., Symbolic Discovery of Optimization Algorithms, 2023
 * @memory 1
 * @use Large batches, and models for which Adam's memory is too much. Take a third to a tenth of AdamW's learning rate,
 *   and three to ten times its decay.
 * @avoid Small batches: every number moves by the whole rate in each step, so noise in the gradient moves it too.
 * @example
 * ```ts
 * model.compile({optimizer: lion(1e-4, {wd: 1}), loss: 'meanSquaredError'});
 * ```
 */
export const lion = /* @__PURE__ */ rowFactory({
  name: 'lion',
  lr: 1e-4,
  hypers: {mom: 0.9, slowMom: 0.99, wd: 0},
  extra: {},
  chain: () => [lionStep],
});
