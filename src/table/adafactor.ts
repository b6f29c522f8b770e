import {adafactorStep} from '../callbacks/adafactor';
import {averageUpdate} from '../callbacks/average_update';
import {rowFactory} from '../optimizer/row';

/**
 * Adafactor: a second moment that is stored as the means of rows and columns. See {@link adafactorStep}. Defaults: `lr`
 * 1e-3, `mom` 0, `wd` 0, `eps` 1e-30, `epsScale` 1e-3, `clipThreshold` 1, `decayPower` 0.8. With `mom`, the update is
 * averaged. `relativeStep: true` makes the rate fall by itself; then `lr` is a factor of it, usually 1.
 * @formula `R ← β·R + (1 - β)·rowMeans(g²)`, `C ← β·C + (1 - β)·columnMeans(g²)`, `U = g/√(R·C/mean(R))`,
 *   `p ← p - lr·U/max(1, rms(U))`, with `β = 1 - t^-0.8`
 * @source Shazeer & Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018
 * @memory nearly 0 for matrices, 1 for vectors; 1 more with momentum
 * @use Large matrices, such as embeddings and language models, where Adam's two tensors are too much.
 * @avoid Models of many vectors and small kernels: nothing is saved. WebGL and WebGPU, where it runs as ordinary
 *   operations, as it does with convolution kernels on all backends.
 */
export const adafactor = /* @__PURE__ */ rowFactory({
  name: 'adafactor',
  hypers: {mom: 0, wd: 0, eps: 1e-30, epsScale: 1e-3, clipThreshold: 1, decayPower: 0.8},
  extra: {minDim: 16, relativeStep: false, warmupInit: false, scaleParameter: true},
  decays: true,
  chain: (uses, options) => [adafactorStep.with(options), ...(uses('mom') ? [averageUpdate] : [])],
});
