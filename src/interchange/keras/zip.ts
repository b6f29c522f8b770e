import {at} from '../../util/at';

/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_SIZE = 22;
const STORED = 0;
const DEFLATED = 8;
/** What DEFLATE can't exceed: 1032 bytes out of one. */
const MOST_EXPANSION = 1032;
/** What an entry may expand to in any case. Above, at most a hundredfold, as in Keras. */
const ALWAYS_ALLOWED = 2 ** 28;

/**
 * Reads files from a zip archive. Sizes are checked before anything is allocated, and contents by their CRC-32.
 * @param names the files to read. Those that the archive lacks are absent from the result.
 * @throws (rejects) where the archive is damaged, encrypted, above 4 GB, or compressed by another method than DEFLATE.
 */
export async function readZip(bytes: Uint8Array, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  let offset = view.getUint32(end + 16, true);
  const found = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    if (offset + 46 > end || view.getUint32(offset, true) !== CENTRAL)
      throw damaged(`entry ${i} of ${count} of its directory is not where it should be`);
    const length = view.getUint16(offset + 28, true);
    const next = offset + 46 + length + view.getUint16(offset + 30, true) + view.getUint16(offset + 32, true);
    if (next > end) throw damaged(`entry ${i} of its directory does not end`);
    const name = new TextDecoder().decode(bytes.subarray(offset + 46, offset + 46 + length));
    if (names.includes(name)) {
      if (found.has(name)) throw damaged(`it has '${name}' twice`);
      found.set(name, await contentsOf(bytes, view, {name, central: offset, end}));
    }
    offset = next;
  }
  return found;
}

/** Writes a zip archive without compression, as Keras does. @throws where it would be 4 GB or larger. */
export function writeZip(entries: readonly ZipEntry[]): Uint8Array {
  const named = entries.map(entry => ({...entry, label: new TextEncoder().encode(entry.name)}));
  const size = named.reduce((sum, {label, data}) => sum + 76 + 2 * label.length + data.length, END_SIZE);
  if (size >= 2 ** 32) throw new Error(`A .keras file must be below 4 GB here; this one would have ${size} bytes.`);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  const u16 = (value: number) => {
    view.setUint16(offset, value, true);
    offset += 2;
  };
  const u32 = (value: number) => {
    view.setUint32(offset, value, true);
    offset += 4;
  };
  const copy = (part: Uint8Array) => {
    bytes.set(part, offset);
    offset += part.length;
  };
  // What the header of a file and its entry in the directory have in common.
  const common = ({label, data}: {label: Uint8Array; data: Uint8Array}, crc: number) => {
    for (const value of [20, 0x800, STORED, 0, 0x21]) u16(value);
    for (const value of [crc, data.length, data.length]) u32(value);
    u16(label.length);
    u16(0);
  };
  const placed = named.map(entry => {
    const placed = {...entry, start: offset, crc: crc32(entry.data)};
    u32(LOCAL);
    common(entry, placed.crc);
    copy(entry.label);
    copy(entry.data);
    return placed;
  });
  const directory = offset;
  for (const entry of placed) {
    u32(CENTRAL);
    u16(20);
    common(entry, entry.crc);
    for (let i = 0; i < 3; i++) u16(0);
    u32(0);
    u32(entry.start);
    copy(entry.label);
  }
  const length = offset - directory;
  u32(END);
  u32(0);
  u16(placed.length);
  u16(placed.length);
  u32(length);
  u32(directory);
  u16(0);
  return bytes;
}

const damaged = (why: string) =>
  new Error(`This is not a .keras file, or it is damaged: ${why}. A .keras file is a zip archive; save it again.`);

function endOf(view: DataView): number {
  // A comment of up to 65,535 bytes may follow.
  const first = Math.max(0, view.byteLength - END_SIZE - 0xffff);
  for (let offset = view.byteLength - END_SIZE; offset >= first; offset--)
    if (
      view.getUint32(offset, true) === END &&
      offset + END_SIZE + view.getUint16(offset + 20, true) === view.byteLength
    )
      return offset;
  throw damaged('it has no directory');
}

async function contentsOf(
  bytes: Uint8Array,
  view: DataView,
  {name, central, end}: {readonly name: string; readonly central: number; readonly end: number},
): Promise<Uint8Array> {
  const flags = view.getUint16(central + 8, true);
  const method = view.getUint16(central + 10, true);
  const crc = view.getUint32(central + 16, true);
  const packed = view.getUint32(central + 20, true);
  const size = view.getUint32(central + 24, true);
  const local = view.getUint32(central + 42, true);
  if (packed === 0xffffffff || size === 0xffffffff || local === 0xffffffff)
    throw new Error(`'${name}' in this .keras file needs more than 4 GB, which can't be read here.`);
  if ((flags & 1) !== 0) throw damaged(`'${name}' is encrypted`);
  if (local + 30 > end || view.getUint32(local, true) !== LOCAL) throw damaged(`'${name}' is not where it should be`);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packed > end) throw damaged(`'${name}' does not end`);
  const part = bytes.subarray(start, start + packed);
  const data = method === STORED ? part : await inflated(part, {name, method, size});
  if (data.length !== size) throw damaged(`'${name}' has ${data.length} bytes instead of ${size}`);
  if (crc32(data) !== crc) throw damaged(`'${name}' does not fit its checksum`);
  return data;
}

async function inflated(
  part: Uint8Array,
  {name, method, size}: {readonly name: string; readonly method: number; readonly size: number},
): Promise<Uint8Array> {
  if (method !== DEFLATED) throw damaged(`'${name}' is compressed by method ${method}; expected none or DEFLATE`);
  if (size > part.length * MOST_EXPANSION || (size > ALWAYS_ALLOWED && size > part.length * 100))
    throw damaged(`'${name}' is said to expand from ${part.length} bytes to ${size}`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const reader = new Blob([new Uint8Array(part)])
      .stream()
      .pipeThrough(new DecompressionStream('deflate-raw'))
      .getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      length += read.value.length;
      chunks.push(read.value);
      if (length > size) {
        await reader.cancel();
        break;
      }
    }
  } catch (error) {
    throw damaged(`'${name}' can't be inflated (${String(error)})`);
  }
  const data = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    data.set(chunk, offset);
    offset += chunk.length;
  }
  return data;
}

let table: Uint32Array | undefined;

/** The CRC-32 of zip archives. */
function crc32(data: Uint8Array): number {
  table ??= Uint32Array.from({length: 256}, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  let crc = -1;
  for (const byte of data) crc = at(table, (crc ^ byte) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}
