import type {KernelBackend} from '@tensorflow/tfjs-core';

/**
 * The key of an array that we made, on the data whose values it is. Copies of this module share the data, so they share
 * the key.
 */
const OWN = Symbol.for('tfjs-optim/own values');

/** An array that we made. `asked`: whether any other code has read or replaced it. */
interface Own {
  array: ArrayLike<number>;
  asked: boolean;
}

/** What tfjs's CPU backend stores per tensor. */
export interface CpuData {
  values: ArrayLike<number>;
  readonly refCount: number;
  [OWN]?: Own;
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

/**
 * tfjs returns arrays without copying (`dataSync`, slices), and stores users' arrays without copying. So an array may
 * be written only if we made it and no other code has asked for it. To notice that, `values` becomes an accessor. All
 * data have the same one, because engines are slow with objects that have accessors of their own.
 */
const accessor: PropertyDescriptor & ThisType<CpuData> = {
  configurable: true,
  enumerable: true,
  get() {
    const own = this[OWN];
    if (own === undefined) return undefined;
    own.asked = true;
    return own.array;
  },
  set(array: ArrayLike<number>) {
    this[OWN] = {array, asked: true};
  },
};

/** Sets a tensor's values to an array that we made. */
export function setOwnValues(data: CpuData, array: Float32Array): void {
  const own = data[OWN];
  if (own === undefined) {
    Object.defineProperty(data, OWN, {value: {array, asked: false}, writable: true});
    Object.defineProperty(data, 'values', accessor);
  } else {
    own.array = array;
    own.asked = false;
  }
}

/** The values, only for reading; this does not count as asking for them. */
export function peek(data: CpuData): Float32Array {
  const values = data[OWN]?.array ?? data.values;
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** The array to write new values to; undefined where other code may hold it. */
export function writable(data: CpuData): Float32Array | undefined {
  const own = data[OWN];
  return own !== undefined && !own.asked && data.refCount === 1 && own.array instanceof Float32Array
    ? own.array
    : undefined;
}
