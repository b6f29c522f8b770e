import {marsAverages, marsDecay, marsStep} from '../callbacks/mars';
import {maxSqrGrad, stepStat} from '../callbacks/stats';
import {checkNeeded} from '../optimizer/needed_settings';
import {rowFactory} from '../optimizer/row';

const USUAL = {
  mom: 0.95,
  sqrMom: 0.99,
  gamma: 0.025,
  eps: 1e-8,
  wd: 0,
  lrScale1d: 1,
  mom1d: 0.9,
  sqrMom1d: 0.95,
  wd1d: 0,
};

/**
 * MARS: AdamW, or Lion, on gradients with less variance. See {@link marsStep}. Only matrices (kernels of dense layers,
 * embeddings) have theirs corrected. All other parameters are trained by AdamW with hypers of their own, or like
 * matrices with `optimize1d: true`. Decay first: `p ← p·(1 - lr·wd)`. Defaults: `lr` 3e-3, `mom` 0.95, `sqrMom` 0.99,
 * `gamma` 0.025, `eps` 1e-8, `wd` 0; of other parameters `lrScale1d` 1, `mom1d` 0.9, `sqrMom1d` 0.95, `wd1d` 0, which
 * means `wd`. Options, by default false: `lion`, `amsgrad`, `optimize1d`.
 * @formula the step of `adamW`, or with `lion` the sign of m, where m and v average c instead of g:
 *   `c = g + gamma·mom/(1 - mom)·(g - g₀)`, `c ← c/max(1, ‖c‖)`, and g₀ is the gradient of the step before, at first 0
 * @source Yuan et al., MARS: Unleashing the Power of Variance Reduction for Training Large Models, 2024
 * @memory 3, or 4 with `amsgrad`
 * @use Transformers trained from scratch, where it needs fewer steps than AdamW. Its authors take a larger learning
 *   rate than for AdamW.
 * @avoid Convolution nets: their kernels have four axes, so AdamW trains them, with `mom1d` and `sqrMom1d`.
 * @example
 * ```ts
 * model.compile({optimizer: mars(3e-3, {wd: 0.1}), loss: 'meanSquaredError'});
 * ```
 */
export const mars = /* @__PURE__ */ rowFactory({
  name: 'mars',
  lr: 3e-3,
  hypers: USUAL,
  extra: {lion: false, amsgrad: false, optimize1d: false},
  decays: true,
  check: (_, given) => {
    const others = {optimize1d: false};
    checkNeeded(
      'mars',
      given,
      {
        // With `lion`, only parameters that are not corrected divide by a mean square.
        ...(given['lion'] === true && {amsgrad: others, eps: others}),
        sqrMom: {lion: false},
        lrScale1d: others,
        mom1d: others,
        sqrMom1d: others,
        wd1d: others,
      },
      {...USUAL, optimize1d: false, lion: false, amsgrad: false},
    );
  },
  chain: (_, {lion, amsgrad, optimize1d}) => [
    marsDecay.with({optimize1d}),
    marsAverages.with({optimize1d, lion}),
    ...(amsgrad ? [maxSqrGrad] : []),
    stepStat,
    marsStep.with({optimize1d, lion}),
  ],
});
