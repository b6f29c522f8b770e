import type {DataId, DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

import type {WebGLContext} from './context';

/** What tfjs's WebGL backend stores per tensor. */
export interface TextureData {
  /** The shape of the tensor that the texture was packed for. Tensors of other shapes may share the data. */
  shape: number[];
  refCount: number;
  /** Values on the host: before they are uploaded, and after they were read. */
  values?: unknown;
  texture?: {readonly texture: WebGLTexture} | null;
  /** Rows and columns in elements. */
  texShape?: [number, number] | null;
  isPacked?: boolean;
  usage?: number | null;
  /** Set where the data are part of another tensor's texture. */
  slice?: {readonly flatOffset: number} | null;
}

/** tfjs's WebGL backend. It is described here so that its package need not be imported. */
export interface WebGLBackend extends KernelBackend {
  readonly gpgpu: {readonly gl: WebGLContext; readonly framebuffer: WebGLFramebuffer};
  readonly texData: {get(dataId: DataId): TextureData};
  readonly pendingRead: {has(dataId: DataId): boolean};
  /** How many tensors share a texture as slices of it. Undefined or 1 for a texture without slices. */
  readonly dataRefCount: {get(dataId: DataId): number | undefined};
  memory(): {unreliable: boolean; numBytesInGPUAllocated: number};
  makeTensorInfo(shape: number[], dtype: DataType, values?: Float32Array): TensorInfo;
  uploadToGPU(dataId: DataId): void;
  packedReshape(input: TensorInfo, shape: number[]): TensorInfo;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/** Whether `backend` is tfjs's WebGL backend. */
export function isWebGLBackend(backend: KernelBackend): backend is WebGLBackend {
  return (
    'gpgpu' in backend &&
    backend.gpgpu instanceof Object &&
    'gl' in backend.gpgpu &&
    backend.gpgpu.gl instanceof Object
  );
}

/** The texture of an input, an output or a sum. */
export interface Texture {
  readonly texture: WebGLTexture;
  /** In texels. */
  readonly size: readonly [width: number, height: number];
}

/** The rows and columns of a tensor's matrices, and the number of matrices. Axes that it lacks have length 1. */
export function matricesOf(shape: readonly number[]): readonly [rows: number, columns: number, count: number] {
  return [shape.at(-2) ?? 1, shape.at(-1) ?? 1, shape.slice(0, -2).reduce((a, b) => a * b, 1)];
}

/** How many texels a tensor of this shape fills, where it is packed. */
export function texelsOf(shape: readonly number[]): number {
  const [rows, columns, count] = matricesOf(shape);
  return count * Math.ceil(rows / 2) * Math.ceil(columns / 2);
}

// Parameters of at least this many texels have programs of their own: for vectors, and with a vertex shader that
// computes what all elements share. For smaller ones, these programs would save less than they take to compile.
const LARGE = 256;

/** Whether a tensor of so many texels is worth programs of its own. */
export function isLarge(texels: number): boolean {
  return texels >= LARGE;
}

/**
 * The data of a tensor. Their texture holds one element per texel, or is packed for the tensor's shape.
 * @param made gets the tensor that is made where the texture must be repacked.
 */
export function onGPU(backend: WebGLBackend, {dataId, shape, dtype}: TensorInfo, made: TensorInfo[]): TextureData {
  const data = backend.texData.get(dataId);
  if (!data.texture) {
    data.isPacked = true;
    data.shape = shape;
    backend.uploadToGPU(dataId);
  }
  if (data.isPacked !== true || inSameOrder(data.shape, shape)) return data;
  const info = backend.packedReshape({dataId, shape: data.shape, dtype}, shape);
  made.push(info);
  return backend.texData.get(info.dataId);
}

function inSameOrder(a: readonly number[], b: readonly number[]): boolean {
  const [rows, columns] = matricesOf(a);
  const [otherRows, otherColumns] = matricesOf(b);
  return columns === otherColumns
    ? rows === otherRows || (rows % 2) + (otherRows % 2) === 0
    : rows * otherRows === 1 && (columns % 2) + (otherColumns % 2) === 0;
}

/**
 * A new tensor with undefined values. Its texture is packed.
 * @param made gets the tensor before its texture is made, which may throw.
 */
export function packed(
  backend: WebGLBackend,
  shape: number[],
  made: (info: TensorInfo) => void,
  texShape: [number, number] | null = null,
): TextureData {
  const info = backend.makeTensorInfo(shape, 'float32');
  made(info);
  const data = backend.texData.get(info.dataId);
  Object.assign(data, {isPacked: true, texShape});
  backend.uploadToGPU(info.dataId);
  return data;
}

/** The texture of a tensor. */
export function textureOf({texture, texShape, isPacked}: TextureData): Texture {
  if (!texture || !texShape) throw new Error("tfjs's WebGL backend gave no texture, or one without a size.");
  const [rows, columns] = texShape;
  return {
    texture: texture.texture,
    size: isPacked === true ? [Math.ceil(columns / 2), Math.ceil(rows / 2)] : [columns, rows],
  };
}

/** Whether no other tensor, and no pending read, uses a tensor's data. */
export function isExclusive({pendingRead, dataRefCount, texData}: WebGLBackend, {dataId}: TensorInfo): boolean {
  const {refCount, slice} = texData.get(dataId);
  return refCount === 1 && !slice && (dataRefCount.get(dataId) ?? 1) <= 1 && !pendingRead.has(dataId);
}

/** Replaces a tensor's data by those of another tensor of its shape. Disposes that tensor and the old data. */
export function replace(backend: WebGLBackend, tensor: TensorInfo, by: TensorInfo): void {
  const old = backend.texData.get(tensor.dataId);
  const fresh = backend.texData.get(by.dataId);
  // One by one, because spreading skips missing fields, and data that are only on the host lack some.
  const {texture, texShape, isPacked, usage, values} = old;
  Object.assign(old, {
    texture: fresh.texture,
    texShape: fresh.texShape,
    isPacked: fresh.isPacked,
    usage: fresh.usage,
    values: fresh.values,
    shape: fresh.shape,
  });
  Object.assign(fresh, {texture, texShape, isPacked, usage, values});
  backend.disposeIntermediateTensorInfo(by);
}
