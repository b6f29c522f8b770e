import * as tf from '@tensorflow/tfjs-core';

import {newCallbackWithExtras} from '../fuse';
import {newCallback} from '../rule/callback';
import {required} from '../rule/required';
import {zeros} from '../rule/starts';
import {at} from '../util/at';
import {memo} from '../util/memo';
import {registerOnce} from '../util/register_once';
import {isTensor} from '../util/tensors';
import {assertWasmBackend} from '../wasm/backend';
import {matrixProduct, type Transposes} from '../wasm_training/matrices_product';
import {average} from './stats';

/**
 * What Muon orthogonalizes, without a learning rate: `mom·gradAvg + (1 - mom)·grad` under the option `nesterov`
 * (default true), otherwise `gradAvg`. Needs a dampened average before it, and {@link orthogonalize} after it. Default:
 * `mom` 0.95. Source: Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024.
 * @example
 * ```ts
 * const opt = new Optimizer([averageGrad.with({dampening: true}), muonStep, orthogonalize], {lr: 1e-3, mom: 0.95});
 * ```
 */
export const muonStep = /* @__PURE__ */ newCallback(
  'muonStep',
  {hypers: {mom: 0.95}, options: {nesterov: true}, needs: {gradAvg: zeros}},
  ({grad, gradAvg, mom, nesterov}) => ({update: nesterov ? average(gradAvg, grad, mom) : gradAvg}),
);

/** The coefficients a, b and c of one step `X ← a·X + (b·A + c·A²)·X`. */
type Step = readonly [a: number, b: number, c: number];

/** The coefficients of the steps, by name. After the last one, it is repeated. */
export const COEFFICIENTS = {
  /** Jordan's: the singular values come near 1 fast, and stay between 0.7 and 1.2. */
  original: [[3.4445, -4.775, 2.0315]],
  /** Five steps that differ. */
  quintic: [
    [4.0848, -6.8946, 2.927],
    [3.9505, -6.3029, 2.6377],
    [3.7418, -5.5913, 2.3037],
    [2.8769, -3.1427, 1.2046],
    [2.8366, -3.0525, 1.2012],
  ],
  /** Amsel et al., The Polar Express, 2025. */
  polarExpress: [
    [8.237312490495555, -23.157747414558198, 16.680568411445915],
    [4.082441999064835, -2.893047735332586, 0.5252849256975648],
    [3.9263479922546582, -2.8547468034765298, 0.5318022422894988],
    [3.2982187133085143, -2.424541981026706, 0.48632008358844075],
    [2.2970369434552573, -1.63662558125903, 0.4002628455953627],
    [1.8763805351440397, -1.2347896577722228, 0.35891887501668385],
    [1.8564423485617974, -1.2132449880935525, 0.3568003487825883],
    [1.8749994008682747, -1.2499988017229169, 0.3749994008546422],
  ],
  /** The same with a margin for rounding. */
  polarExpressSafer: [
    [8.156554524902461, -22.48329292557795, 15.878769915207462],
    [4.0429299351667245, -2.808917465908704, 0.5000178451051299],
    [3.8916678022926563, -2.7724841532176825, 0.5060648178503389],
    [3.285753657755658, -2.3681294933425394, 0.46449024233003117],
    [2.3005307116270983, -1.6111665557258408, 0.3833374427545273],
    [1.8631210546382593, -1.2042160621002727, 0.3421879560523383],
    [1.8382572152247512, -1.1779263289537742, 0.3396513038637379],
    [1.8749999923301852, -1.2499999836060613, 0.374999991275876],
  ],
} as const satisfies Readonly<Record<string, readonly Step[]>>;

/** The factor of the learning rate for matrices of the shape [in, out], by name. */
export const LR_SCALES = {
  /** The update has the root mean square of AdamW's, about 0.2. Liu et al., Muon is Scalable for LLM Training, 2025. */
  matchRmsAdamW: (inputs: number, outputs: number) => 0.2 * Math.sqrt(Math.max(inputs, outputs)),
  /** Jordan's. */
  original: (inputs: number, outputs: number) => Math.sqrt(Math.max(1, outputs / inputs)),
  /** An input of root mean square 1 changes the output by about 1, times the rate. */
  rmsToRms: (inputs: number, outputs: number) => Math.sqrt(outputs / inputs),
} as const;

const steps: ReadonlyArray<readonly Step[]> = /* @__PURE__ */ Object.values(COEFFICIENTS);
const scales = /* @__PURE__ */ Object.values(LR_SCALES);

/**
 * Replaces the update of the step before it by the nearest matrix whose singular values are all about 1, times `lr` and
 * a factor: Muon's update. The Newton–Schulz iteration runs in float32, on the smaller side of the matrix:
 *
 * - `X = U/max(safety·‖U‖, eps)`, then `nsSteps` times `A = X·Xᵀ`, `X ← a·X + (b·A + c·A²)·X`
 *
 * Matrices have the shape [in, out]. A kernel of a higher rank, [h, w, in, out], is one matrix [h·w·in, out], or h·w
 * matrices under the option `batched`. It multiplies matrices, so it runs alone between fused kernels.
 *
 * Options: `nsSteps` (5; a whole number from 1); `coefficients`, the index in `COEFFICIENTS` (0: original);
 * `lrScale`, the index in `LR_SCALES` (0: matchRmsAdamW); `batched` (false); `normalizeSpatial` (true: the factor
 * of batched matrices is divided by √(h·w)); `safety` (1; from 1); `scaleEps` (false; true: the divisor is
 * `safety·‖U‖ + eps·√(in/out)`). Hypers: `lr` must be given, `eps` 1e-7.
 * @throws for a parameter of fewer than two axes.
 * @example
 * ```ts
 * const opt = new Optimizer([averageGrad.with({dampening: true}), muonStep, orthogonalize], {lr: 1e-3, mom: 0.95});
 * ```
 */
