import {type TensorInfo, util} from '@tensorflow/tfjs-core';

import {at} from '../util/at';
import {makeTensor} from '../wasm/allocation';
import {memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';
import {lengthOf} from './attributes';
import type {Call} from './kernel';

/** x repeated `reps[axis]` times along each axis. */
export function tile(call: Call): TensorInfo {
  const x = call.input('x');
  const {reps} = call.attrs;
  const isRepetition = (value: unknown): value is number[] => Array.isArray(value) && value.length === x.shape.length;
  if (x.dtype === 'string' || x.dtype === 'complex64' || !isRepetition(reps)) return call.stock();
  return tiled(call.backend, x, reps);
}

/**
 * Repeats each block of numbers below an axis, from the last axis to the first. It works in place and from the back, so
 * no number is overwritten before it is moved.
 */
export function tiled(backend: WasmBackend, x: TensorInfo, reps: readonly number[]): TensorInfo {
  const out = makeTensor(
    backend,
    x.shape.map((length, axis) => length * lengthOf(reps, axis)),
    x.dtype,
  );
  const size = util.sizeFromShape(out.shape);
  if (size === 0) return out;
  const {buffer} = memoryOf(backend);
  const View = util.bytesPerElement(x.dtype) === 4 ? Int32Array : Uint8Array;
  const length = util.sizeFromShape(x.shape);
  const numbers = new View(buffer, offsetOf(backend, out), size);
  numbers.set(new View(buffer, offsetOf(backend, x), length));
  let [block, blocks] = [1, length];
  for (let axis = x.shape.length - 1; axis >= 0; axis--) {
    const times = lengthOf(reps, axis);
    block *= lengthOf(x.shape, axis);
    blocks /= lengthOf(x.shape, axis);
    if (times > 1) repeat(numbers, block, blocks, times);
    block *= times;
  }
  return out;
}

function repeat(numbers: Int32Array | Uint8Array, block: number, blocks: number, times: number): void {
  for (let i = blocks - 1; i >= 0; i--) {
    const [from, to] = [i * block, i * block * times];
    const end = to + block * times;
    if (block === 1) {
      numbers.fill(at(numbers, from), to, end);
      continue;
    }
    numbers.copyWithin(to, from, from + block);
    for (let done = to + block; done < end; done += done - to)
      numbers.copyWithin(done, to, Math.min(done, to + end - done));
  }
}
