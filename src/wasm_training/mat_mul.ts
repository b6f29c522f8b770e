import {broadcast_util, type TensorInfo, util} from '@tensorflow/tfjs-core';

import {makeTensor} from '../wasm/allocation';
import {offsetOf, type WasmBackend} from '../wasm/backend';
import {lengthOf} from './attributes';
import {type Call, consume, runStock} from './kernel';
import {multiply} from './matrix_product';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function transposesOf({attrs}: Call): Transposes {
  return {transposeA: attrs.transposeA === true, transposeB: attrs.transposeB === true};
}

/** tfjs uses XNNPACK only for one product of matrices that are not transposed, and a naive loop otherwise. */
function isFastInStock(a: TensorInfo, b: TensorInfo, {transposeA, transposeB}: Transposes): boolean {
  const batches = [a, b].map(({shape}) => util.sizeFromShape(shape.slice(0, -2)));
  return !transposeA && !transposeB && batches.every(batch => batch === 1);
}

const isFloat32 = (...tensors: readonly TensorInfo[]): boolean => tensors.every(({dtype}) => dtype === 'float32');

/** c[…, m, n] = a[…, m, k] · b[…, k, n], with the leading axes broadcast and either operand transposed in memory. */
export function batchMatMul(call: Call): TensorInfo {
  const [a, b] = [call.input('a'), call.input('b')];
  const transposes = transposesOf(call);
  if (!isFloat32(a, b) || isFastInStock(a, b, transposes)) return call.stock();
  return product(call.backend, a, b, transposes);
}

/** activation(a · b + bias), as `batchMatMul`. */
export function fusedMatMul(call: Call): TensorInfo {
  const [a, b] = [call.input('a'), call.input('b')];
  const transposes = transposesOf(call);
  const {activation} = call.attrs;
  const {backend} = call;
  const activate = typeof activation === 'string' ? ACTIVATIONS[activation] : undefined;
  if (!isFloat32(a, b) || isFastInStock(a, b, transposes) || activate === undefined) return call.stock();
  const ab = product(backend, a, b, transposes);
  const bias = call.optionalInput('bias');
  const sum = bias === undefined ? ab : consume(backend, ab, x => runStock(backend, 'Add', {a: x, b: bias}));
  return activate === 'linear' ? sum : consume(backend, sum, x => activate(call, x));
}

const ACTIVATIONS: Readonly<Record<string, 'linear' | ((call: Call, x: TensorInfo) => TensorInfo)>> = {
  linear: 'linear',
  relu: ({backend}, x) => runStock(backend, 'Relu', {x}),
  relu6: ({backend}, x) => runStock(backend, 'Relu6', {x}),
  sigmoid: ({backend}, x) => runStock(backend, 'Sigmoid', {x}),
  elu: ({backend}, x) => runStock(backend, 'Elu', {x}),
  prelu: ({backend, input}, x) => runStock(backend, 'Prelu', {x, alpha: input('preluActivationWeights')}),
  // tfjs's own kernel takes 0 for a missing alpha, too.
  leakyrelu: ({backend, attrs: {leakyreluAlpha}}, x) =>
    runStock(backend, 'LeakyRelu', {x}, {alpha: typeof leakyreluAlpha === 'number' ? leakyreluAlpha : 0}),
};

function product(
  backend: WasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  {transposeA, transposeB}: Transposes,
): TensorInfo {
  const [left, right] = [matrixOf(a, transposeA), matrixOf(b, transposeB)];
  const [m, k, n] = [left.rows, left.columns, right.columns];
  const batchShape = broadcast_util.assertAndGetBroadcastShape(left.batch, right.batch);
  util.assert(
    k === right.rows,
    () =>
      `Error in matMul: inner shapes (${k}) and (${right.rows}) of Tensors with shapes ${a.shape.join()} and ` +
      `${b.shape.join()} and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const c = makeTensor(backend, [...batchShape, m, n], 'float32');
  const at = {a: offsetOf(backend, a), b: offsetOf(backend, b), c: offsetOf(backend, c)};
  for (let i = 0; i < util.sizeFromShape(batchShape); i++) {
    multiply(backend, {
      m,
      n,
      k,
      c: at.c + 4 * i * m * n,
      a: {at: at.a + 4 * broadcastIndex(i, left.batch, batchShape) * m * k, transposed: transposeA},
      b: {at: at.b + 4 * broadcastIndex(i, right.batch, batchShape) * k * n, transposed: transposeB},
    });
  }
  return c;
}

/** The shape of a tensor's matrices as operands of the product, after transposing. */
function matrixOf({shape}: TensorInfo, isTransposed: boolean): {batch: number[]; rows: number; columns: number} {
  const [rows, columns] = [lengthOf(shape, shape.length - 2), lengthOf(shape, shape.length - 1)];
  const batch = shape.slice(0, -2);
  return isTransposed ? {batch, rows: columns, columns: rows} : {batch, rows, columns};
}

/**
 * Converts an index into the broadcast shape to the index into `shape`. Where `shape` is repeated, its axis has length
 * 1 or is missing.
 */
function broadcastIndex(index: number, shape: readonly number[], broadcast: readonly number[]): number {
  const missing = broadcast.length - shape.length;
  let [rest, found, stride] = [index, 0, 1];
  for (let axis = broadcast.length - 1; axis >= missing; axis--) {
    const length = lengthOf(shape, axis - missing);
    if (length > 1) found += stride * (rest % length);
    stride *= length;
    rest = Math.floor(rest / lengthOf(broadcast, axis));
  }
  return found;
}
