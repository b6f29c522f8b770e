import {backend_util, type TensorInfo, util} from '@tensorflow/tfjs-core';

import {offsetOf, type WasmBackend} from '../wasm/backend';
import {as5D, type Attributes, type Shape5D, tripleOf, volumePadOf} from './attributes';
import {type ConvAxis, outputsOfTap, volumeAxes} from './conv_geometry';
import {Dense} from './dense';
import {assertFloat32, type Call, zeros} from './kernel';
import {withScratch} from './scratch';
import {shared} from './shares';

interface VolumeGeometry {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly axes: readonly [ConvAxis, ConvAxis, ConvAxis];
}

/**
 * One tap over the outputs of a slice that read inside x. `x` and `dy`: their first pixels. `rows` and `columns`: their
 * number.
 */
interface TapOfSlice {
  readonly tap: number;
  readonly x: number;
  readonly dy: number;
  readonly rows: number;
  readonly columns: number;
}

function geometryOf(name: string, attrs: Attributes, x: Shape5D, filter: Shape5D, dy: Shape5D): VolumeGeometry {
  const info = backend_util.computeConv3DInfo(x, filter, tripleOf(attrs, 'strides'), 1, volumePadOf(attrs));
  util.assertShapesMatch(dy, info.outShape, `Error in ${name}: dy `);
  return {batch: info.batchSize, inChannels: info.inChannels, outChannels: info.outChannels, axes: volumeAxes(info)};
}

/**
 * dw[kz, ky, kx, i, o] = Σ over n, z, y, x of x[n, z·s + kz - p, y·s + ky - p, x·s + kx - p, i] · dy[n, z, y, x, o]
 */
export function conv3DBackpropFilterV2({backend, input, attrs}: Call): TensorInfo {
  const [x, dy] = [input('x'), input('dy')];
  assertFloat32([x, dy], 'Conv3DBackpropFilterV2');
  const filterShape = as5D(attrs.filterShape, 'filterShape');
  const geometry = geometryOf('conv3dDerFilter', attrs, as5D(x.shape, 'x'), filterShape, as5D(dy.shape, 'dy'));
  const {
    inChannels,
    outChannels,
    axes: [, rows, columns],
  } = geometry;
  const dw = zeros(backend, filterShape);
  const at = {x: offsetOf(backend, x), dy: offsetOf(backend, dy), dw: offsetOf(backend, dw)};
  shared(backend, {parts: tapsOf(geometry), work: workOf(geometry)}, ({from, to, thread}) => {
    const dense = new Dense(backend, thread);
    for (const part of tapsOfSlices(geometry)) {
      if (part.tap < from || part.tap >= to) continue;
      dense.product({
        m: inChannels,
        n: outChannels,
        inner: part.columns,
        outer: part.rows,
        add: true,
        a: {
          at: at.x + 4 * part.x * inChannels,
          tile: 4 * dense.tileRows,
          row: 4,
          inner: 4 * columns.stride * inChannels,
          outer: 4 * rows.stride * columns.input * inChannels,
        },
        b: {
          at: at.dy + 4 * part.dy * outChannels,
          tile: 4 * dense.tileColumns,
          inner: 4 * outChannels,
          outer: 4 * columns.output * outChannels,
        },
        c: {at: at.dw + 4 * part.tap * inChannels * outChannels, row: 4 * outChannels},
      });
    }
  });
  return dw;
}

/** dx[n, z·s + kz - p, y·s + ky - p, x·s + kx - p, i] += Σ over o of dy[n, z, y, x, o] · w[kz, ky, kx, i, o] */
export function conv3DBackpropInputV2({backend, input, attrs}: Call): TensorInfo {
  const [dy, filter] = [input('dy'), input('filter')];
  assertFloat32([dy, filter], 'Conv3DBackpropInputV2');
  const inputShape = as5D(attrs.inputShape, 'inputShape');
  const geometry = geometryOf('conv3dDerInput', attrs, inputShape, as5D(filter.shape, 'filter'), as5D(dy.shape, 'dy'));
  const dx = zeros(backend, inputShape);
  addToInput(backend, geometry, offsetOf(backend, dy), offsetOf(backend, filter), offsetOf(backend, dx));
  return dx;
}

function tapsOf({axes}: VolumeGeometry): number {
  return axes.reduce((product, {filter}) => product * filter, 1);
}

function workOf({batch, inChannels, outChannels, axes}: VolumeGeometry): number {
  return axes.reduce((product, {output, filter}) => product * output * filter, batch * inChannels * outChannels);
}

function addToInput(backend: WasmBackend, geometry: VolumeGeometry, dy: number, filter: number, dx: number): void {
  const {
    batch,
    inChannels,
    outChannels,
    axes: [, rows, columns],
  } = geometry;
  const dense = new Dense(backend);
  const width = dense.tileColumns;
  const floatsOfTap = outChannels * Math.ceil(inChannels / width) * width;
  const taps = tapsOf(geometry);
  withScratch(backend, taps * floatsOfTap, weights => {
    for (let tap = 0; tap < taps; tap++) {
      dense.panelsTransposed(
        {
          at: filter + 4 * tap * inChannels * outChannels,
          row: 4 * outChannels,
          rows: inChannels,
          columns: outChannels,
        },
        {at: weights + 4 * tap * floatsOfTap, width, panel: 4 * width * outChannels},
      );
    }
    shared(backend, {parts: batch, work: workOf(geometry)}, ({from, to, thread}) => {
      const own = new Dense(backend, thread);
      for (const part of tapsOfSlices(geometry, from, to)) {
        for (let y = 0; y < part.rows; y++) {
          own.product({
            m: part.columns,
            n: inChannels,
            inner: outChannels,
            outer: 1,
            add: true,
            a: {
              at: dy + 4 * (part.dy + y * columns.output) * outChannels,
              tile: 4 * own.tileRows * outChannels,
              row: 4 * outChannels,
              inner: 4,
              outer: 0,
            },
            b: {at: weights + 4 * part.tap * floatsOfTap, tile: 4 * width * outChannels, inner: 4 * width, outer: 0},
            c: {
              at: dx + 4 * (part.x + y * rows.stride * columns.input) * inChannels,
              row: 4 * columns.stride * inChannels,
            },
          });
        }
      }
    });
  });
}

/** Of the volumes from `first` to before `end`. */
function* tapsOfSlices(
  {batch, axes: [depths, rows, columns]}: VolumeGeometry,
  first = 0,
  end = batch,
): Generator<TapOfSlice> {
  const taps = (axis: ConvAxis): {k: number; from: number; to: number}[] =>
    Array.from({length: axis.filter}, (_, k) => {
      const [from, to] = outputsOfTap(axis, k, 0, axis.output);
      return {k, from, to};
    }).filter(({from, to}) => from < to);
  for (let n = first; n < end; n++) {
    for (const z of taps(depths)) {
      for (let at = z.from; at < z.to; at++) {
        for (const y of taps(rows)) {
          for (const x of taps(columns)) {
            const slice = n * depths.input + at * depths.stride + z.k - depths.pad;
            const row = slice * rows.input + y.from * rows.stride + y.k - rows.pad;
            yield {
              tap: (z.k * rows.filter + y.k) * columns.filter + x.k,
              x: row * columns.input + x.from * columns.stride + x.k - columns.pad,
              dy: ((n * depths.output + at) * rows.output + y.from) * columns.output + x.from,
              rows: y.to - y.from,
              columns: x.to - x.from,
            };
          }
        }
      }
    }
  }
}
