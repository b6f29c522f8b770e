import {lastAxis, otherAxes} from '../rule/axes';
import {newCallback} from '../rule/callback';
import {rmsOf, unscaled} from '../rule/norms';
import {startAt} from '../rule/starts';
import type {Value} from '../rule/value';
import {shown} from '../util/shown';

/** The two factors of the second moment, as means of a value. Their product is scaled by the mean of the rows. */
interface Factors {
  readonly rows: (x: Value) => Value;
  readonly cols: (x: Value) => Value;
  /** The mean of what `rows` gave, over the axis that is left. */
  readonly mean: (rows: Value) => Value;
}

/**
 * Matrices are factored over their axes, kernels of a higher rank over [in, out] or, where these are not longer than
 * `minDim`, over the last two axes in PyTorch's order (for a 2-D convolution height and width). All else keeps the full
 * second moment: as a matrix of which the rows are one number, so that it needs no other formula.
 */
function factorsOf({shape, rank}: Value, minDim: unknown): Factors {
  if (typeof minDim !== 'number') throw new Error(`The option 'minDim' must be a number; got ${shown(minDim)}.`);
  const isLong = (axis: number) => (shape.at(axis) ?? 1) > minDim;
  if (rank === 2 && isLong(0) && isLong(1))
    return {
      rows: x => x.mean(lastAxis(x), true),
      cols: x => x.mean(otherAxes(x), true),
      mean: rows => rows.mean(),
    };
  // PyTorch's order is [out, in, height, width].
  const order = [rank - 1, rank - 2, ...Array.from({length: Math.max(0, rank - 2)}, (_, axis) => axis)];
  const [a = -1, b = -1] = isLong(rank - 1) && isLong(rank - 2) ? order : order.slice(-2);
  if (rank > 2 && isLong(a) && isLong(b))
    return {rows: x => x.mean([a], true), cols: x => x.mean([b], true), mean: rows => rows.mean([b], true)};
  return {rows: x => x.mean(), cols: x => x, mean: rows => rows};
}

/**
 * Adafactor. With β = 1 - t^-decayPower, q = grad² + eps and rms(x) = √mean(x²):
 *
 * - `R ← β·R + (1 - β)·rowMeans(q)`; `C ← β·C + (1 - β)·columnMeans(q)`, for tensors that are factored; others have one
 *   full average in place of both;
 * - `U = grad/√(R·C/mean(R))`; `U ← U/max(1, rms(U)/clipThreshold)`;
 * - `p ← p·(1 - wd·r)` where `doWd`; `p ← p - r·U`.
 *
 * r is `lr`. Under `relativeStep` it is `lr·min(1e-2, 1/√t)·max(epsScale, rms(p))`, with `1e-6·t` in place of 1e-2 under
 * `warmupInit`, and without the last factor where `scaleParameter` is false. R and C are `adafactorRows` and
 * `adafactorCols`. A tensor is factored where two of its axes are longer than `minDim`. Defaults: `lr` 1e-3, `eps`
 * 1e-30, `epsScale` 1e-3, `clipThreshold` 1, `decayPower` 0.8, `wd` 0, `minDim` 16. Source: Shazeer & Stern, Adafactor:
 * Adaptive Learning Rates with Sublinear Memory Cost, 2018; where programs differ, it follows fairseq and timm.
 */
export const adafactorStep = /* @__PURE__ */ newCallback(
  'adafactorStep',
  {
    hypers: {lr: 1e-3, eps: 1e-30, epsScale: 1e-3, clipThreshold: 1, decayPower: 0.8, wd: 0},
    options: {minDim: 16, relativeStep: false, warmupInit: false, scaleParameter: true},
    ranges: {minDim: {from: 0, whole: true}},
    state: {
      adafactorSteps: 0,
      adafactorRows: /* @__PURE__ */ startAt(({p, options}) => factorsOf(p, options['minDim']).rows(p.zerosLike())),
      adafactorCols: /* @__PURE__ */ startAt(({p, options}) => factorsOf(p, options['minDim']).cols(p.zerosLike())),
    },
  },
  ({p, grad, doWd, lr, eps, clipThreshold, decayPower, wd, adafactorRows, adafactorCols, minDim, ...at}) => {
    const step = at.adafactorSteps + 1;
    const {rows, cols, mean} = factorsOf(p, minDim);
    const square = grad.square().add(eps);
    const old = 1 - step ** -decayPower;
    const nextRows = adafactorRows.mul(old).add(rows(square).mul(1 - old));
    const nextCols = adafactorCols.mul(old).add(cols(square).mul(1 - old));
    // Two roots and not one of the product, which is 0 in single precision where the gradient is 0.
    const raw = grad.div(nextRows.div(mean(nextRows)).sqrt().mul(nextCols.sqrt()));
    const ratio = unscaled(rmsOf(raw)).div(clipThreshold);
    const one = ratio.onesLike();
    const rate = at.relativeStep ? relativeRate(p, lr, step, at) : one.mul(lr);
    return {
      ...(doWd && wd !== 0 ? {p: p.mul(rate.mul(-wd).add(1))} : {}),
      // NaN goes on: it is not less than 1.
      update: raw.mul(rate.div(one.where(ratio.less(1), ratio))),
      adafactorSteps: step,
      adafactorRows: nextRows,
      adafactorCols: nextCols,
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
