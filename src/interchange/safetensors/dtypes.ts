import type {HostTensor} from '../host_tensor';

/** How elements of a dtype of the format are stored, and what they become here. */
interface Dtype {
  /** The bytes of an element. */
  readonly bytes: number;
  /** @param data the bytes of all elements, which the result may keep. */
  readonly read: (data: ArrayBuffer, shape: readonly number[]) => HostTensor;
}

const floats =
  (convert: (data: ArrayBuffer) => Float32Array): Dtype['read'] =>
  (data, shape) => ({
    dtype: 'float32',
    shape,
    data: convert(data),
  });
const integers =
  (convert: (data: ArrayBuffer) => Int32Array): Dtype['read'] =>
  (data, shape) => ({
    dtype: 'int32',
    shape,
    data: convert(data),
  });

/** The dtypes that can be read, by their names in the format. */
export const DTYPES: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['F64', {bytes: 8, read: floats(data => Float32Array.from(new Float64Array(data), toFloat32))}],
  ['F32', {bytes: 4, read: floats(data => new Float32Array(data))}],
  ['F16', {bytes: 2, read: floats(data => Float32Array.from(new Uint16Array(data), halfToNumber))}],
  ['BF16', {bytes: 2, read: floats(fromBfloat16)}],
  ['I64', {bytes: 8, read: integers(data => fromBigInts(new BigInt64Array(data)))}],
  ['U64', {bytes: 8, read: integers(data => fromBigInts(new BigUint64Array(data)))}],
  ['I32', {bytes: 4, read: integers(data => new Int32Array(data))}],
  ['U32', {bytes: 4, read: integers(data => Int32Array.from(new Uint32Array(data), toInt32))}],
  ['I16', {bytes: 2, read: integers(data => Int32Array.from(new Int16Array(data)))}],
  ['U16', {bytes: 2, read: integers(data => Int32Array.from(new Uint16Array(data)))}],
  ['I8', {bytes: 1, read: integers(data => Int32Array.from(new Int8Array(data)))}],
  ['U8', {bytes: 1, read: integers(data => Int32Array.from(new Uint8Array(data)))}],
  ['BOOL', {bytes: 1, read: (data, shape) => ({dtype: 'bool', shape, data: checkedBooleans(new Uint8Array(data))})}],
  ['C64', {bytes: 8, read: (data, shape) => ({dtype: 'complex64', shape, data: new Float32Array(data)})}],
]);

/** The dtype that a tensor is written as. */
export const WRITTEN = {float32: 'F32', int32: 'I32', bool: 'BOOL', complex64: 'C64'} as const;

function toFloat32(x: number): number {
  const rounded = Math.fround(x);
  if (Number.isFinite(x) && !Number.isFinite(rounded)) throw new RangeError(`${x} is beyond the range of float32`);
  return rounded;
}

function toInt32(x: number): number {
  if (x !== (x | 0)) throw new RangeError(`${x} is beyond the range of int32`);
  return x;
}

function fromBigInts(data: BigInt64Array | BigUint64Array): Int32Array {
  const result = new Int32Array(data.length);
  data.forEach((x, i) => {
    if (BigInt.asIntN(32, x) !== x) throw new RangeError(`${x.toString()} is beyond the range of int32`);
    result[i] = Number(x);
  });
  return result;
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
