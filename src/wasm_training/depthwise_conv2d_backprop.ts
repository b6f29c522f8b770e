import {type TensorInfo, util} from '@tensorflow/tfjs-core';

import {offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction} from '../wasm/instance';
import {wasmFunctions} from '../wasm/module';
import {WORK_PER_NUMBER} from '../wasm/threads';
import {as4D, lengthOf, shape4DOf} from './attributes';
import {type ConvGeometry, convGeometry, outputsOfTap} from './conv_geometry';
import {depthwiseText} from './depthwise_text';
import {assertFloat32, type Call, consume, runStock, zeros} from './kernel';
import {CHANNELS, shared} from './shares';
import {tiled} from './tile';

/** How many numbers of x and dy a block of rows may hold, so that it fits in the first cache. */
const BLOCK = 6144;

/**
 * dw[ky, kx, c, q] = Σ over n, y, x of x[n, y·s + ky·d - p, x·s + kx·d - p, c] · dy[n, y, x, c·Q + q], with Q filters
 * per channel. Each channel of x is first repeated Q times. So the channels of x, dy and dw are in the same order.
 */
export function depthwiseConv2dNativeBackpropFilter({backend, input, attrs}: Call): TensorInfo {
  const [x, dy] = [input('x'), input('dy')];
  assertFloat32([x, dy], 'DepthwiseConv2dNativeBackpropFilter');
  const filterShape = shape4DOf(attrs, 'filterShape');
  const geometry = convGeometry(
    'depthwiseConv2dDerFilter',
    attrs,
    as4D(x.shape, 'x'),
    filterShape,
    as4D(dy.shape, 'dy'),
    true,
  );
  const times = filterShape[3];
  if (times === 1) return filterGradient(backend, x, dy, filterShape, geometry);
  return consume(backend, eachRepeated(backend, x, times), repeated =>
    filterGradient(backend, repeated, dy, filterShape, geometry),
  );
}

/**
 * dx[n, y, x, c] = Σ over ky, kx, q of dy[n, (y + p - ky·d) / s, (x + p - kx·d) / s, c·Q + q] · w[ky, kx, c, q] where
 * the divisions have no remainder. It is first computed separately for each of the Q filters, and then summed.
 */
export function depthwiseConv2dNativeBackpropInput({backend, input, attrs}: Call): TensorInfo {
  const [dy, filter] = [input('dy'), input('filter')];
  assertFloat32([dy, filter], 'DepthwiseConv2dNativeBackpropInput');
  const inputShape = shape4DOf(attrs, 'inputShape');
  const filterShape = as4D(filter.shape, 'filter');
  const geometry = convGeometry('depthwiseConv2dDerInput', attrs, inputShape, filterShape, as4D(dy.shape, 'dy'), true);
  const apart = inputGradient(backend, dy, filter, geometry);
  const times = filterShape[3];
  if (times === 1) return apart;
  return consume(backend, apart, ({dataId, dtype}) =>
    runStock(backend, 'Sum', {x: {dataId, dtype, shape: [...inputShape, times]}}, {axis: [4], keepDims: false}),
  );
}

function eachRepeated(backend: WasmBackend, {dataId, dtype, shape}: TensorInfo, times: number): TensorInfo {
  const repeated = tiled(backend, {dataId, dtype, shape: [util.sizeFromShape(shape), 1]}, [1, times]);
  return {...repeated, shape: [...shape.slice(0, -1), lengthOf(shape, shape.length - 1) * times]};
}

function filterGradient(
  backend: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  shape: number[],
  geometry: ConvGeometry,
): TensorInfo {
  const {batch, outChannels: channels, rows, columns} = geometry;
  const filterTap = wasmFunction(wasmFunctions(backend, 'depthwise', depthwiseText), 'filterTap');
  const dw = zeros(backend, shape);
  const offset = {x: offsetOf(backend, x), dy: offsetOf(backend, dy), dw: offsetOf(backend, dw)};
  const pixel = 4 * channels;
  const perRow = (columns.input * rows.stride + columns.outputInMemory) * channels;
  const step = Math.max(1, Math.floor(BLOCK / perRow));
  const work = {parts: Math.ceil(channels / CHANNELS), work: workOf(geometry)};
  shared(backend, work, ({from, to, thread}) => {
    const run = thread.on(filterTap);
    const channel = CHANNELS * from;
    const ownChannels = Math.min(channels, CHANNELS * to) - channel;
    for (let n = 0; n < batch; n++) {
      for (let first = 0; first < rows.output; first += step) {
        for (let ky = 0; ky < rows.filter; ky++) {
          const [y, yEnd] = outputsOfTap(rows, ky, first, Math.min(first + step, rows.output));
          for (let kx = 0; kx < columns.filter && y < yEnd; kx++) {
            const [at, atEnd] = outputsOfTap(columns, kx, 0, columns.output);
            if (at >= atEnd) continue;
            const rowOfX = n * rows.input + y * rows.stride + ky * rows.dilation - rows.pad;
            const rowOfDy = n * rows.outputInMemory + y;
            const column = at * columns.stride + kx * columns.dilation - columns.pad;
            run(
              offset.x + pixel * (rowOfX * columns.input + column) + 4 * channel,
              pixel * columns.stride,
              pixel * columns.input * rows.stride,
              offset.dy + pixel * (rowOfDy * columns.outputInMemory + at) + 4 * channel,
              pixel,
              pixel * columns.outputInMemory,
              offset.dw + pixel * (ky * columns.filter + kx) + 4 * channel,
              ownChannels,
              atEnd - at,
              yEnd - y,
            );
          }
        }
      }
    }
  });
  return dw;
}

function inputGradient(backend: WasmBackend, dy: TensorInfo, filter: TensorInfo, geometry: ConvGeometry): TensorInfo {
  const {batch, outChannels: channels, rows, columns} = geometry;
  const inputTap = wasmFunction(wasmFunctions(backend, 'depthwise', depthwiseText), 'inputTap');
  const dx = zeros(backend, [batch, rows.input, columns.input, channels]);
  const offset = {dx: offsetOf(backend, dx), dy: offsetOf(backend, dy), w: offsetOf(backend, filter)};
  const pixel = 4 * channels;
  shared(backend, {parts: batch, work: workOf(geometry)}, ({from, to, thread}) => {
    const run = thread.on(inputTap);
    for (let n = from; n < to; n++) {
      for (let y = 0; y < rows.output; y++) {
        for (let ky = 0; ky < rows.filter; ky++) {
          const row = y * rows.stride + ky * rows.dilation - rows.pad;
          for (let kx = 0; kx < columns.filter && row >= 0 && row < rows.input; kx++) {
            const [at, atEnd] = outputsOfTap(columns, kx, 0, columns.output);
            if (at >= atEnd) continue;
            const column = at * columns.stride + kx * columns.dilation - columns.pad;
            run(
              offset.dx + pixel * ((n * rows.input + row) * columns.input + column),
              pixel * columns.stride,
              offset.dy + pixel * ((n * rows.outputInMemory + y) * columns.outputInMemory + at),
              pixel,
              offset.w + pixel * (ky * columns.filter + kx),
              channels,
              atEnd - at,
            );
          }
        }
      }
    }
  });
  return dx;
}

function workOf({batch, outChannels, rows, columns}: ConvGeometry): number {
  const taps = rows.filter * columns.filter;
  return batch * rows.output * columns.output * taps * outChannels * WORK_PER_NUMBER;
}
