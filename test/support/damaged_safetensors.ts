import * as fc from 'fast-check';

import type {HostTensor} from '../../src/interchange';
import {writeSafetensors} from '../../src/interchange';
import {at} from '../../src/util/at';

/** A tensor in a header, as JSON has it. */
interface Entry {
  dtype: unknown;
  shape: unknown;
  data_offsets: unknown;
}

/** What a file is damaged in: the bytes of the header, which is text, and the bytes of its data. */
interface Parts {
  /** The JSON texts of the entries, by name. */
  entries: Array<{name: string; entry: Entry}>;
  data: Uint8Array;
}

type Damage = (parts: Parts, random: (below: number) => number) => Uint8Array;

const encoder = new TextEncoder();

/** A file of this header and data. */
export function fileOf(header: string | Uint8Array, data: Uint8Array, length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? encoder.encode(header) : header;
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

const textOf = (entries: Parts['entries']) =>
  `{${entries.map(({name, entry}) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`;

const whole = ({entries, data}: Parts) => fileOf(textOf(entries), data);

/** Damages one entry. */
const inEntry =
  (
    change: (entry: Entry, random: (below: number) => number) => Partial<Record<keyof Entry | 'more', unknown>>,
  ): Damage =>
  (parts, random) => {
    const i = random(parts.entries.length);
    const entries = parts.entries.map(({name, entry}, k) => ({
      name,
      entry: k === i ? {...entry, ...change(entry, random)} : entry,
    }));
    return whole({...parts, entries});
  };

/** Damages the offsets of one entry. */
const inOffsets = (change: (begin: number, end: number, by: number) => readonly unknown[]): Damage =>
  inEntry(({data_offsets: offsets}, random) => {
    if (!Array.isArray(offsets)) throw new Error('Offsets are a list.');
    return {data_offsets: change(Number(offsets[0]), Number(offsets[1]), 1 + random(40))};
  });

/** Damages one extent of a shape. */
const inShape = (change: (extent: number, by: number) => unknown): Damage =>
  inEntry(({shape}, random) => {
    if (!Array.isArray(shape)) throw new Error('A shape is a list.');
    const extents: readonly unknown[] = shape;
    const i = random(extents.length);
    return {shape: extents.map((extent, k) => (k === i ? change(Number(extent), 1 + random(9)) : extent))};
  });

/** Puts a text, or bytes, somewhere into the header. */
const around =
  (change: (text: string) => string | Uint8Array): Damage =>
  parts =>
    fileOf(change(textOf(parts.entries)), parts.data);

const one = <T>(list: readonly T[], random: (below: number) => number): T => at(list, random(list.length));

/** Ways to damage a file that has tensors, none of them without elements or axes. Each gives an invalid file. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  'cut off': (parts, random) => {
    const file = whole(parts);
    return file.slice(0, random(file.length));
  },
  'bytes after the end': (parts, random) =>
    fileOf(textOf(parts.entries), new Uint8Array([...parts.data, ...new Uint8Array(1 + random(20))])),
  'a wrong length of the header': (parts, random) => {
    const text = textOf(parts.entries);
    return fileOf(text, parts.data, BigInt(random(2) === 0 ? random(text.length) : text.length + 1 + random(100)));
  },
  'a huge length of the header': (parts, random) =>
    fileOf(textOf(parts.entries), parts.data, (1n << BigInt(27 + random(37))) + BigInt(random(1000))),
  'a later begin': inOffsets((begin, end, by) => [begin + by, end]),
  'an earlier end': inOffsets((begin, end, by) => [begin, end - by]),
  'a later end': inOffsets((begin, end, by) => [begin, end + by]),
  'moved data': inOffsets((begin, end, by) => [begin + by, end + by]),
  'offsets in the wrong order': inOffsets((begin, end) => [end, begin]),
  'one offset': inOffsets(begin => [begin]),
  'three offsets': inOffsets((begin, end) => [begin, end, end]),
  'negative offsets': inOffsets((begin, end, by) => [begin - by - end, end]),
  'offsets with fractions': inOffsets((begin, end) => [begin + 0.5, end]),
  'offsets as texts': inOffsets((begin, end) => [String(begin), String(end)]),
  'unsafe offsets': inOffsets((begin, end, by) => [begin, 2 ** 53 + 2 * by + end]),
  'a larger extent': inShape((extent, by) => extent + by),
  'a negative extent': inShape(extent => -extent),
  'an extent with a fraction': inShape(extent => extent + 0.5),
  'an unsafe extent': inShape(() => 2 ** 53),
  'an extent of 0': inShape(() => 0),
  'an extent of null': inShape(() => null),
  'a shape that overflows': inEntry(() => ({shape: [2 ** 31, 2 ** 31, 2 ** 31, 2 ** 31]})),
  'a shape that is a number': inEntry(() => ({shape: 3})),
  'an unknown dtype': inEntry((_, random) => ({
    dtype: one(['F31', 'f32', '', 'float32', 'I128', 'toString'], random),
  })),
  'a dtype of another width': inEntry(({dtype}) => ({dtype: dtype === 'BOOL' ? 'F32' : 'I8'})),
  'a dtype that is a number': inEntry(() => ({dtype: 32})),
  'no dtype': inEntry(() => ({dtype: undefined})),
  'no shape': inEntry(() => ({shape: undefined})),
  'no offsets': inEntry(() => ({data_offsets: undefined})),
  'more keys': inEntry(() => ({more: 1})),
  'a name twice': (parts, random) => whole({...parts, entries: [...parts.entries, one(parts.entries, random)]}),
  'a key twice': around(text => text.replace('"dtype"', '"shape":[1],"dtype"')),
  'data shared by two names': (parts, random) => {
    const {name, entry} = one(parts.entries, random);
    return whole({...parts, entries: [...parts.entries, {name: `${name}, again`, entry}]});
  },
  'no tensor for its data': parts => whole({...parts, entries: parts.entries.slice(1)}),
  'invalid UTF-8': around(text => {
    const bytes = encoder.encode(text);
    const quote = bytes.indexOf(34) + 1;
    return new Uint8Array([...bytes.slice(0, quote), 0xc3, 0x28, ...bytes.slice(quote)]);
  }),
  'half of a surrogate pair': around(text => text.replace('"', '"\\ud800')),
  'a control character': around(text => text.replace('"', '"\u0007')),
  'text after the header': around(text => `${text}{}`),
  'a space before the header': around(text => ` ${text}`),
  'a byte order mark': around(text => `\ufeff${text}`),
  'a list as header': around(text => `[${text}]`),
  'no comma': around(text => text.replace('],"', ']"')),
  'a comma too many': around(text => text.replace(/\}$/, ',}')),
  'single quotes': around(text => text.replaceAll('"', "'")),
  'a comment': around(text => text.replace(':', ': /* */ ')),
  'leading zeros': around(text => text.replace('offsets":[', 'offsets":[0')),
  'metadata that is a text': around(text => text.replace('{', '{"__metadata__":"a",')),
  'metadata of numbers': around(text => text.replace('{', '{"__metadata__":{"a":1},')),
  'metadata twice': around(text => text.replace('{', '{"__metadata__":{},"__metadata__":{},')),
};

