import type {TensorInfo} from '@tensorflow/tfjs-core';

import {makeTensor} from '../wasm/allocation';
import {memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';
import {as4D, dataFormatOf, shape4DOf} from './attributes';
import {type ConvAxis, type ConvGeometry, convGeometry, isPointwise} from './conv_geometry';
import {Dense} from './dense';
import {assertFloat32, type Call, consume, transposed, zeros} from './kernel';
import {multiply} from './matrix_product';
import {withScratch} from './scratch';
import {shared} from './shares';

const NAME = 'Conv2DBackpropInput';
const TO_CHANNELS_LAST = [0, 2, 3, 1];
const TO_CHANNELS_FIRST = [0, 3, 1, 2];

/**
 * dx[n, y, x, i] = Σ over ky, kx, o with (y + p - ky) and (x + p - kx) divisible by s of
 *   dy[n, (y + p - ky) / s, (x + p - kx) / s, o] · w[ky, kx, i, o]
 *
 * The pixels of dx with the same remainder of (y + p, x + p) by s use the same taps of w, and neighbours among them use
 * neighbours in dy. So for each remainder this is an ordinary convolution of dy with those taps in reverse order. It is
 * computed as a product. Its inner sum runs over the taps of a row and the channels at once, because these are adjacent
 * in dy. Threads share the pictures.
 */
export function conv2DBackpropInput({backend, input, attrs}: Call): TensorInfo {
  const [dy, filter] = [input('dy'), input('filter')];
  assertFloat32([dy, filter], NAME);
  const xShape = shape4DOf(attrs, 'inputShape');
  const geometry = convGeometry(
    'conv2dDerInput',
    attrs,
    xShape,
    as4D(filter.shape, 'filter'),
    as4D(dy.shape, 'dy'),
    false,
  );
  if (dataFormatOf(attrs) === 'NHWC') return inputGradient(backend, dy, filter, geometry);
  return consume(backend, transposed(backend, dy, TO_CHANNELS_LAST), dyLast =>
    consume(backend, inputGradient(backend, dyLast, filter, geometry), dx =>
      transposed(backend, dx, TO_CHANNELS_FIRST),
    ),
  );
}

function inputGradient(backend: WasmBackend, dy: TensorInfo, filter: TensorInfo, geometry: ConvGeometry): TensorInfo {
  const {batch, inChannels, outChannels, rows, columns} = geometry;
  const shape = [batch, rows.input, columns.input, inChannels];
  if (filter.shape.includes(0) || dy.shape.includes(0)) return zeros(backend, shape);
  const dx = makeTensor(backend, shape, 'float32');
  const at = {dy: offsetOf(backend, dy), filter: offsetOf(backend, filter), dx: offsetOf(backend, dx)};
  if (isPointwise(geometry)) {
    multiply(backend, {
      m: batch * rows.input * columns.input,
      n: inChannels,
      k: outChannels,
      a: {at: at.dy, transposed: false},
      b: {at: at.filter, transposed: true},
      c: at.dx,
    });
  } else {
    convolveByRemainders(backend, geometry, at);
  }
  return dx;
}

/** The pixels of one axis of dx that share a remainder, and the taps that they use. */
interface Remainder {
  /** The first pixel in dx, and the number of pixels. They are `stride` apart. */
  readonly first: number;
  readonly count: number;
  /** The taps of w in reverse order, in which they read dy upwards. */
  readonly taps: readonly number[];
  /** The pixel of the padded dy that the first pixel's first tap reads. */
  readonly start: number;
}

function paddingOf({filter, stride}: ConvAxis): number {
  return Math.ceil(filter / stride) - 1;
}

/** The pixels of dy with zeros on both sides, which taps beyond the edge read. */
function paddedSize(axis: ConvAxis): number {
  return Math.floor((axis.input - 1 + axis.pad) / axis.stride) + 1 + paddingOf(axis);
}

function remaindersOf(axis: ConvAxis): Remainder[] {
  const {input, filter, stride, pad} = axis;
  return Array.from({length: Math.min(stride, input)}, (_, first) => {
    const remainder = (first + pad) % stride;
    const taps: number[] = [];
    for (let tap = remainder; tap < filter; tap += stride) taps.unshift(tap);
    const reads = Math.floor((first + pad) / stride) - (taps.length - 1);
    return {first, count: Math.ceil((input - first) / stride), taps, start: reads + paddingOf(axis)};
  });
}

function convolveByRemainders(
  backend: WasmBackend,
  geometry: ConvGeometry,
  at: {dy: number; filter: number; dx: number},
): void {
  const dense = new Dense(backend);
  const {batch, inChannels, outChannels, rows, columns} = geometry;
  const width = dense.tileColumns;
  const padded = {rows: paddedSize(rows), columns: paddedSize(columns)};
  const floatsOfDy = padded.rows * padded.columns * outChannels;
  const floatsOfTap = outChannels * Math.ceil(inChannels / width) * width;
  withScratch(backend, rows.filter * columns.filter * floatsOfTap, firstWeight => {
    let weights = firstWeight;
    const parts = remaindersOf(rows).flatMap(down =>
      remaindersOf(columns).map(across => {
        const part = {down, across, weights, panel: 4 * width * down.taps.length * across.taps.length * outChannels};
        down.taps.forEach((ky, j) =>
          across.taps.forEach((kx, i) => {
            dense.panelsTransposed(
              {
                at: at.filter + 4 * (ky * columns.filter + kx) * inChannels * outChannels,
                row: 4 * outChannels,
                rows: inChannels,
                columns: outChannels,
              },
              {at: weights + 4 * width * (j * across.taps.length + i) * outChannels, width, panel: part.panel},
            );
          }),
        );
        weights += 4 * floatsOfTap * down.taps.length * across.taps.length;
        return part;
      }),
    );
    const picture = rows.output * columns.output * rows.filter * columns.filter * inChannels * outChannels;
    const work = {parts: batch, work: batch * picture, scratch: floatsOfDy};
    shared(backend, work, ({from, to, thread, scratch: paddedDy}) => {
      const own = new Dense(backend, thread);
      new Float32Array(memoryOf(backend).buffer, paddedDy, floatsOfDy).fill(0);
      for (let n = from; n < to; n++) {
        copyInside(
          own,
          geometry,
          padded.columns,
          at.dy + 4 * n * rows.outputInMemory * columns.outputInMemory * outChannels,
          paddedDy,
        );
        for (const {down, across, weights: b, panel} of parts) {
          for (let j = 0; j < down.count; j++) {
            own.product({
              m: across.count,
              n: inChannels,
              inner: across.taps.length * outChannels,
              outer: down.taps.length,
              add: false,
              a: {
                at: paddedDy + 4 * ((down.start + j) * padded.columns + across.start) * outChannels,
                tile: 4 * outChannels * own.tileRows,
                row: 4 * outChannels,
                inner: 4,
                outer: 4 * padded.columns * outChannels,
              },
              b: {at: b, tile: panel, inner: 4 * width, outer: 4 * width * across.taps.length * outChannels},
              c: {
                at:
                  at.dx +
                  4 * ((n * rows.input + down.first + j * rows.stride) * columns.input + across.first) * inChannels,
                row: 4 * columns.stride * inChannels,
              },
            });
          }
        }
      }
    });
  });
}

/** Copies a picture of dy into the middle of the padded one. The zeros around it stay from picture to picture. */
function copyInside(
  dense: Dense,
  {outChannels, rows, columns}: ConvGeometry,
  paddedWidth: number,
  dy: number,
  to: number,
): void {
  const reach = ({input, pad, stride, output}: ConvAxis): number =>
    Math.min(output, Math.floor((input - 1 + pad) / stride) + 1);
  const width = paddedWidth * outChannels;
  // A panel that is as wide as the padded picture takes the columns of the picture, row by row.
  dense.panels(
    {
      at: dy,
      row: 4 * columns.outputInMemory * outChannels,
      rows: reach(rows),
      columns: reach(columns) * outChannels,
    },
    {at: to + 4 * (paddingOf(rows) * width + paddingOf(columns) * outChannels), width, panel: 0},
  );
}
