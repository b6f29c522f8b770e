import {type TensorInfo, util} from '@tensorflow/tfjs-core';

import type {WebGPUBackend} from '../../fuse/webgpu/device';
import {at} from '../../util/at';
import type {BatchNormInputs, Columns, GpuKernels, OnGpu} from '../interface/on_gpu';
import {dispatch} from './dispatch';
import {BATCH_NORM_SUMS, batchNormSlopes, COLUMN_SUMS, REPEATED, WORKGROUP} from './shaders';

/** tfjs's own backend has this too. */
interface Backend extends WebGPUBackend {
  shouldExecuteOnCPU(inputs: TensorInfo[]): boolean;
}

/** The most workgroups along one axis that every machine can have. */
const MOST_GROUPS = 65_535;

/** The columns that neighbouring threads read in one access to the memory. */
const FULL_WIDTH = 8;

/** With so many workgroups, even a large card is busy. */
const BUSY_GROUPS = 32;

/** The largest power of two up to x, from 1. */
const powerBelow = (x: number): number => 2 ** Math.floor(Math.log2(Math.max(1, x)));

/**
 * How many columns a workgroup sums: as many as one access to the memory brings, where there are enough for all of the
 * card, and more where a column has fewer rows than a workgroup has threads.
 */
function widthFor({rows, inner}: Columns): number {
  const coalesced = Math.min(FULL_WIDTH, powerBelow(inner / BUSY_GROUPS));
  return Math.max(coalesced, powerBelow(Math.min(WORKGROUP / Math.max(1, rows), inner)));
}

const groupsFor = (threads: number): number => Math.min(MOST_GROUPS, Math.ceil(threads / WORKGROUP));

function isOwn(backend: object): backend is Backend {
  return 'tensorMap' in backend && 'commandQueueOwnedIds' in backend && 'shouldExecuteOnCPU' in backend;
}

class WebGPUKernels implements OnGpu {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  columnSums(x: TensorInfo, {rows, inner}: Columns, factor: number, shape: number[]): TensorInfo | undefined {
    // tfjs sums all elements in one dispatch too.
    if (inner === 1 || inner > MOST_GROUPS) return undefined;
    const width = widthFor({rows, inner});
    const groups = Math.ceil(inner / width);
    return at(dispatch(this.#backend, COLUMN_SUMS, {rows, inner, factor, width}, [x], [shape], groups), 0);
  }

  repeated(dy: TensorInfo, shape: number[], factor: number): TensorInfo {
    const size = util.sizeFromShape(shape);
    const missing = Array.from({length: 4 - shape.length}, () => 1);
    const from = [...missing, ...dy.shape];
    const strides = from.map((length, axis) => (length === 1 ? 0 : util.sizeFromShape(from.slice(axis + 1))));
    const uniforms = {rows: size, factor, shape: [...missing, ...shape], strides};
    return at(dispatch(this.#backend, REPEATED, uniforms, [dy], [shape], groupsFor(size)), 0);
  }

  batchNormGradient({dy, x, mean, variance, scale}: BatchNormInputs, epsilon: number): TensorInfo[] {
    const inner = util.sizeFromShape(mean.shape);
    const size = util.sizeFromShape(x.shape);
    const rows = size / inner;
    const width = widthFor({rows, inner});
    const uniforms = {rows, inner, epsilon, width};
    const sums = dispatch(
      this.#backend,
      BATCH_NORM_SUMS,
      uniforms,
      [dy, x, mean, variance],
      [[inner], [inner]],
      Math.ceil(inner / width),
    );
    const slopes = dispatch(
      this.#backend,
      batchNormSlopes(scale !== undefined),
      uniforms,
      [dy, variance, ...sums, ...(scale === undefined ? [] : [scale])],
      [x.shape, [inner], [inner]],
      groupsFor(size),
    );
    return [...slopes, ...sums];
  }

  isOnHost(tensors: TensorInfo[]): boolean {
    return this.#backend.shouldExecuteOnCPU(tensors);
  }
}

export const webgpuKernels: GpuKernels = {
  backendName: 'webgpu',
  of: backend => (isOwn(backend) ? new WebGPUKernels(backend) : undefined),
};
