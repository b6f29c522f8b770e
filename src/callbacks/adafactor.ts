import {newCallbackWithExtras} from '../fuse';
import {lastAxis, otherAxes} from '../rule/axes';
import {rmsOf, unscaled} from '../rule/norms';
import {required} from '../rule/required';
import {startAt} from '../rule/starts';
import type {Value} from '../rule/value';
import {at} from '../util/at';
import {shown} from '../util/shown';
import {average} from './stats';

/** How a tensor is factored: the means over one of two axes, and over the other. */
interface Factoring {
  readonly rows: (x: Value) => Value;
  readonly columns: (x: Value) => Value;
  /** The mean of all numbers of a factored matrix, from what `rows` gave. */
  readonly all: (rows: Value) => Value;
}

/**
 * Matrices are factored over their axes, kernels of a higher rank over [in, out] or, where these are not longer than
 * `minDim`, over the last two axes in PyTorch's order, which for a 2-D convolution are height and width. Undefined for
 * all others, which have the full second moment.
 */
function factoringOf({shape, rank}: Value, minDim: unknown): Factoring | undefined {
  if (typeof minDim !== 'number') throw new Error(`The option 'minDim' must be a number; got ${shown(minDim)}.`);
  if (rank < 2) return undefined;
  const isLong = (axis: number) => at(shape, axis) > minDim;
  // PyTorch's order is [out, in, height, width].
  const axes = Array.from({length: rank}, (_, axis) => (axis < 2 ? rank - 1 - axis : axis - 2));
  const pair = [axes.slice(0, 2), axes.slice(-2)].find(both => both.every(isLong));
  if (pair === undefined) return undefined;
  // In a convolution of 1 × 1, in is all of the other axes.
  if (shape.slice(0, -2).every(length => length === 1))
    return {rows: x => x.mean(lastAxis(x), true), columns: x => x.mean(otherAxes(x), true), all: rows => rows.mean()};
  const [a, b] = [pair.slice(0, 1), pair.slice(1)];
  return {rows: x => x.mean(a, true), columns: x => x.mean(b, true), all: rows => rows.mean(b, true)};
}

/**
 * Adafactor. With t the parameter's steps, β = 1 - t^-decayPower, q = grad² + eps and rms(x) = √mean(x²):
 *
 * - `R ← β·R + (1 - β)·rowMeans(q)`; `C ← β·C + (1 - β)·columnMeans(q)`; `V = R·C/mean(R)` for tensors that are
 *   factored. Others have one full average, `V ← β·V + (1 - β)·q`.
 * - `U = grad/√V`; `U ← U/max(1, rms(U)/clipThreshold)`;
 * - `p ← p·(1 - wd·r)` where `doWd`; `p ← p - r·U`.
 *
 * r is `lr`. With the option `relativeStep`, r is `lr·min(0.01, 1/√t)·max(epsScale, rms(p))`. `warmupInit` replaces
 * 0.01 by `1e-6·t`, and `scaleParameter: false` leaves out the factor of `epsScale` and p. R is `adafactorRows`, a
 * scalar where it is not needed. C or V is `adafactorColumns`. A tensor is factored where two of its axes are longer
 * than `minDim`: those of a matrix; of a convolution in and out, or else height and width.
 *
 * `lr` must be given. Defaults: `eps` 1e-30, `epsScale` 1e-3, both from 0; `clipThreshold` 1, above 0; `decayPower`
 * 0.8, from 0; `wd` 0; options `minDim` 16, a whole number from 1, `relativeStep` and `warmupInit` false,
 * `scaleParameter` true. Convolutions that are factored make it run alone, except those of 1 × 1, and so do factored
 * matrices on WebGL and WebGPU. Source: Shazeer & Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory
 * Cost, 2018; where programs differ, it is as in fairseq and timm.
 * @example
 * ```ts
 * const opt = new Optimizer([adafactorStep], {lr: 1e-3, wd: 1e-4});
 * ```
 */
export const adafactorStep = /* @__PURE__ */ newCallbackWithExtras(
  'adafactorStep',
  {
    hypers: {
      lr: required,
      eps: 1e-30,
      epsScale: {default: 1e-3, from: 0},
      clipThreshold: {default: 1, above: 0},
      decayPower: {default: 0.8, from: 0},
      wd: 0,
      // `mom` is read by the callback after it. Where that is left out, its hyper stays.
      mom: 0,
    },
    options: {minDim: 16, relativeStep: false, warmupInit: false, scaleParameter: true},
    ranges: {minDim: {from: 1, whole: true}},
    state: {
      adafactorSteps: 0,
      adafactorRows: /* @__PURE__ */ startAt(({p, options: {minDim}}) => {
        const nothing = p.zerosLike();
        return factoringOf(p, minDim)?.rows(nothing) ?? nothing.sum();
      }),
      adafactorColumns: /* @__PURE__ */ startAt(({p, options: {minDim}}) => {
        const nothing = p.zerosLike();
        return factoringOf(p, minDim)?.columns(nothing) ?? nothing;
      }),
    },
  },
  ({p, grad, doWd, lr, eps, clipThreshold, decayPower, wd, adafactorRows, adafactorColumns, minDim, ...more}) => {
    const step = more.adafactorSteps + 1;
    const factoring = factoringOf(p, minDim);
    const square = grad.square().add(eps);
    const beta = 1 - step ** -decayPower;
    const columns = average(adafactorColumns, factoring?.columns(square) ?? square, beta);
    const rows = factoring && average(adafactorRows, factoring.rows(square), beta);
    // Two roots and not one of the product, which is 0 in single precision where the gradient is 0.
    const root = columns.sqrt();
    const raw = grad.div(factoring && rows ? rows.div(factoring.all(rows)).sqrt().mul(root) : root);
    const excess = raw.square().mean().sqrt().div(clipThreshold);
    const one = excess.onesLike();
    const rate = more.relativeStep ? relativeRate(p, lr, step, more) : one.mul(lr);
    return {
      ...(doWd && wd !== 0 ? {p: p.mul(rate.mul(-wd).add(1))} : {}),
      // An excess of NaN stays.
      update: raw.mul(rate.div(one.where(excess.less(1), excess))),
      adafactorSteps: step,
      adafactorRows: rows,
      adafactorColumns: columns,
    };
  },
);

function relativeRate(
  p: Value,
  lr: number,
  step: number,
  {
    epsScale,
    warmupInit,
    scaleParameter,
  }: {readonly epsScale: number; readonly warmupInit: boolean; readonly scaleParameter: boolean},
): Value {
  const limit = lr * Math.min(warmupInit ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step));
  const rms = unscaled(rmsOf(p));
  return scaleParameter ? rms.where(rms.less(epsScale).logicalNot(), epsScale).mul(limit) : rms.onesLike().mul(limit);
}
