import type {TensorInfo} from '@tensorflow/tfjs-core';

import {type Reduction, reductionOf} from '../gradients/reduction';
import {makeTensor} from '../wasm/allocation';
import {memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction} from '../wasm/instance';
import {wasmFunctions} from '../wasm/module';
import {WORK_PER_NUMBER} from '../wasm/threads';
import type {Call} from './kernel';
import {reduceText} from './reduce_text';
import {withScratch} from './scratch';
import {CHANNELS, shared} from './shares';

/** The sum of all numbers is computed as this many adjacent sums. */
const LANES = 16;

/**
 * The sum over adjacent axes with other axes after them, as in the gradients of biases and of batch norm, and the sum
 * over all axes. tfjs's own kernel transposes the whole tensor first, and then adds one by one in float32. It still
 * computes sums over the last axes only.
 */
export function sum(call: Call): TensorInfo {
  const x = call.input('x');
  const reduction = reductionOf(x, call.attrs);
  return reduction === undefined ? call.stock() : sumAndDivide(call.backend, x, reduction, 1);
}

/** As `sum`, divided by the number of summed numbers. */
export function mean(call: Call): TensorInfo {
  const x = call.input('x');
  const reduction = reductionOf(x, call.attrs);
  return reduction === undefined ? call.stock() : sumAndDivide(call.backend, x, reduction, reduction.rows);
}

function sumAndDivide(backend: WasmBackend, x: TensorInfo, reduction: Reduction, divisor: number): TensorInfo {
  const {outer, inner, shape} = reduction;
  const out = makeTensor(backend, shape, 'float32');
  if (inner === 1) {
    const total = sumOfAll(backend, offsetOf(backend, x), reduction.rows);
    new Float32Array(memoryOf(backend).buffer, offsetOf(backend, out), 1).fill(total / divisor);
    return out;
  }
  sumRows(backend, offsetOf(backend, x), reduction, offsetOf(backend, out));
  if (divisor !== 1) {
    const sums = new Float32Array(memoryOf(backend).buffer, offsetOf(backend, out), outer * inner);
    sums.set(sums.map(one => one / divisor));
  }
  return out;
}

/** Threads share the sums of the outer axes, or else channels. */
function sumRows(backend: WasmBackend, x: number, {outer, rows, inner}: Omit<Reduction, 'shape'>, out: number): void {
  const run = wasmFunction(wasmFunctions(backend, 'reduce', reduceText), 'sumRows');
  const work = outer * rows * inner * WORK_PER_NUMBER;
  const row = 4 * inner;
  if (outer > 1) {
    shared(backend, {parts: outer, work}, ({from, to, thread}) => {
      thread.on(run)(x + from * rows * row, to - from, rows, inner, out + from * row, row);
    });
    return;
  }
  shared(backend, {parts: Math.ceil(inner / CHANNELS), work}, ({from, to, thread}) => {
    const channel = CHANNELS * from;
    thread.on(run)(x + 4 * channel, outer, rows, Math.min(inner, CHANNELS * to) - channel, out + 4 * channel, row);
  });
}

function sumOfAll(backend: WasmBackend, x: number, size: number): number {
  const rows = Math.floor(size / LANES);
  let total = 0;
  withScratch(backend, LANES, lanes => {
    sumRows(backend, x, {outer: 1, rows, inner: LANES}, lanes);
    const {buffer} = memoryOf(backend);
    const rest = new Float32Array(buffer, x + 4 * rows * LANES, size - rows * LANES);
    total = [...new Float32Array(buffer, lanes, LANES), ...rest].reduce((all, one) => all + one, 0);
  });
  return total;
}
