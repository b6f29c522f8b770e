import type {DataId, DataType, KernelBackend, TensorInfo} from '@tensorflow/tfjs-core';

// Of the WebGPU API what is used here; TypeScript's own libraries do not have it yet.
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

/** What tfjs's WebGPU backend keeps of a tensor's data. */
export interface BufferData {
  refCount: number;
  values?: unknown;
  /** There after `uploadToGPU`. */
  readonly resource: GpuBuffer;
  /** Whether the buffer is a user's own. */
  external?: boolean;
}

/** tfjs's WebGPU backend, described here so that nothing needs importing from its package. */
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

/** How buffers of our own are used: to be written by the host and read, or by shaders alone. */
export const UNIFORM = 64 + 8;
export const STORAGE = 128;
/** Where buffers are seen. */
export const COMPUTE = 4;
