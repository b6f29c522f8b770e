import type {DataId, DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

import type {WebGLContext} from './context';

/** What tfjs's WebGL backend keeps of a tensor's data. */
export interface TextureData {
  /** That of the tensor that the texture was packed for; others may share the data. */
  shape: number[];
  refCount: number;
  /** Values on the host: before they are uploaded, and after they have been read. */
  values?: unknown;
  texture?: {readonly texture: WebGLTexture} | null;
  /** Rows and columns in elements. */
  texShape?: [number, number] | null;
  isPacked?: boolean;
  usage?: number | null;
  /** Where the data is part of another tensor's texture. */
  slice?: {readonly flatOffset: number} | null;
}

/** tfjs's WebGL backend, described here so that nothing needs importing from its package. */
export interface WebGLBackend extends KernelBackend {
  readonly gpgpu: {readonly gl: WebGLContext; readonly framebuffer: WebGLFramebuffer};
  readonly texData: {get(dataId: DataId): TextureData};
  readonly pendingRead: {has(dataId: DataId): boolean};
  /** How many tensors share a texture with slices of it; absent or 1 where there are none. */
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

/** Where sums, inputs and outputs are. */
export interface Texture {
  /** Null where there are no elements. */
  readonly texture: WebGLTexture | null;
  /** In texels. */
  readonly size: readonly [width: number, height: number];
}

/** That of a tensor without elements. */
export const NO_TEXTURE: Texture = {texture: null, size: [1, 1]};

function texelsOf({texShape, isPacked}: TextureData): readonly [width: number, height: number] {
  const [rows = 1, columns = 1] = texShape ?? [];
  return isPacked === true ? [Math.ceil(columns / 2), Math.ceil(rows / 2)] : [columns, rows];
}

/** Rows and columns of a tensor, as they are packed by twos, and the number of such matrices. */
export function matricesOf(shape: readonly number[]): readonly [rows: number, columns: number, count: number] {
  return [shape.at(-2) ?? 1, shape.at(-1) ?? 1, shape.slice(0, -2).reduce((a, b) => a * b, 1)];
}

/**
 * The data of a tensor, which has elements, with a texture that holds one element a texel or is packed in the order
 * that the tensor's shape asks for.
 * @param made gets what had to be made for that.
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
 * A new tensor with whatever values, in a packed texture if it has elements.
 * @param made is told of it before its texture is asked for.
 */
export function packed(
  backend: WebGLBackend,
  shape: number[],
  made: (info: TensorInfo) => void,
  texShape: [number, number] | null = null,
): TextureData {
  const isEmpty = shape.includes(0);
  const info = backend.makeTensorInfo(shape, 'float32', isEmpty ? new Float32Array(0) : undefined);
  made(info);
  const data = backend.texData.get(info.dataId);
  if (isEmpty) return data;
  Object.assign(data, {isPacked: true, texShape});
  backend.uploadToGPU(info.dataId);
  return data;
}

/** The texture of a tensor. */
export function textureOf(data: TextureData): Texture {
  return {texture: data.texture?.texture ?? null, size: texelsOf(data)};
}

/** Whether nothing but this one tensor would notice if its data were replaced. */
export function isExclusive({pendingRead, dataRefCount, texData}: WebGLBackend, {dataId}: TensorInfo): boolean {
  const {refCount, slice} = texData.get(dataId);
  return refCount === 1 && !slice && (dataRefCount.get(dataId) ?? 1) <= 1 && !pendingRead.has(dataId);
}

/** Gives a tensor the data of another of its shape, which is disposed together with what the tensor had. */
export function replace(backend: WebGLBackend, tensor: TensorInfo, by: TensorInfo): void {
  const old = backend.texData.get(tensor.dataId);
  const fresh = backend.texData.get(by.dataId);
  // One by one: data that are on the host alone lack some of these, which spreading would not carry over.
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
