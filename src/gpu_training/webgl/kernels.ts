import {getKernel, type TensorInfo} from '@tensorflow/tfjs-core';

import type {WebGLBackend} from '../../fuse/webgl/textures';
import {at} from '../../util/at';
import type {BatchNormInputs, Columns, GpuKernels, OnGpu} from '../interface/on_gpu';
import {
  batchNormParts,
  batchNormSlopes,
  batchNormVectors,
  columnSums,
  type Matrices,
  matricesOf,
  type Program,
  repeated,
} from './programs';

/** tfjs's own backend has this too. */
interface Backend extends WebGLBackend {
  runWebGLProgram(program: Program, inputs: TensorInfo[], dtype: 'float32'): TensorInfo;
  shouldExecuteOnCPU(inputs: TensorInfo[]): boolean;
}

/** Fewer blocks of 2 × 2 elements are summed in one draw. */
const FEW = 64;

/** How many parts a sum over so many blocks has: about as many as each part has blocks. */
const partsOf = ([count, rows]: Matrices): number => {
  const blocks = count * Math.ceil(rows / 2);
  return blocks <= FEW ? 1 : Math.ceil(Math.sqrt(blocks));
};

function isOwn(backend: object): backend is Backend {
  return 'texData' in backend && 'runWebGLProgram' in backend && 'shouldExecuteOnCPU' in backend;
}

class WebGLKernels implements OnGpu {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  columnSums(x: TensorInfo, {inner}: Columns, factor: number, shape: number[]): TensorInfo | undefined {
    const matrices = matricesOf(x.shape);
    // In a packed texture, columns of other lengths than the last axis are not next to each other.
    if (inner === 1 || at(matrices, 2) !== inner) return undefined;
    const parts = partsOf(matrices);
    const first = this.#run(columnSums(matrices, parts, parts === 1 ? factor : 1), [viewed(x, matrices)]);
    if (parts === 1) return viewed(first, shape);
    const sums = this.#run(columnSums([1, parts, inner], 1, factor), [viewed(first, [1, parts, inner])]);
    this.#backend.disposeIntermediateTensorInfo(first);
    return viewed(sums, shape);
  }

  repeated(dy: TensorInfo, shape: number[], factor: number): TensorInfo {
    return this.#run(repeated(shape, factor), [dy]);
  }

  batchNormGradient({dy, x, mean, variance, scale}: BatchNormInputs, epsilon: number): TensorInfo[] {
    const backend = this.#backend;
    const matrices = matricesOf(x.shape);
    const [, , columns] = matrices;
    const scales = scale === undefined ? [] : [scale];
    const hasScale = scale !== undefined;
    const slopes = viewed(dy, matrices);
    const dx = this.#run(batchNormSlopes(matrices, epsilon, hasScale), [slopes, variance, ...scales]);
    const parts = partsOf(matrices);
    const sums = this.#run(batchNormParts(matrices, parts), [slopes, viewed(x, matrices), mean]);
    const vectors = this.#run(batchNormVectors(columns, parts, epsilon, hasScale), [sums, variance, ...scales]);
    backend.disposeIntermediateTensorInfo(sums);
    // Parts of an unpacked texture need no draw.
    const rows = [0, 1, 2, 3].map(row => viewed(this.#row(vectors, row, columns), [columns]));
    backend.disposeIntermediateTensorInfo(vectors);
    return [viewed(dx, x.shape), ...rows];
  }

  isOnHost(tensors: TensorInfo[]): boolean {
    return this.#backend.shouldExecuteOnCPU(tensors);
  }

  #run(program: Program, inputs: TensorInfo[]): TensorInfo {
    return this.#backend.runWebGLProgram(program, inputs, 'float32');
  }

  #row(x: TensorInfo, row: number, columns: number): TensorInfo {
    const {kernelFunc} = getKernel('Slice', 'webgl');
    const found = kernelFunc({
      inputs: {x},
      attrs: {begin: [row, 0], size: [1, columns]},
      backend: this.#backend,
    });
    if (Array.isArray(found)) throw new Error("tfjs's kernel 'Slice' must return one tensor; it returned a list.");
    return found;
  }
}

/** The same data with another shape. */
function viewed({dataId, dtype}: TensorInfo, shape: readonly number[]): TensorInfo {
  return {dataId, dtype, shape: [...shape]};
}

export const webglKernels: GpuKernels = {
  backendName: 'webgl',
  of: backend => (isOwn(backend) ? new WebGLKernels(backend) : undefined),
};
