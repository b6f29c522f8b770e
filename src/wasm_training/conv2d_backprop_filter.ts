import type {TensorInfo} from '@tensorflow/tfjs-core';

import {offsetOf, type WasmBackend} from '../wasm/backend';
import {as4D, dataFormatOf, shape4DOf} from './attributes';
import {type ConvGeometry, convGeometry, isPointwise, outputsOfTap} from './conv_geometry';
import {Dense} from './dense';
import {assertFloat32, type Call, consume, transposed, zeros} from './kernel';
import {multiply} from './matrix_product';
import {shared} from './shares';

const NAME = 'Conv2DBackpropFilter';
const TO_CHANNELS_LAST = [0, 2, 3, 1];

/** How many numbers of x and dy a block of rows may hold, so that it fits in the first cache. */
const BLOCK = 6144;

/**
 * dw[ky, kx, i, o] = Σ over n, y, x of x[n, y·s + ky - p, x·s + kx - p, i] · dy[n, y, x, o]
 *
 * For each tap, this is a product of x's pixels, transposed, with those of dy, over the pixels where the tap is inside
 * x. Both are copied to panels of channels, a few rows at a time. So all taps read them from the first cache. Threads
 * share the tiles of output channels of all taps; each copies the panels for itself.
 */
export function conv2DBackpropFilter({backend, input, attrs}: Call): TensorInfo {
  const [x, dy] = [input('x'), input('dy')];
  assertFloat32([x, dy], NAME);
  const filterShape = shape4DOf(attrs, 'filterShape');
  const geometry = convGeometry(
    'conv2dDerFilter',
    attrs,
    as4D(x.shape, 'x'),
    filterShape,
    as4D(dy.shape, 'dy'),
    false,
  );
  if (dataFormatOf(attrs) === 'NHWC') return filterGradient(backend, x, dy, geometry);
  return consume(backend, transposed(backend, x, TO_CHANNELS_LAST), xLast =>
    consume(backend, transposed(backend, dy, TO_CHANNELS_LAST), dyLast =>
      filterGradient(backend, xLast, dyLast, geometry),
    ),
  );
}

function filterGradient(backend: WasmBackend, x: TensorInfo, dy: TensorInfo, geometry: ConvGeometry): TensorInfo {
  const {batch, inChannels, outChannels, rows, columns} = geometry;
  const shape = [rows.filter, columns.filter, inChannels, outChannels];
  const dw = zeros(backend, shape);
  if (dw.shape.includes(0) || batch === 0) return dw;
  if (isPointwise(geometry)) {
    multiply(backend, {
      m: inChannels,
      n: outChannels,
      k: batch * rows.input * columns.input,
      a: {at: offsetOf(backend, x), transposed: true},
      b: {at: offsetOf(backend, dy), transposed: false},
      c: offsetOf(backend, dw),
    });
    return dw;
  }
  sumOverPictures(backend, geometry, offsetOf(backend, x), offsetOf(backend, dy), offsetOf(backend, dw));
  return dw;
}

function sumOverPictures(backend: WasmBackend, geometry: ConvGeometry, x: number, dy: number, dw: number): void {
  const {tileRows, tileColumns} = new Dense(backend);
  const {batch, inChannels, outChannels, rows, columns} = geometry;
  const perRow = columns.input * inChannels * rows.stride + columns.outputInMemory * outChannels;
  const step = Math.min(rows.output, Math.max(1, Math.floor(BLOCK / perRow)));
  const most = {x: Math.min(rows.input, (step - 1) * rows.stride + rows.filter), dy: step};
  const roundUp = (value: number, tile: number): number => Math.ceil(value / tile) * tile;
  const floatsOfX = most.x * columns.input * roundUp(inChannels, tileRows);
  const floatsOfDy = most.dy * columns.outputInMemory * roundUp(outChannels, tileColumns);
  const tiles = Math.ceil(outChannels / tileColumns);
  const taps = rows.filter * columns.filter;
  const work = {
    parts: taps * tiles,
    work: batch * rows.output * columns.output * taps * inChannels * outChannels,
    // Each share copies all panels.
    perThread: 1,
    scratch: floatsOfX + floatsOfDy,
  };
  shared(backend, work, ({from: firstPart, to: endOfParts, thread, scratch: packedX}) => {
    const dense = new Dense(backend, thread);
    const packedDy = packedX + 4 * floatsOfX;
    for (let n = 0; n < batch; n++) {
      for (let first = 0; first < rows.output; first += step) {
        const end = Math.min(first + step, rows.output);
        const top = Math.max(0, first * rows.stride - rows.pad);
        const bottom = Math.min(rows.input, (end - 1) * rows.stride - rows.pad + rows.filter);
        if (bottom <= top) continue;
        const fromX = {
          at: x + 4 * (n * rows.input + top) * columns.input * inChannels,
          row: 4 * inChannels,
          rows: (bottom - top) * columns.input,
          columns: inChannels,
        };
        const fromDy = {
          at: dy + 4 * (n * rows.outputInMemory + first) * columns.outputInMemory * outChannels,
          row: 4 * outChannels,
          rows: (end - first) * columns.outputInMemory,
          columns: outChannels,
        };
        const panelX = 4 * tileRows * fromX.rows;
        const panelDy = 4 * tileColumns * fromDy.rows;
        dense.panels(fromX, {at: packedX, width: tileRows, panel: panelX});
        dense.panels(fromDy, {at: packedDy, width: tileColumns, panel: panelDy});
        for (let ky = 0; ky < rows.filter; ky++) {
          const [y, yEnd] = outputsOfTap(rows, ky, first, end);
          for (let kx = 0; kx < columns.filter && y < yEnd; kx++) {
            const [at, atEnd] = outputsOfTap(columns, kx, 0, columns.output);
            const tap = ky * columns.filter + kx;
            const left = tileColumns * Math.max(0, firstPart - tap * tiles);
            const right = Math.min(outChannels, tileColumns * Math.min(tiles, endOfParts - tap * tiles));
            if (at >= atEnd || left >= right) continue;
            const pixelOfX =
              (y * rows.stride + ky - rows.pad - top) * columns.input + at * columns.stride + kx - columns.pad;
            const pixelOfDy = (y - first) * columns.outputInMemory + at;
            dense.product({
              m: inChannels,
              n: right - left,
              inner: atEnd - at,
              outer: yEnd - y,
              add: true,
              a: {
                at: packedX + 4 * tileRows * pixelOfX,
                tile: panelX,
                row: 4,
                inner: 4 * tileRows * columns.stride,
                outer: 4 * tileRows * columns.input * rows.stride,
              },
              b: {
                at: packedDy + (left / tileColumns) * panelDy + 4 * tileColumns * pixelOfDy,
                tile: panelDy,
                inner: 4 * tileColumns,
                outer: 4 * tileColumns * columns.outputInMemory,
              },
              c: {at: dw + 4 * (tap * inChannels * outChannels + left), row: 4 * outChannels},
            });
          }
        }
      }
    }
  });
}
