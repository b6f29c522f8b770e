import {adafactorStep} from '../callbacks/adafactor';
import {averageUpdate} from '../callbacks/rms_prop';
import {checkNeeded} from '../optimizer/needed_settings';
import {rowFactory} from '../optimizer/row';

/**
 * Adafactor: a second moment that is stored as the means of rows and columns. See {@link adafactorStep}. With `mom`,
 * the update is averaged: `m ← mom·m + (1 - mom)·update`. With `relativeStep: true`, the rate falls by itself, and `lr`
 * is a factor of it, by default 1. `warmupInit`, `scaleParameter` and `epsScale` need `relativeStep`.
 * Decay is part of its step, at the step's rate. So it has neither `decoupleWd` nor `decay`. Defaults: `lr` 1e-3, `mom`
 * 0, `wd` 0, `eps` 1e-30, `epsScale` 1e-3, `clipThreshold` 1, `decayPower` 0.8, `minDim` 16.
 * @formula `R ← β·R + (1 - β)·rowMeans(g²)`, `C ← β·C + (1 - β)·columnMeans(g²)`, `u = g/√(R·C/mean(R))`,
 *   `p ← p·(1 - lr·wd) - lr·u/max(1, rms(u))`, with `β = 1 - t^-0.8`; vectors and small kernels have `g/√V` with the
 *   full average V
 * @source Shazeer & Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018
 * @memory nearly 0 for large matrices and kernels, 1 for others; 1 more with `mom`
 * @use Models of large matrices, such as embeddings and transformers, where there is no memory for Adam's two tensors.
 * @avoid Models of vectors and small kernels, where it saves nothing. WebGL and WebGPU, and convolutions of more than
 *   16 channels on all backends: there it runs as ordinary operations, more slowly.
 * @example
 * ```ts
 * model.compile({optimizer: adafactor(1e-3), loss: 'meanSquaredError'});
 * ```
 */
export const adafactor = /* @__PURE__ */ rowFactory({
  name: 'adafactor',
  hypers: {mom: 0, wd: 0, eps: 1e-30, epsScale: 1e-3, clipThreshold: 1, decayPower: 0.8},
  extra: {minDim: 16, relativeStep: false, warmupInit: false, scaleParameter: true},
  decays: true,
  check: (_, given) => {
    const relative = {relativeStep: true};
    checkNeeded(
      'adafactor',
      given,
      {warmupInit: relative, scaleParameter: relative, epsScale: {relativeStep: true, scaleParameter: true}},
      {relativeStep: false, warmupInit: false, scaleParameter: true, epsScale: 1e-3},
    );
  },
  lrWith: ({relativeStep}) => (relativeStep === true ? 1 : undefined),
  chain: (uses, options) => [
    adafactorStep.with(options),
    ...(uses('mom') ? [averageUpdate.with({dampening: true})] : []),
  ],
});
