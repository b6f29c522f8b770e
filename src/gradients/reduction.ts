import {backend_util, type TensorInfo} from '@tensorflow/tfjs-core';

import {axesOf} from './axes';

/** x with the shape [outer, rows, inner], to sum over the rows. `shape` is that of the result. */
export interface Reduction {
  readonly outer: number;
  readonly rows: number;
  readonly inner: number;
  readonly shape: number[];
}

/**
 * The sum over adjacent axes with other axes after them, as in the gradients of biases and of batch norm, and the sum
 * over all axes. Undefined for others, which are left to tfjs.
 */
export function reductionOf(
  {dtype, shape}: TensorInfo,
  {axis, keepDims}: Readonly<Record<string, unknown>>,
): Reduction | undefined {
  const axes = axesOf(shape, axis);
  if (dtype !== 'float32' || axes === undefined || shape.includes(0)) return undefined;
  let [outer, rows, inner] = [1, 1, 1];
  for (const [axis, length] of shape.entries()) {
    if (length === 1) continue;
    if (axes.includes(axis)) {
      if (inner > 1) return undefined;
      rows *= length;
    } else if (rows === 1) {
      outer *= length;
    } else {
      inner *= length;
    }
  }
  if (rows === 1 || (inner === 1 && outer > 1)) return undefined;
  const [outShape] = backend_util.computeOutAndReduceShapes(shape, axes);
  return {outer, rows, inner, shape: keepDims === true ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape};
}
