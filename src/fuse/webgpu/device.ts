import type {DataId, DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

// The part of the WebGPU API that is used here. TypeScript's own libraries do not have it yet.
export interface GpuBuffer {
  readonly size: number;
  destroy(): void;
}
export interface GpuPipeline {
  readonly label: string;
}
export interface GpuLayout {
  readonly label: string;
}
export interface GpuBindGroup {
  readonly label: string;
}
export interface GpuComputePass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: GpuBindGroup): void;
  dispatchWorkgroups(count: number): void;
}
export interface GpuCommandEncoder {
  beginComputePass(): GpuComputePass;
  copyBufferToBuffer(
    source: GpuBuffer,
    sourceOffset: number,
    destination: GpuBuffer,
    destinationOffset: number,
    size: number,
  ): void;
}
interface Binding {
  readonly binding: number;
  readonly resource: {readonly buffer: GpuBuffer; readonly offset?: number; readonly size?: number};
}
interface BindingType {
  readonly binding: number;
  readonly visibility: number;
  readonly buffer: {readonly type: 'storage' | 'read-only-storage' | 'uniform'};
}
export interface GpuDevice {
  readonly limits: {
    readonly maxStorageBuffersPerShaderStage: number;
    readonly maxUniformBufferBindingSize: number;
    readonly minUniformBufferOffsetAlignment: number;
  };
  readonly queue: {writeBuffer(buffer: GpuBuffer, offset: number, data: Uint32Array): void};
  pushErrorScope(filter: 'out-of-memory'): void;
  popErrorScope(): Promise<object | null>;
  createBuffer(descriptor: {size: number; usage: number}): GpuBuffer;
  createShaderModule(descriptor: {code: string}): object;
  createBindGroupLayout(descriptor: {entries: readonly BindingType[]}): GpuLayout;
  createPipelineLayout(descriptor: {bindGroupLayouts: readonly GpuLayout[]}): object;
  createComputePipeline(descriptor: {layout: object; compute: {module: object; entryPoint: string}}): GpuPipeline;
  createBindGroup(descriptor: {layout: GpuLayout; entries: readonly Binding[]}): GpuBindGroup;
}

/** What tfjs's WebGPU backend stores per tensor. */
export interface BufferData {
  refCount: number;
  values?: unknown;
  /** Set by `uploadToGPU`. */
  readonly resource: GpuBuffer;
  /** Whether the buffer belongs to the user. */
  external?: boolean;
}

/** tfjs's WebGPU backend. It is described here so that its package need not be imported. */
export interface WebGPUBackend extends KernelBackend {
  readonly device: GpuDevice;
  readonly tensorMap: {get(dataId: DataId): BufferData};
  readonly commandQueueOwnedIds: {add(dataId: DataId): unknown};
  readonly commandEncoder: GpuCommandEncoder | null;
  computePassEncoder: GpuComputePass | null;
  dispatchCountInPass: number;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(dataId: DataId): void;
  makeTensorInfo(shape: number[], dtype: DataType, values?: Float32Array): TensorInfo;
  disposeData(dataId: DataId): boolean;
}

/** Whether `backend` is tfjs's WebGPU backend. */
export function isWebGPUBackend(backend: KernelBackend): backend is WebGPUBackend {
  return 'tensorMap' in backend && 'commandQueueOwnedIds' in backend;
}

/** The usage of our own buffers that the host writes: UNIFORM | COPY_DST. */
export const UNIFORM = 64 + 8;
/** The usage of our own buffers that only shaders use: STORAGE. */
export const STORAGE = 128;
/** The visibility of all buffers: COMPUTE. */
export const COMPUTE = 4;
