import {type TensorInfo, util} from '@tensorflow/tfjs-core';

import {at} from '../util/at';
import {makeTensor} from '../wasm/allocation';
import {memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction} from '../wasm/instance';
import {wasmFunctions} from '../wasm/module';
import {numberOf} from './attributes';
import {batchNormText} from './batch_norm_text';
import {channelsFunction, isAlongChannels} from './channels';
import type {Call} from './kernel';
import {withScratch} from './scratch';

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
    channelsFunction(backend, 'normalize')(
      offsetOf(backend, x),
      offsetOf(backend, mean),
      factors,
      factors + 4 * inner,
      offsetOf(backend, out),
      util.sizeFromShape(x.shape) / inner,
      inner,
    );
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
  wasmFunction(wasmFunctions(backend, 'batchNorm', batchNormText), 'slopeSums')(
    offsetOf(backend, dy),
    offsetOf(backend, x),
    offsetOf(backend, mean),
    inner,
    rows,
    offsetOf(backend, dOffset),
    offsetOf(backend, dScale),
  );
  withScratch(backend, inner, factors => {
    const inv = numbersOf(backend, variance).map(one => 1 / Math.sqrt(one + epsilon));
    const scales = scalesOf(backend, scale, inner);
    const factor = inv.map((one, c) => one * at(scales, c));
    const [s, t] = [numbersOf(backend, dOffset), numbersOf(backend, dScale)];
    numbersOf(backend, dMean).set(factor.map((one, c) => -one * at(s, c)));
    numbersOf(backend, dVariance).set(factor.map((one, c) => -0.5 * at(inv, c) ** 2 * one * at(t, c)));
    t.set(inv.map((one, c) => one * at(t, c)));
    new Float32Array(memoryOf(backend).buffer, factors, inner).set(factor);
    channelsFunction(backend, 'mul')(offsetOf(backend, dy), factors, offsetOf(backend, dx), rows, inner);
  });
  return [dx, dMean, dVariance, dScale, dOffset];
}
