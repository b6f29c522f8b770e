import {at} from '../../util/at';
import {isIterable} from '../../util/iterable';
import {shown} from '../../util/shown';
import {float32, type HostTensor, type HostTensorOf, sizeOf} from '../transfer/host_tensor';
import {items} from './value_config';

/** What is needed of h5wasm: `import h5wasm from 'h5wasm'`. */
export interface H5Wasm {
  /** Its module with the file system in memory. */
  readonly ready: Promise<{
    readonly FS: {
      /** Writes a file of that file system. */
      writeFile(path: string, data: Uint8Array): void;
      /** Reads a file of it. */
      readFile(path: string): Uint8Array;
      /** Removes a file from it. */
      unlink(path: string): void;
    };
    /** Throws HDF5's errors. Without it HDF5 prints them. */
    activate_throwing_error_handler?(): unknown;
    /** Prints HDF5's errors again. */
    deactivate_throwing_error_handler?(): unknown;
  }>;
  /** The class of files. */
  readonly File: {
    /** Opens a file to read it, or makes one to write it. */
    new (path: string, mode: 'r' | 'w'): H5File;
  };
}

/** What is needed of a file of h5wasm. */
export interface H5File {
  /** The names of what is in the file's root. */
  keys(): string[];
  /** What is at a path; null where nothing is. */
  get(path: string): unknown;
  /** Makes a group. Its parent must exist. */
  create_group(name: string): {
    /** Gives the group a text. */
    create_attribute(name: string, data: string): void;
    /** Writes an array into the group. */
    create_dataset(args: {name: string; data: Float32Array | Int32Array; shape: number[]; dtype: string}): unknown;
  };
  /** Closes the file. */
  close(): unknown;
}

/** The tensors of an HDF5 file. */
export interface H5Tensors {
  /** The paths of all tensors. */
  readonly paths: ReadonlySet<string>;
  /** Reads one, which must have this shape. `what` is what errors call it. */
  readonly read: (path: string, shape: readonly number[], what: string) => HostTensor;
}

/** A group of tensors to write: its path, the name that Keras gives it, and the tensors `0`, `1` and so on. */
export interface H5Group {
  readonly path: string;
  readonly name: string;
  readonly tensors: ReadonlyArray<HostTensorOf<'float32' | 'int32'>>;
}

/** No model nests deeper, or has more groups: damaged files can have groups that contain themselves. */
const MOST_DEPTH = 32;
const MOST_GROUPS = 100_000;

let files = 0;

/**
 * Gives the tensors of an HDF5 file to `use`, which must read what it needs before it returns.
 * @throws (rejects) where the file can't be read.
 */
export async function withH5<T>(h5: H5Wasm, bytes: Uint8Array, use: (tensors: H5Tensors) => T): Promise<T> {
  const module = await h5.ready;
  const {FS} = module;
  const name = `tfjs-optim-${files++}.h5`;
  FS.writeFile(name, bytes);
  let file: H5File | undefined;
  try {
    module.activate_throwing_error_handler?.();
    const opened = reading(() => new h5.File(name, 'r'));
    file = opened;
    const paths = reading(() => datasetsOf(opened));
    return use({paths, read: (path, shape, what) => read(opened, path, shape, what)});
  } finally {
    const opened = file;
    try {
      if (opened !== undefined) reading(() => opened.close());
    } finally {
      module.deactivate_throwing_error_handler?.();
      FS.unlink(name);
    }
  }
}

/** Writes groups of tensors to an HDF5 file. */
export async function writeH5(h5: H5Wasm, groups: readonly H5Group[]): Promise<Uint8Array> {
  const {FS} = await h5.ready;
  const name = `tfjs-optim-${files++}.h5`;
  const file = new h5.File(name, 'w');
  try {
    try {
      writeGroups(file, groups);
    } finally {
      file.close();
    }
    return FS.readFile(name);
  } finally {
    FS.unlink(name);
  }
}

