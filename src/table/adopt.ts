import {adoptDecay, adoptStep} from '../callbacks/adopt';
import {l2Reg} from '../callbacks/decay';
import {stepStat} from '../callbacks/stats';
import {checkNeeded} from '../optimizer/needed_settings';
import {rowFactory} from '../optimizer/row';

/**
 * ADOPT: Adam that converges with any `sqrMom`. See {@link adoptStep}. A parameter's first step moves nothing and does
 * not decay. Decay first: `p ← p·(1 - lr·wd)`; with `decoupleWd: false` L2, the authors' default. Defaults: `lr` 1e-3,
 * `mom` 0.9, `sqrMom` 0.9999, `eps` 1e-6, `wd` 0, `clip` true, `clipExp` 0.25.
 * @formula `m ← mom·m + (1 - mom)·clip(g/max(√v, eps))`, `p ← p - lr·m`, and only then
 *   `v ← sqrMom·v + (1 - sqrMom)·g²`. It clips to ±(t - 1)^clipExp. The first step is `v ← g²` and nothing else.
 * @source Taniguchi et al., ADOPT: Modified Adam Can Converge with Any β2 with the Optimal Rate, 2024
 * @memory 2
 * @use The tasks of Adam, where Adam's loss jumps or depends on `sqrMom`, as with small batches and rare large
 *   gradients. Take Adam's learning rate.
 * @avoid Runs of a few dozen steps: the second moment forgets the first gradient slowly.
 * @example
 * ```ts
 * model.compile({optimizer: adopt(1e-3), loss: 'meanSquaredError'});
 * ```
 */
export const adopt = /* @__PURE__ */ rowFactory({
  name: 'adopt',
  hypers: {mom: 0.9, sqrMom: 0.9999, eps: 1e-6, wd: 0},
  extra: {decoupleWd: true, clip: true, clipExp: 0.25},
  decays: true,
  check: (_, given) => {
    checkNeeded('adopt', given, {clipExp: {clip: true}}, {clip: true, clipExp: 0.25});
  },
  chain: (_, {decoupleWd, clip, clipExp}) => [
    decoupleWd ? adoptDecay : l2Reg,
    stepStat,
    adoptStep.with({clip, clipExp}),
  ],
});
