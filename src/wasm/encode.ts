/**
 * Encodes WebAssembly modules: functions on one imported memory. Sections and codes are those of the WebAssembly Core
 * Specification 2.0, section 5. `assemble.ts` encodes text with it, and `fuse/` its own instructions.
 */
export type Bytes = readonly number[];

/** A function of a module. */
export interface Func {
  /** See `functionType`. */
  readonly type: Bytes;
  readonly exports: readonly string[];
  /** See `functionCode`. */
  readonly code: Bytes;
}

/** What is imported: a function of a type, or a memory with limits. */
export type ImportKind = {readonly type: Bytes} | {readonly limits: Bytes};
export type Import = ImportKind & {readonly from: string; readonly name: string};

/** The binary of a module. The imported functions come first in the numbering of functions. */
export function moduleBytes(imports: readonly Import[], functions: readonly Func[]): Uint8Array<ArrayBuffer> {
  const types = new Map<string, Bytes>();
  const typeIndex = (type: Bytes): number[] => {
    types.set(type.join(), type);
    return unsigned([...types.keys()].indexOf(type.join()));
  };
  const imported = imports.map(each => [
    ...string(each.from),
    ...string(each.name),
    ...('type' in each ? [0, ...typeIndex(each.type)] : [2, ...each.limits]),
  ]);
  const first = imports.filter(each => 'type' in each).length;
  const declared = functions.map(({type}) => typeIndex(type));
  const exported = functions.flatMap(({exports}, i) =>
    exports.map(name => [...string(name), 0, ...unsigned(first + i)]),
  );
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [...types.values()]),
    ...section(2, imported),
    ...section(3, declared),
    ...section(7, exported),
    ...section(
      10,
      functions.map(({code}) => sized(code)),
    ),
  ]);
}

/** @param params the bytes of value types; see `TYPES`. */
export function functionType(params: Bytes, results: Bytes): number[] {
  return [0x60, ...sized(params), ...sized(results)];
}

/** @param locals the types of the locals, without the parameters. Runs of one type are counted. */
export function functionCode(locals: Bytes, instructions: Bytes): number[] {
  const runs: Array<{count: number; readonly type: number}> = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({count: 1, type});
  }
  return [
    ...unsigned(runs.length),
    ...runs.flatMap(({count, type}) => [...unsigned(count), type]),
    ...instructions,
    0x0b,
  ];
}

function section(id: number, entries: readonly Bytes[]): number[] {
  return entries.length === 0 ? [] : [id, ...sized([...unsigned(entries.length), ...entries.flat()])];
}

function sized(bytes: Bytes): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function string(text: string): number[] {
  return sized([...new TextEncoder().encode(text)]);
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** Signed LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 127;
    rest >>= 7;
    if ((rest === 0 && (byte & 64) === 0) || (rest === -1 && (byte & 64) !== 0)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

export function float32(value: number): number[] {
  return [...new Uint8Array(Float32Array.of(value).buffer)];
}
