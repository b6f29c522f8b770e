import * as tf from '@tensorflow/tfjs-core';

/** The types of numbers that a tensor outside of TensorFlow.js can have here. */
export interface HostArrays {
  /** One number per element. */
  float32: Float32Array;
  /** One whole number per element. */
  int32: Int32Array;
  /** 0 or 1 per element. */
  bool: Uint8Array;
  /** The real and the imaginary part of each element, in turn. */
  complex64: Float32Array;
}

/** The name of a type of numbers. */
export type HostDtype = keyof HostArrays;

/** A tensor outside of TensorFlow.js: its elements in row-major order, on the host. */
export type HostTensor = HostTensorOf<HostDtype>;

/** A tensor of these types. */
export type HostTensorOf<Dtypes extends HostDtype> = {
  [D in Dtypes]: {readonly dtype: D; readonly shape: readonly number[]; readonly data: HostArrays[D]};
}[Dtypes];

/** What a file of tensors contains. */
export interface TensorFile {
  /** The tensors by name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** Texts by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The number of elements of a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** A float32 tensor of the shape. */
export function float32(shape: readonly number[], data: Float32Array): HostTensorOf<'float32'> {
  return {dtype: 'float32', shape, data};
}

/** A float32 scalar. */
export function scalar(value: number): HostTensorOf<'float32'> {
  return float32([], Float32Array.of(value));
}

/**
 * Reads a tensor from its device.
 * @param name what errors call it.
 * @throws (rejects) for strings, which no format here has.
 */
export async function fromDevice(tensor: tf.Tensor, name: string): Promise<HostTensor> {
  const {shape, dtype} = tensor;
  if (dtype === 'string') throw new Error(`'${name}' has strings; only numbers and booleans can be written.`);
  if (dtype === 'complex64') {
    const parts = tf.tidy(() => tf.stack([tf.real(tensor), tf.imag(tensor)], -1));
    try {
      return {dtype, shape, data: Float32Array.from(await parts.data())};
    } finally {
      parts.dispose();
    }
  }
  if (dtype === 'int32') return {dtype, shape, data: Int32Array.from(await tensor.data())};
  if (dtype === 'bool') return {dtype, shape, data: Uint8Array.from(await tensor.data())};
  return float32FromDevice(tensor);
}

/** Reads a float32 tensor from its device. */
export async function float32FromDevice(tensor: tf.Tensor): Promise<HostTensorOf<'float32'>> {
  return float32(tensor.shape, Float32Array.from(await tensor.data()));
}

/** Makes a tensor of TensorFlow.js with the same elements. The caller must dispose it. */
export function toDevice({dtype, shape, data}: HostTensor): tf.Tensor {
  const own = [...shape];
  if (dtype !== 'complex64') return tf.tensor(data.slice(), own, dtype);
  const part = (offset: number) =>
    tf.tensor(
      data.filter((_, i) => i % 2 === offset),
      own,
      'float32',
    );
  return tf.tidy(() => tf.complex(part(0), part(1)));
}