const shapes = fc.array(fc.integer({min: 1, max: 4}), {minLength: 1, maxLength: 3});

/** Tensors of the types that can be written, without complex ones where `real`. */
export const hostTensor = (shape: readonly number[]): fc.Arbitrary<HostTensor> => {
  const size = shape.reduce((a, b) => a * b, 1);
  const list = <T>(of: fc.Arbitrary<T>, n = size) => fc.array(of, {minLength: n, maxLength: n});
  const float = fc.float({noNaN: true});
  return fc.oneof(
    list(float).map(x => ({dtype: 'float32', shape, data: Float32Array.from(x)}) as const),
    list(fc.integer()).map(x => ({dtype: 'int32', shape, data: Int32Array.from(x)}) as const),
    list(fc.nat(1)).map(x => ({dtype: 'bool', shape, data: Uint8Array.from(x)}) as const),
    list(float, 2 * size).map(x => ({dtype: 'complex64', shape, data: Float32Array.from(x)}) as const),
  );
};

/** Names as files have them, and odd ones. */
const names = fc.oneof(
  fc.stringMatching(/^[a-z]{1,5}(\.[a-z0-9]{1,3}){0,2}$/),
  fc.string({unit: 'grapheme', minLength: 1}),
  fc.constantFrom('__proto__', 'constructor', '0', '', '"', '\\ud800'),
);

/** One to four tensors by name. */
export const tensorMaps = fc
  .uniqueArray(fc.tuple(names, shapes.chain(hostTensor)), {minLength: 1, maxLength: 4, selector: ([name]) => name})
  .map(entries => new Map(entries));

/** A damaged file, and what was done to it. */
export interface Damaged {
  readonly damage: string;
  readonly file: Uint8Array;
}

/** Damages the file of these tensors. */
export function damaged(tensors: ReadonlyMap<string, HostTensor>, damage: string, seed: number): Damaged {
  const intact = writeSafetensors(tensors);
  const length = Number(new DataView(intact.buffer).getBigUint64(0, true));
  const header: unknown = JSON.parse(new TextDecoder().decode(intact.subarray(8, 8 + length)));
  if (typeof header !== 'object' || header === null) throw new Error('A header is an object.');
  // An object of JSON.parse has `__proto__` as a property of its own.
  const entries = Object.entries(header).map(([name, entry]: [string, Entry]) => ({name, entry}));
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const change = DAMAGES[damage];
  if (change === undefined) throw new Error(`There is no damage '${damage}'.`);
  return {damage, file: change({entries, data: intact.slice(8 + length)}, random)};
}
