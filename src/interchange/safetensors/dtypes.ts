import {float32, type HostTensor} from '../transfer/host_tensor';

/** How elements of a dtype of the format are stored, and what they become here. */
interface Dtype {
  /** The bytes of an element. */
  readonly bytes: number;
  /** @param data the bytes of all elements, which the result may keep. */
  readonly read: (data: ArrayBuffer, shape: readonly number[]) => HostTensor;
}

/** A class of arrays. */
interface Stored<T> {
  new (data: ArrayBuffer): Iterable<T>;
  readonly BYTES_PER_ELEMENT: number;
}

function floats<T>(array: Stored<T>, convert: (x: T) => number): Dtype {
  return {
    bytes: array.BYTES_PER_ELEMENT,
    read: (data, shape) => float32(shape, Float32Array.from(new array(data), convert)),
  };
}

function integers(array: Stored<number | bigint>): Dtype {
  return {
    bytes: array.BYTES_PER_ELEMENT,
    read: (data, shape) => ({dtype: 'int32', shape, data: Int32Array.from(new array(data), toInt32)}),
  };
}

/** The dtypes that can be read, by their names in the format. */
export const DTYPES = {
  F64: floats(Float64Array, toFloat32),
  F32: {bytes: 4, read: (data, shape) => float32(shape, new Float32Array(data))},
  F16: floats(Uint16Array, halfToNumber),
  BF16: {bytes: 2, read: (data, shape) => float32(shape, fromBfloat16(data))},
  I64: integers(BigInt64Array),
  U64: integers(BigUint64Array),
  I32: integers(Int32Array),
  U32: integers(Uint32Array),
  I16: integers(Int16Array),
  U16: integers(Uint16Array),
  I8: integers(Int8Array),
  U8: integers(Uint8Array),
  BOOL: {bytes: 1, read: (data, shape) => ({dtype: 'bool', shape, data: checkedBooleans(new Uint8Array(data))})},
  C64: {bytes: 8, read: (data, shape) => ({dtype: 'complex64', shape, data: new Float32Array(data)})},
} satisfies Readonly<Record<string, Dtype>>;

/** The dtype that a tensor is written as. */
export const WRITTEN = {float32: 'F32', int32: 'I32', bool: 'BOOL', complex64: 'C64'} as const;

function toFloat32(x: number): number {
  const rounded = Math.fround(x);
  if (Number.isFinite(x) && !Number.isFinite(rounded)) throw new RangeError(`${x} is beyond the range of float32`);
  return rounded;
}

function toInt32(x: number | bigint): number {
  const value = Number(x);
  if (value !== (value | 0)) throw new RangeError(`${x} is beyond the range of int32`);
  return value;
}

/** The value of a half-precision number (IEEE 754 binary16). */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** A bfloat16 is the upper half of a float32. */
function fromBfloat16(data: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(data), bits => bits << 16).buffer);
}

function checkedBooleans(data: Uint8Array): Uint8Array {
  const wrong = data.find(x => x > 1);
  if (wrong !== undefined) throw new RangeError(`a boolean must be 0 or 1; got ${wrong}`);
  return data;
}
