import type {KernelBackend} from '@tensorflow/tfjs-core';

/** What tfjs's CPU backend stores per tensor. */
export interface CpuData {
  values: ArrayLike<number>;
  readonly refCount: number;
}

/** tfjs's CPU backend. It is described here so that its package need not be imported. */
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

/** An array that we made. `asked`: whether any other code has read or replaced it. */
interface Own {
  array: ArrayLike<number>;
  asked: boolean;
}

/**
 * Arrays of ours, by the data whose values they are. tfjs returns arrays without copying (`dataSync`, slices), and
 * stores users' arrays without copying. So an array may be written only if we made it and no other code has asked for
 * it. To notice that, `values` becomes an accessor.
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

/** Sets a tensor's values to an array that we made. */
export function setOwnValues(data: CpuData, array: Float32Array): void {
  const known = own.get(data);
  if (known === undefined) Object.defineProperty(data, 'values', accessor);
  own.set(data, {array, asked: false});
}

/** The values, only for reading; this does not count as asking for them. */
export function peek(data: CpuData): Float32Array {
  const values = own.get(data)?.array ?? data.values;
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** The array to write new values to; undefined where other code may hold it. */
export function writable(data: CpuData): Float32Array | undefined {
  const found = own.get(data);
  return found !== undefined && !found.asked && data.refCount === 1 && found.array instanceof Float32Array
    ? found.array
    : undefined;
}
