import {util, type TensorInfo} from '@tensorflow/tfjs-core';

import {memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction, wasmFunctions, type WasmFunction} from '../wasm/module';
import {channelsText} from './channels_text';
import type {Call, TrainingKernel} from './kernel';
import {withScratch} from './scratch';

/** Shorter rows are as fast in tfjs's own kernels. */
const SHORTEST = 4;

function functionOf(backend: WasmBackend, name: string): WasmFunction {
  return wasmFunction(wasmFunctions(backend, 'channels', channelsText), name);
}

/** Whether `vector` is broadcast over the last axes of `full`, and nothing else is. */
function isAlongChannels(full: TensorInfo, vector: TensorInfo): boolean {
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

/** a ∘ b where one is a vector along the last axes of the other: a bias, or a statistic of batch norm. Anything else is tfjs's own. */
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

function combined(backend: WasmBackend, name: 'add' | 'sub' | 'mul', full: TensorInfo, vector: TensorInfo): TensorInfo {
  const out = backend.makeOutput(full.shape, 'float32');
  const inner = util.sizeFromShape(vector.shape);
  functionOf(backend, name)(offsetOf(backend, full), offsetOf(backend, vector), offsetOf(backend, out), util.sizeFromShape(full.shape) / inner, inner);
  return out;
}

/** (x - mean) · scale / √(variance + ε) + offset, with statistics of each channel. */
export function fusedBatchNorm(call: Call): TensorInfo {
  const {backend, input, optionalInput, attrs: {varianceEpsilon}, stock} = call;
  const [x, mean, variance] = [input('x'), input('mean'), input('variance')];
  const [scale, offset] = [optionalInput('scale'), optionalInput('offset')];
  const vectors = [mean, variance, scale, offset].filter((one) => one !== undefined);
  if (!vectors.every(({shape}) => shape.length === 1) || !vectors.every((one) => isAlongChannels(x, one)) || typeof varianceEpsilon !== 'number') return stock();
  const out = backend.makeOutput(x.shape, 'float32');
  const inner = util.sizeFromShape(mean.shape);
  withScratch(backend, 2 * inner, (factors) => {
    const {buffer} = memoryOf(backend);
    const numbers = (tensor: TensorInfo): Float32Array => new Float32Array(buffer, offsetOf(backend, tensor), inner);
    const [variances, scales] = [numbers(variance), scale === undefined ? undefined : numbers(scale)];
    new Float32Array(buffer, factors, inner).set(variances.map((one, c) => (scales?.[c] ?? 1) / Math.sqrt(one + varianceEpsilon)));
    const offsets = new Float32Array(buffer, factors + 4 * inner, inner);
    if (offset === undefined) offsets.fill(0);
    else offsets.set(numbers(offset));
    functionOf(backend, 'normalize')(
      offsetOf(backend, x), offsetOf(backend, mean), factors, factors + 4 * inner, offsetOf(backend, out), util.sizeFromShape(x.shape) / inner, inner);
  });
  return out;
}
