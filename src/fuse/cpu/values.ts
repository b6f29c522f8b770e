import type {KernelBackend} from '@tensorflow/tfjs-core';

/** What tfjs's CPU backend keeps of a tensor. */
export interface CpuData {
  values: ArrayLike<number>;
  readonly refCount: number;
}

/** tfjs's CPU backend, described here so that nothing needs importing from its package. */
export interface CpuBackend extends KernelBackend {
  readonly data: {get(dataId: object): CpuData};
  makeTensorInfo(
    shape: number[],
    dtype: 'float32',
    values: Float32Array,
  ): {dataId: object; shape: number[]; dtype: 'float32'};
}

export function isCpuBackend(backend: object): backend is CpuBackend {
  return 'data' in backend && 'makeTensorInfo' in backend;
}

/** An array of ours, as long as nobody asked for it. */
interface Own {
  array: ArrayLike<number>;
  asked: boolean;
}

/**
 * The values of tensors that only this library has seen. tfjs hands arrays out as they are (`dataSync`, slices) and
 * takes users' arrays as they are, so an array may be written only if it is ours and nobody has asked for it since:
 * `values` becomes an accessor that tells.
 */
const own = new WeakMap<CpuData, Own>();

const accessor: PropertyDescriptor & ThisType<CpuData> = {
  configurable: true,
  enumerable: true,
  get() {
    const found = own.get(this);
    if (found === undefined) return undefined;
    found.asked = true;
    return found.array;
  },
  set(array: ArrayLike<number>) {
    own.set(this, {array, asked: true});
  },
};

/** Makes an array of ours the values of a tensor. */
export function setOwnValues(data: CpuData, array: Float32Array): void {
  const known = own.get(data);
  if (known === undefined) Object.defineProperty(data, 'values', accessor);
  own.set(data, {array, asked: false});
}

/** The values, for reading alone. */
export function peek(data: CpuData): Float32Array {
  const values = own.get(data)?.array ?? data.values;
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** The array to write new values into, where it is ours alone. */
export function writable(data: CpuData): Float32Array | undefined {
  const found = own.get(data);
  return found !== undefined && !found.asked && data.refCount === 1 && found.array instanceof Float32Array
    ? found.array
    : undefined;
}
