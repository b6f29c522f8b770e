import {type TensorInfo, util} from '@tensorflow/tfjs-core';

import {at} from '../util/at';
import {makeTensor} from '../wasm/allocation';
import {memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction} from '../wasm/instance';
import {wasmFunctions} from '../wasm/module';
import {WORK_PER_NUMBER} from '../wasm/threads';
import {numberOf} from './attributes';
import {batchNormText} from './batch_norm_text';
import {alongRows, isAlongChannels} from './channels';
import type {Call} from './kernel';
import {withScratch} from './scratch';
import {CHANNELS, shared} from './shares';

function numbersOf(backend: WasmBackend, vector: TensorInfo): Float32Array {
  return new Float32Array(memoryOf(backend).buffer, offsetOf(backend, vector), util.sizeFromShape(vector.shape));
}

/** The scale of each channel: 1 where the operation has no scale. */
function scalesOf(backend: WasmBackend, scale: TensorInfo | undefined, channels: number): Float32Array {
  return scale === undefined ? new Float32Array(channels).fill(1) : numbersOf(backend, scale);
}

/** (x - mean) · scale / √(variance + ε) + offset, with statistics per channel. */
export function fusedBatchNorm(call: Call): TensorInfo {
  const {
    backend,
    input,
    optionalInput,
    attrs: {varianceEpsilon},
    stock,
  } = call;
  const [x, mean, variance] = [input('x'), input('mean'), input('variance')];
  const [scale, offset] = [optionalInput('scale'), optionalInput('offset')];
  const vectors = [mean, variance, scale, offset].filter(one => one !== undefined);
  if (
    !vectors.every(({shape}) => shape.length === 1) ||
    !vectors.every(one => isAlongChannels(x, one)) ||
    typeof varianceEpsilon !== 'number'
  )
    return stock();
  const out = makeTensor(backend, x.shape, 'float32');
  const inner = util.sizeFromShape(mean.shape);
  withScratch(backend, 2 * inner, factors => {
    const {buffer} = memoryOf(backend);
    const scales = scalesOf(backend, scale, inner);
    new Float32Array(buffer, factors, inner).set(
      numbersOf(backend, variance).map((one, c) => at(scales, c) / Math.sqrt(one + varianceEpsilon)),
    );
    const offsets = new Float32Array(buffer, factors + 4 * inner, inner);
    if (offset === undefined) offsets.fill(0);
    else offsets.set(numbersOf(backend, offset));
    alongRows(backend, 'normalize', {
      x: offsetOf(backend, x),
      vectors: [offsetOf(backend, mean), factors, factors + 4 * inner],
      out: offsetOf(backend, out),
      rows: util.sizeFromShape(x.shape) / inner,
      inner,
    });
  });
  return out;
}

/**
 * The gradients of y = (x - mean) · inv · scale + offset with inv = 1 / √(variance + ε), with statistics per channel.
 * With s = Σ dy and t = Σ dy · (x - mean) it returns, in this order: dx = dy · inv · scale, d mean = -inv · scale · s,
 * d variance = -½ · inv³ · scale · t, d scale = inv · t, d offset = s.
 */
export function batchNormGradient({backend, input, optionalInput, attrs}: Call): TensorInfo[] {
  const [dy, x, mean, variance, scale] = [
    input('dy'),
    input('x'),
    input('mean'),
    input('variance'),
    optionalInput('scale'),
  ];
  const epsilon = numberOf(attrs, 'varianceEpsilon');
  const inner = util.sizeFromShape(mean.shape);
  const rows = util.sizeFromShape(x.shape) / inner;
  const vector = (): TensorInfo => makeTensor(backend, [inner], 'float32');
  const [dx, dMean, dVariance, dScale, dOffset] = [
    makeTensor(backend, x.shape, 'float32'),
    vector(),
    vector(),
    vector(),
    vector(),
  ];
  const slopeSums = wasmFunction(wasmFunctions(backend, 'batchNorm', batchNormText), 'slopeSums');
  const offsets = [dy, x, mean, dOffset, dScale].map(tensor => offsetOf(backend, tensor));
  const work = {parts: Math.ceil(inner / CHANNELS), work: 3 * rows * inner * WORK_PER_NUMBER};
  shared(backend, work, ({from, to, thread}) => {
    const channel = CHANNELS * from;
    thread.on(slopeSums)(
      ...offsets.map(offset => offset + 4 * channel),
      Math.min(inner, CHANNELS * to) - channel,
      rows,
      4 * inner,
    );
  });
  withScratch(backend, inner, factors => {
    const inv = numbersOf(backend, variance).map(one => 1 / Math.sqrt(one + epsilon));
    const scales = scalesOf(backend, scale, inner);
    const factor = inv.map((one, c) => one * at(scales, c));
    const [s, t] = [numbersOf(backend, dOffset), numbersOf(backend, dScale)];
    numbersOf(backend, dMean).set(factor.map((one, c) => -one * at(s, c)));
    numbersOf(backend, dVariance).set(factor.map((one, c) => -0.5 * at(inv, c) ** 2 * one * at(t, c)));
    t.set(inv.map((one, c) => one * at(t, c)));
    new Float32Array(memoryOf(backend).buffer, factors, inner).set(factor);
    alongRows(backend, 'mul', {
      x: offsetOf(backend, dy),
      vectors: [factors],
      out: offsetOf(backend, dx),
      rows,
      inner,
    });
  });
  return [dx, dMean, dVariance, dScale, dOffset];
}
