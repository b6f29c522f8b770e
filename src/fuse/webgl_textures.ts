import type {DataId, DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

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
  readonly gpgpu: {readonly gl: WebGL2RenderingContext; readonly framebuffer: WebGLFramebuffer};
  readonly texData: {get(dataId: DataId): TextureData};
  readonly pendingRead: {has(dataId: DataId): boolean};
  /** How many tensors share a texture with slices of it; absent or 1 where there are none. */
  readonly dataRefCount: {get(dataId: DataId): number | undefined};
  makeTensorInfo(shape: number[], dtype: DataType, values?: Float32Array): TensorInfo;
  uploadToGPU(dataId: DataId): void;
  disposeIntermediateTensorInfo(info: TensorInfo): void;
}

/** Whether `backend` is tfjs's WebGL backend on WebGL 2. */
export function isWebGL2Backend(backend: KernelBackend): backend is WebGLBackend {
  return 'gpgpu' in backend && 'texData' in backend && 'pendingRead' in backend && 'dataRefCount' in backend
    && typeof backend.gpgpu === 'object' && backend.gpgpu !== null && 'gl' in backend.gpgpu
    && typeof WebGL2RenderingContext !== 'undefined' && backend.gpgpu.gl instanceof WebGL2RenderingContext;
}

/** How a tensor is stored, as in `layouts` of the shaders. */
export type Layout = readonly [width: number, rows: number, columns: number, last: number];

/** The size of a texture in texels. */
export function texelsOf({texShape, isPacked}: TextureData): readonly [width: number, height: number] {
  const [rows = 1, columns = 1] = texShape ?? [];
  return isPacked === true ? [Math.max(1, Math.ceil(columns / 2)), Math.max(1, Math.ceil(rows / 2))] : [columns, rows];
}

/** The layout of a packed texture of that shape that a shader writes; last comes the number of texels. */
export function outputLayout(shape: readonly number[], width: number): Layout {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.at(-2) ?? 1;
  const batch = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return [width, rows, columns, batch * Math.ceil(rows / 2) * Math.ceil(columns / 2)];
}

/** The layout of a texture that a shader reads, to write one of the layout `output` if given. */
export function inputLayout(data: TextureData, output: Layout = [0, 0, 0, 0]): Layout {
  const [width] = texelsOf(data);
  if (data.isPacked !== true) return [width, 0, data.slice?.flatOffset ?? 0, 4];
  const [outputWidth, outputRows, outputColumns] = output;
  const [, rows, columns] = outputLayout(data.shape, width);
  const same = width === outputWidth && columns === outputColumns && (rows === outputRows || rows % 2 + outputRows % 2 === 0);
  return [width, rows, columns, same ? 0 : 4];
}

/** The data of a tensor, which has elements, with a texture. What is not on the GPU yet is packed. */
export function onGPU(backend: WebGLBackend, {dataId, shape}: TensorInfo): TextureData {
  const data = backend.texData.get(dataId);
  if (data.texture) return data;
  data.isPacked = true;
  data.shape = shape;
  backend.uploadToGPU(dataId);
  return data;
}

/** A new packed texture, with whatever values; it is added to `made`. */
export function packed(backend: WebGLBackend, shape: number[], made: TensorInfo[], texShape?: [number, number]): TensorInfo {
  const info = backend.makeTensorInfo(shape, 'float32');
  made.push(info);
  const data = backend.texData.get(info.dataId);
  data.isPacked = true;
  if (texShape !== undefined) data.texShape = texShape;
  backend.uploadToGPU(info.dataId);
  return info;
}

/** The texture of a tensor; null where it has no elements. */
export function textureOf(backend: WebGLBackend, {dataId}: TensorInfo): WebGLTexture | null {
  return backend.texData.get(dataId).texture?.texture ?? null;
}

/** Whether nothing but this one tensor would notice if its data were replaced. */
export function isExclusive({pendingRead, dataRefCount, texData}: WebGLBackend, {dataId}: TensorInfo): boolean {
  const {refCount, slice} = texData.get(dataId);
  return refCount === 1 && !slice && (dataRefCount.get(dataId) ?? 1) <= 1 && !pendingRead.has(dataId);
}

/** Gives a tensor the texture of another, which is disposed together with what the tensor had. */
export function replace(backend: WebGLBackend, tensor: TensorInfo, by: TensorInfo): void {
  const old = backend.texData.get(tensor.dataId);
  const fresh = backend.texData.get(by.dataId);
  const {texture, texShape, isPacked, usage} = old;
  Object.assign(old, {texture: fresh.texture, texShape: fresh.texShape, isPacked: fresh.isPacked, usage: fresh.usage, shape: tensor.shape, values: null});
  Object.assign(fresh, {texture, texShape, isPacked, usage});
  backend.disposeIntermediateTensorInfo(by);
}
