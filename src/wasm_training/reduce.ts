import {backend_util, util, type TensorInfo} from '@tensorflow/tfjs-core';

import {memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction, wasmFunctions} from '../wasm/module';
import {lengthOf} from './attributes';
import type {Call} from './kernel';
import {reduceText} from './reduce_text';

/** x seen as [outer, rows, inner], to be summed over the rows. */
interface Reduction {
  readonly outer: number;
  readonly rows: number;
  readonly inner: number;
  readonly shape: number[];
}

/**
 * The sum over axes that lie side by side with others behind them, as the gradients of biases and of batch norm take it. tfjs transposes
 * the whole tensor first, then sums one by one in float32; sums over the last axes are left to it.
 */
export function sum(call: Call): TensorInfo {
  const x = call.input('x');
  const reduction = reductionOf(x, call);
  return reduction === undefined ? call.stock() : sumRows(call.backend, x, reduction);
}

/** As `sum`, divided by the number of numbers. */
export function mean(call: Call): TensorInfo {
  const x = call.input('x');
  const reduction = reductionOf(x, call);
  if (reduction === undefined) return call.stock();
  const sums = sumRows(call.backend, x, reduction);
  const values = new Float32Array(memoryOf(call.backend).buffer, offsetOf(call.backend, sums), util.sizeFromShape(sums.shape));
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / reduction.rows;
  return sums;
}

function sumRows(backend: WasmBackend, x: TensorInfo, {outer, rows, inner, shape}: Reduction): TensorInfo {
  const out = backend.makeOutput(shape, 'float32');
  wasmFunction(wasmFunctions(backend, 'reduce', reduceText), 'sumRows')(offsetOf(backend, x), outer, rows, inner, offsetOf(backend, out));
  return out;
}

function isAxis(value: unknown): value is number | number[] {
  return typeof value === 'number' || (Array.isArray(value) && value.every((one) => typeof one === 'number'));
}

/** `undefined` where it is not of the kind above. */
function reductionOf({dtype, shape}: TensorInfo, {attrs: {axis, keepDims}}: Call): Reduction | undefined {
  if (dtype !== 'float32' || !isAxis(axis) || shape.includes(0)) return undefined;
  const axes = util.parseAxisParam(axis, shape);
  const long = shape.map((_, at) => at).filter((at) => lengthOf(shape, at) > 1);
  const reduced = long.filter((at) => axes.includes(at));
  const [first, last] = [reduced[0], reduced.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const isTogether = long.every((at) => reduced.includes(at) === (at >= first && at <= last));
  const inner = util.sizeFromShape(shape.slice(last + 1));
  if (!isTogether || inner === 1) return undefined;
  const [outShape] = backend_util.computeOutAndReduceShapes(shape, axes);
  return {
    outer: util.sizeFromShape(shape.slice(0, first)),
    rows: util.sizeFromShape(shape.slice(first, last + 1)),
    inner,
    shape: keepDims === true ? backend_util.expandShapeToKeepDim(outShape, axes) : outShape,
  };
}
