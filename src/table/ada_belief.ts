import {adaBeliefStep, averageBelief} from '../callbacks/ada_belief';
import {averageGrad, maxSqrGrad, stepStat} from '../callbacks/stats';
import {checkNeeded} from '../optimizer/needed_settings';
import {rowFactory} from '../optimizer/row';

/**
 * AdaBelief: Adam that divides by how far gradients are off their average, not by how large they are. See {@link
 * adaBeliefStep}. Decay first: `p ← p·(1 - lr·wd)`. Defaults, those of the authors' package: `lr` 1e-3, `mom` 0.9,
 * `sqrMom` 0.999, `eps` 1e-16, `wd` 0. Options: `rectify` (default true), `sgdPhase` (default true), and `amsgrad`
 * (default false), which needs `rectify: false`, because the authors' rectified step does not use the maximum.
 * @formula `v ← sqrMom·v + (1 - sqrMom)·(g - m)² + eps`, then Adam's step times the rectification of `rAdam`; with
 *   `rectify: false` Adam's step: `p ← p - lr·(m/d₁)/(√(v/d₂) + eps)`
 * @source Zhuang et al., AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed Gradients, 2020
 * @memory 2, or 3 with `amsgrad`
 * @use Convolution nets and GANs, where Adam trains fast but SGD generalizes better. Its steps are large where
 *   gradients agree, however large they are. Take Adam's learning rate.
 * @avoid Gradients that are nearly the same in every step, such as those of a whole data set: it divides by how much
 *   they differ, so steps become large.
 * @example
 * ```ts
 * model.compile({optimizer: adaBelief(1e-3, {wd: 0.01}), loss: 'meanSquaredError'});
 * ```
 */
export const adaBelief = /* @__PURE__ */ rowFactory({
  name: 'adaBelief',
  hypers: {mom: 0.9, sqrMom: 0.999, eps: 1e-16, wd: 0},
  extra: {rectify: true, sgdPhase: true, amsgrad: false},
  check: (_, given) => {
    checkNeeded('adaBelief', given, {sgdPhase: {rectify: true}}, {rectify: true, sgdPhase: true});
  },
  chain: (_, {rectify, sgdPhase, amsgrad}) => {
    if (amsgrad && rectify)
      throw new Error("adaBelief: 'amsgrad' needs rectify: false; got rectify: true. Leave one of them out.");
    return [
      averageGrad.with({dampening: true}),
      averageBelief,
      ...(amsgrad ? [maxSqrGrad] : []),
      stepStat,
      adaBeliefStep.with({rectify, sgdPhase}),
    ];
  },
});