function writeGroups(file: H5File, groups: readonly H5Group[]): void {
  const made = new Set<string>();
  for (const {path, name, tensors} of groups) {
    const parts = [...path.split('/').filter(part => part !== ''), 'vars'];
    for (let i = 1; i < parts.length; i++) {
      const parent = parts.slice(0, i).join('/');
      if (!made.has(parent)) file.create_group(parent);
      made.add(parent);
    }
    const group = file.create_group(parts.join('/'));
    group.create_attribute('name', name);
    for (const [i, {data, shape, dtype}] of tensors.entries())
      group.create_dataset({name: String(i), data, shape: [...shape], dtype: dtype === 'int32' ? '<i' : '<f'});
  }
}

/** @throws where it is not h5wasm. */
export function checkH5(given: unknown): void {
  if (typeof given !== 'object' || given === null || !('ready' in given) || !('File' in given))
    throw new Error(
      `'h5' must be h5wasm; got ${typeof given === 'object' ? 'an object without ready and File' : shown(given)}. ` +
        "Pass {h5: h5wasm} after: import h5wasm from 'h5wasm'.",
    );
}

/** Runs what reads the file. Its own errors say little. */
function reading<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw unreadable(String(error));
  }
}

const unreadable = (why: string) =>
  new Error(`The weights are not a readable HDF5 file, or they are damaged (${why}). Save them again with Keras 3.`);

function datasetsOf(file: H5File): Set<string> {
  const paths = new Set<string>();
  let groups = 0;
  const walk = (keys: readonly string[], path: string, depth: number) => {
    if (depth > MOST_DEPTH || ++groups > MOST_GROUPS) throw new Error('its groups do not end');
    for (const key of keys) {
      const inner = path + key;
      const entity = file.get(inner);
      const type = fieldOf(entity, 'type');
      if (type === 'Dataset') paths.add(inner);
      else if (type === 'Group') walk(keysOf(entity), `${inner}/`, depth + 1);
      else throw new Error(`'${inner}' is neither a group nor a tensor`);
    }
  };
  walk(file.keys(), '', 0);
  return paths;
}

function keysOf(group: unknown): string[] {
  if (typeof group !== 'object' || group === null || !('keys' in group) || typeof group.keys !== 'function') return [];
  return items(Reflect.apply(group.keys, group, [])).map(String);
}

function fieldOf(x: unknown, name: string): unknown {
  return typeof x === 'object' && x !== null ? Reflect.get(x, name) : undefined;
}

function read(file: H5File, path: string, shape: readonly number[], what: string): HostTensor {
  const dataset = reading(() => file.get(path));
  const metadata = reading(() => fieldOf(dataset, 'metadata'));
  const stored = fieldOf(metadata, 'shape');
  // The shape is compared first: a damaged file may declare one of any size.
  if (!Array.isArray(stored) || stored.length !== shape.length || !shape.every((extent, i) => stored[i] === extent))
    throw new Error(
      `${what} must have the shape [${shape}]; at '${path}' the file has ` +
        `${Array.isArray(stored) ? `the shape [${stored}]` : 'no tensor'}.`,
    );
  const type = fieldOf(metadata, 'type');
  const size = fieldOf(metadata, 'size');
  if (type !== 0 && (type !== 1 || (size !== 4 && size !== 8)))
    throw new Error(`${what} must be float32, float64 or of integers; at '${path}' the file has another type.`);
  const value: unknown = reading(() => fieldOf(dataset, 'value'));
  const data = numbersIn(value);
  if (data?.length !== sizeOf(shape))
    throw unreadable(`'${path}' has ${data?.length ?? 'no'} numbers instead of ${sizeOf(shape)}`);
  return type === 0
    ? {dtype: 'int32', shape, data: Int32Array.from(data)}
    : float32(shape, data instanceof Float32Array ? data : Float32Array.from(data));
}

/** The numbers of a value that h5wasm read; undefined where it is something else. A scalar is a number. */
function numbersIn(value: unknown): Float32Array | number[] | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return [Number(value)];
  if (value instanceof Float32Array) return value;
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return undefined;
  return isIterable<unknown>(value) ? Array.from(value, Number) : undefined;
}

/** The number in a tensor of one element. */
export function onlyNumber({data}: HostTensor): number {
  return at(data, 0);
}