export const orthogonalize = /* @__PURE__ */ newCallbackWithExtras(
  'orthogonalize',
  {
    hypers: {lr: required, eps: 1e-7},
    options: {
      nsSteps: 5,
      coefficients: 0,
      lrScale: 0,
      batched: false,
      normalizeSpatial: true,
      safety: 1,
      scaleEps: false,
    },
    ranges: {
      nsSteps: {from: 1, whole: true},
      coefficients: {from: 0, to: 3, whole: true},
      lrScale: {from: 0, to: 2, whole: true},
      safety: {from: 1},
    },
    takesUpdate: true,
    needsTensors: true,
  },
  ({update, lr, eps, nsSteps, coefficients, lrScale, batched, normalizeSpatial, safety, scaleEps}) => {
    // Unreachable: with `needsTensors`, it never gets traced values.
    if (!isTensor(update)) throw new Error('orthogonalize multiplies matrices, so it needs tensors.');
    const {shape, rank, size} = update;
    if (rank < 2)
      throw new Error(
        `orthogonalize: the parameter has the shape [${shape}]; it must have two axes or more. Let another optimizer ` +
          'train it, as muon does.',
      );
    const outputs = at(shape, rank - 1);
    const isBatched = batched && rank > 2;
    const inputs = isBatched ? at(shape, rank - 2) : size / outputs;
    const matrices = size / (inputs * outputs);
    const factor = at(scales, lrScale)(inputs, outputs) / (normalizeSpatial ? Math.sqrt(matrices) : 1);
    const known = at(steps, coefficients);
    const chosen = Array.from({length: nsSteps}, (_, i): Step => {
      const [a, b, c] = at(known, Math.min(i, known.length - 1));
      // The last step multiplies by the rate, too.
      const by = i === nsSteps - 1 ? lr * factor : 1;
      return [a * by, b * by, c * by];
    });
    const tall = isBatched ? tf.reshape(update, [matrices, inputs, outputs]) : tf.reshape(update, [inputs, outputs]);
    const normalized = normalizedBy(tall, safety, scaleEps ? eps * Math.sqrt(inputs / outputs) : eps, scaleEps);
    return {update: tf.reshape(newtonSchulz(normalized, chosen), shape)};
  },
);

/** The matrices divided by `max(safety·‖U‖, eps)`, or by `safety·‖U‖ + eps` where `isSum`. */
function normalizedBy(matrices: tf.Tensor, safety: number, eps: number, isSum: boolean): tf.Tensor {
  // By their largest element first, so that no square overflows.
  const largest = tf.maximum(tf.max(tf.abs(matrices)), 1e-30);
  const scaled = tf.div(matrices, largest);
  const norm = tf.mul(tf.sqrt(tf.sum(tf.square(scaled), [-2, -1], true)), safety);
  const least = tf.div(eps, largest);
  return tf.div(scaled, isSum ? tf.add(norm, least) : tf.maximum(norm, least));
}

/** `X ← (a + (b + c·A)·A)·X` for each step, with the smaller of the products of X and its transpose as A. */
function newtonSchulz(start: tf.Tensor, coefficients: readonly Step[]): tf.Tensor {
  const {shape, rank} = start;
  const [rows, columns] = [at(shape, rank - 2), at(shape, rank - 1)];
  const isTall = rows > columns;
  const length = Math.min(rows, columns);
  const unit = length === 1 ? tf.ones([1, 1]) : tf.cast(tf.oneHot(tf.range(0, length, 1, 'int32'), length), 'float32');
  const diagonals = new Map<number, tf.Tensor>();
  // A number times the unit matrix. It saves two operations per step.
  const diagonal = (value: number) => memo(diagonals, value, () => tf.mul(unit, value));
  let x = start;
  for (const [a, b, c] of coefficients) {
    const [first, last] = [diagonal(b), diagonal(a)];
    x = tf.tidy(() => {
      const square = isTall ? product(x, x, {transposeA: true}) : product(x, x, {transposeB: true});
      const polynomial = tf.add(product(square, tf.add(tf.mul(square, c), first)), last);
      return isTall ? product(x, polynomial) : product(polynomial, x);
    });
  }
  return x;
}

const KERNEL = 'OptimMatrixProduct';
let isRegistered = false;

/**
 * The product of matrices. tfjs's WASM backend is ten times slower where it transposes an operand, and packs an operand
 * that it has not seen before. So the product of `wasm_training` is used there.
 */
function product(
  a: tf.Tensor,
  b: tf.Tensor,
  {transposeA = false, transposeB = false}: Partial<Transposes> = {},
): tf.Tensor {
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, transposeA, transposeB);
  if (!isRegistered) registerProduct();
  return tf.engine().runKernel<tf.Tensor>(KERNEL, {a, b}, {transposeA, transposeB});
}

function registerProduct(): void {
  isRegistered = true;
  registerOnce({
    kernelName: KERNEL,
    backendName: 'wasm',
    kernelFunc: ({inputs, attrs, backend}) => {
      const {a, b} = inputs;
      if (a === undefined || b === undefined || !(backend instanceof tf.KernelBackend))
        // Unreachable: only `product` runs this kernel.
        throw new Error(`The kernel ${KERNEL} multiplies two tensors of the WASM backend.`);
      const [transposeA, transposeB] = [attrs?.['transposeA'] === true, attrs?.['transposeB'] === true];
      return matrixProduct(assertWasmBackend(backend), a, b, {transposeA, transposeB});
    },
  });
}
