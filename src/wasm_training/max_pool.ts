import {backend_util, type TensorInfo} from '@tensorflow/tfjs-core';

import {makeTensor} from '../wasm/allocation';
import {offsetOf, type WasmBackend} from '../wasm/backend';
import {wasmFunction} from '../wasm/instance';
import {wasmFunctions} from '../wasm/module';
import {as4D, as5D, type Attributes, padOf, pairOf, roundingOf, tripleOf, volumePadOf} from './attributes';
import {type ConvAxis, tapsOfOutput, volumeAxes} from './conv_geometry';
import {assertFloat32, type Call, zeros} from './kernel';
import {maxPoolText} from './max_pool_text';

/** Pooling over volumes. A picture is a volume of depth 1. */
interface Pooling {
  readonly batch: number;
  readonly channels: number;
  readonly outShape: number[];
  readonly axes: readonly [ConvAxis, ConvAxis, ConvAxis];
}

const FLAT: ConvAxis = {input: 1, output: 1, outputInMemory: 1, filter: 1, stride: 1, dilation: 1, pad: 0};

function volumePooling(attrs: Attributes, x: TensorInfo): Pooling {
  const info = backend_util.computePool3DInfo(
    as5D(x.shape, 'x'),
    tripleOf(attrs, 'filterSize'),
    tripleOf(attrs, 'strides'),
    1,
    volumePadOf(attrs),
    roundingOf(attrs),
  );
  return {batch: info.batchSize, channels: info.inChannels, outShape: info.outShape, axes: volumeAxes(info)};
}

function picturePooling(attrs: Attributes, x: TensorInfo): Pooling {
  const info = backend_util.computePool2DInfo(
    as4D(x.shape, 'x'),
    pairOf(attrs, 'filterSize'),
    pairOf(attrs, 'strides'),
    1,
    padOf(attrs),
    roundingOf(attrs),
  );
  const rows = {
    input: info.inHeight,
    output: info.outHeight,
    outputInMemory: info.outHeight,
    filter: info.filterHeight,
    stride: info.strideHeight,
    dilation: 1,
    pad: info.padInfo.top,
  };
  const columns = {
    input: info.inWidth,
    output: info.outWidth,
    outputInMemory: info.outWidth,
    filter: info.filterWidth,
    stride: info.strideWidth,
    dilation: 1,
    pad: info.padInfo.left,
  };
  return {batch: info.batchSize, channels: info.inChannels, outShape: info.outShape, axes: [FLAT, rows, columns]};
}

/** y[n, z, y, x, c] = max of x over the output's window. tfjs's own kernel starts from the smallest positive number. */
export function maxPool3D({backend, input, attrs}: Call): TensorInfo {
  const x = input('x');
  assertFloat32([x], 'MaxPool3D');
  const pooling = volumePooling(attrs, x);
  const y = makeTensor(backend, pooling.outShape, 'float32');
  const windowMax = wasmFunction(wasmFunctions(backend, 'maxPool', maxPoolText), 'windowMax');
  const at = {x: offsetOf(backend, x), y: offsetOf(backend, y)};
  eachWindow(pooling, (pixelOfX, pixelOfY, window) => {
    windowMax(at.x + pixelOfX, ...window, pooling.channels, at.y + pixelOfY);
  });
  return y;
}

/** dx = the dy of each window, at the first of its largest numbers. Where windows overlap, dx is their sum. */
export const maxPoolGrad = (call: Call): TensorInfo => gradient(call, picturePooling);
export const maxPool3DGrad = (call: Call): TensorInfo => gradient(call, volumePooling);

function gradient(
  {backend, input, attrs}: Call,
  poolingOf: (attrs: Attributes, x: TensorInfo) => Pooling,
): TensorInfo {
  const [dy, x] = [input('dy'), input('input')];
  assertFloat32([dy, x], 'MaxPoolGrad');
  const pooling = poolingOf(attrs, x);
  if (dy.shape.join() !== pooling.outShape.join()) {
    throw new Error(
      `Error in maxPoolGrad: dy has shape [${dy.shape.join()}], but pooling x of shape [${x.shape.join()}] makes ` +
        `[${pooling.outShape.join()}].`,
    );
  }
  const dx = zeros(backend, x.shape);
  addAtLargest(backend, pooling, {x: offsetOf(backend, x), dy: offsetOf(backend, dy), dx: offsetOf(backend, dx)});
  return dx;
}

function addAtLargest(backend: WasmBackend, pooling: Pooling, at: {x: number; dy: number; dx: number}): void {
  const windowGradient = wasmFunction(wasmFunctions(backend, 'maxPool', maxPoolText), 'windowGradient');
  eachWindow(pooling, (pixelOfX, pixelOfY, window) => {
    windowGradient(at.x + pixelOfX, ...window, pooling.channels, at.dy + pixelOfY, at.dx - at.x);
  });
}

/** The numbers of depths, rows and columns of a window, each with the bytes from one to the next. */
type Window = readonly [depths: number, depth: number, rows: number, row: number, columns: number, column: number];

function eachWindow(
  {batch, channels, axes: [depths, rows, columns]}: Pooling,
  use: (x: number, y: number, window: Window) => void,
): void {
  const pixel = 4 * channels;
  const [rowBytes, sliceBytes] = [columns.input * pixel, rows.input * columns.input * pixel];
  let output = 0;
  for (let n = 0; n < batch; n++) {
    for (let z = 0; z < depths.output; z++) {
      const [z0, z1] = tapsOfOutput(depths, z);
      for (let y = 0; y < rows.output; y++) {
        const [y0, y1] = tapsOfOutput(rows, y);
        for (let x = 0; x < columns.output; x++, output += pixel) {
          const [x0, x1] = tapsOfOutput(columns, x);
          const slice = n * depths.input + z * depths.stride - depths.pad + z0;
          const row = slice * rows.input + y * rows.stride - rows.pad + y0;
          const first = (row * columns.input + x * columns.stride - columns.pad + x0) * pixel;
          use(first, output, [
            Math.max(0, z1 - z0),
            sliceBytes,
            Math.max(0, y1 - y0),
            rowBytes,
            Math.max(0, x1 - x0),
            pixel,
          ]);
        }
      }
    }
  }
}
