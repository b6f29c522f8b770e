import {type TensorInfo, util} from '@tensorflow/tfjs-core';

import {makeTensor} from '../wasm/allocation';
import {offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction} from '../wasm/instance';
import {wasmFunctions} from '../wasm/module';
import {WORK_PER_NUMBER} from '../wasm/threads';
import {channelsText} from './channels_text';
import type {TrainingKernel} from './kernel';
import {shared} from './shares';

/** With shorter rows tfjs's own kernels are as fast. */
const SHORTEST = 4;

/**
 * Runs a function of `channels_text.ts` on `rows` rows of `inner` numbers. Threads share the rows.
 * @param vectors the offsets of its vectors.
 */
export function alongRows(
  backend: WasmBackend,
  name: 'add' | 'sub' | 'mul' | 'normalize',
  {x, vectors, out, rows, inner}: {x: number; vectors: readonly number[]; out: number; rows: number; inner: number},
): void {
  const run = wasmFunction(wasmFunctions(backend, 'channels', channelsText), name);
  shared(backend, {parts: rows, work: rows * inner * WORK_PER_NUMBER}, ({from, to, thread}) => {
    const first = 4 * from * inner;
    thread.on(run)(x + first, ...vectors, out + first, to - from, inner);
  });
}

/** Whether `vector` has the shape of the last axes of `full`, and is broadcast along the others. */
export function isAlongChannels(full: TensorInfo, vector: TensorInfo): boolean {
  if (full.dtype !== 'float32' || vector.dtype !== 'float32' || vector.shape.length > full.shape.length) return false;
  const size = util.sizeFromShape(vector.shape);
  if (size < SHORTEST || size >= util.sizeFromShape(full.shape)) return false;
  let matched = 1;
  for (let back = 1; back <= vector.shape.length; back++) {
    const length = vector.shape.at(-back);
    if (length === undefined || length !== full.shape.at(-back)) break;
    matched *= length;
  }
  return matched === size;
}

/**
 * a ∘ b where one is a vector along the last axes of the other: a bias, or a statistic of batch norm. tfjs's own kernel
 * computes anything else.
 */
function alongChannels(name: 'add' | 'sub' | 'mul', isCommutative: boolean): TrainingKernel {
  return ({backend, input, stock}) => {
    const [a, b] = [input('a'), input('b')];
    if (isAlongChannels(a, b)) return combined(backend, name, a, b);
    return isCommutative && isAlongChannels(b, a) ? combined(backend, name, b, a) : stock();
  };
}

export const add = alongChannels('add', true);
export const multiply = alongChannels('mul', true);
export const sub = alongChannels('sub', false);

function combined(
  backend: WasmBackend,
  name: 'add' | 'sub' | 'mul',
  full: TensorInfo,
  vector: TensorInfo,
): TensorInfo {
  const out = makeTensor(backend, full.shape, 'float32');
  const inner = util.sizeFromShape(vector.shape);
  alongRows(backend, name, {
    x: offsetOf(backend, full),
    vectors: [offsetOf(backend, vector)],
    out: offsetOf(backend, out),
    rows: util.sizeFromShape(full.shape) / inner,
    inner,
  });
  return out;
}
