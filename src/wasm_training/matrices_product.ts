import {broadcast_util, type TensorInfo, util} from '@tensorflow/tfjs-core';

import {makeTensor} from '../wasm/allocation';
import {offsetOf, type WasmBackend} from '../wasm/backend';
import {lengthOf} from './attributes';
import {multiplyAll} from './matrix_product';

/** Which operands are transposed in memory. */
export interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** c[…, m, n] = a[…, m, k] · b[…, k, n] of float32, with the leading axes broadcast. */
export function matrixProduct(
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
  multiplyAll(
    backend,
    Array.from({length: util.sizeFromShape(batchShape)}, (_, i) => ({
      m,
      n,
      k,
      c: at.c + 4 * i * m * n,
      a: {at: at.a + 4 * broadcastIndex(i, left.batch, batchShape) * m * k, transposed: transposeA},
      b: {at: at.b + 4 * broadcastIndex(i, right.batch, batchShape) * k * n, transposed: transposeB},
    })),
  );
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
