import type {TensorInfo} from '@tensorflow/tfjs-core';

/** x with the shape [rows, inner], to sum over the rows. */
export interface Columns {
  readonly rows: number;
  readonly inner: number;
}

/** The inputs of a gradient of batch norm. Statistics and scale have one number per channel, the last axis of x. */
export interface BatchNormInputs {
  readonly dy: TensorInfo;
  readonly x: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly scale?: TensorInfo;
}

/** What a GPU computes for us. All tensors are float32, and none is empty. */
export interface GpuKernels {
  readonly backendName: string;
  /** tfjs's backend of that name, or undefined for a backend of another make. */
  readonly of: (backend: object) => OnGpu | undefined;
}

export interface OnGpu {
  /** factor · Σ over the rows of x. Its shape is `shape`. Undefined where tfjs's own kernel is better. */
  columnSums(x: TensorInfo, columns: Columns, factor: number, shape: number[]): TensorInfo | undefined;
  /** factor · dy, repeated along the axes where `shape` is longer than dy. */
  repeated(dy: TensorInfo, shape: number[], factor: number): TensorInfo;
  /**
   * The gradients of y = (x - mean) · inv · scale + offset with inv = 1 / √(variance + ε). With s = Σ dy and t = Σ dy ·
   * (x - mean) they are, in this order: dx = dy · inv · scale, d mean = -inv · scale · s, d variance = -½ · inv³ ·
   * scale · t, d scale = inv · t, d offset = s.
   */
  batchNormGradient(inputs: BatchNormInputs, epsilon: number): TensorInfo[];
  /** Whether tfjs computes with these tensors on the host, because they are small and are there already. */
  isOnHost(tensors: TensorInfo[]): boolean;
}
