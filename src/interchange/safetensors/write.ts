import {checkNoMore} from '../../util/options';
import {own} from '../../util/own';
import {isPlain, shown} from '../../util/shown';
import {type HostTensor, sizeOf} from '../transfer/host_tensor';
import {DTYPES, WRITTEN} from './dtypes';
import {isUnicode, METADATA} from './header';
import {LONGEST_HEADER, PREFIX} from './read';

/**
 * Writes a file of the format safetensors. float32 is written as F32, int32 as I32, bool as BOOL, complex64 as C64. The
 * same tensors and metadata give the same bytes.
 * @param tensors the tensors by name.
 * @param metadata texts by name.
 * @throws where the data of a tensor does not fit its shape or dtype, or a name or metadata can't be written.
 * @example
 * ```ts
 * import {writeSafetensors} from 'tfjs-optim/interchange';
 *
 * const bytes = writeSafetensors(new Map([['x', {dtype: 'float32', shape: [2], data: Float32Array.of(1, 2)}]]));
 * ```
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
  ...more: undefined[]
): Uint8Array<ArrayBuffer> {
  const given: unknown = tensors;
  if (!(given instanceof Map))
    throw new TypeError(
      `writeSafetensors takes a Map of tensors by name first; got ${shown(given)}. For a model, use toTorch(model) ` +
        'or saveKeras(model).',
    );
  checkNoMore('writeSafetensors', more, ' after the metadata');
  if (!isPlain(metadata)) throw new Error(`Metadata must be texts by name; got ${shown(metadata)}.`);
  for (const [name, value] of Object.entries(metadata))
    for (const text of [name, value]) checkText(text, `The metadata '${name}'`);
  for (const [name, tensor] of tensors) check(name, tensor);
  // The data of wider types comes first, so that all data is aligned.
  const inOrder = [...tensors].sort(([, a], [, b]) => widthOf(b) - widthOf(a));
  const listed: Array<readonly [name: string, value: unknown]> = [];
  if (Object.keys(metadata).length > 0) listed.push([METADATA, metadata]);
  let length = 0;
  for (const [name, tensor] of inOrder) {
    const end = length + tensor.data.byteLength;
    listed.push([name, {dtype: WRITTEN[tensor.dtype], shape: tensor.shape, data_offsets: [length, end]}]);
    length = end;
  }
  const header = headerOf(Object.fromEntries(listed));
  const file = new Uint8Array(PREFIX + header.length + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, PREFIX);
  let offset = PREFIX + header.length;
  for (const [, {data}] of inOrder) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return file;
}

const widthOf = ({dtype}: HostTensor) => DTYPES[WRITTEN[dtype]].bytes;

/** The array that the data of each dtype is in. */
const ARRAYS: Readonly<Record<string, string>> = {
  float32: 'Float32Array',
  int32: 'Int32Array',
  bool: 'Uint8Array',
  complex64: 'Float32Array',
};

function checkText(text: unknown, what: string): void {
  if (typeof text !== 'string') throw new Error(`${what} must be a text; got ${shown(text)}.`);
  if (!isUnicode(text))
    throw new Error(`Names and metadata must be Unicode; ${JSON.stringify(text)} has half of a surrogate pair.`);
}

function check(name: string, tensor: HostTensor): void {
  checkText(name, 'The name of a tensor');
  if (name === METADATA) throw new Error(`No tensor can have the name '${METADATA}'; the format uses it.`);
  const given: unknown = tensor;
  if (typeof given !== 'object' || given === null || ArrayBuffer.isView(given))
    throw new Error(`The tensor '${name}' must be {dtype, shape, data}; got ${shown(given)}.`);
  const {dtype, shape, data} = tensor;
  const array = own(ARRAYS, dtype);
  if (array === undefined)
    throw new Error(
      `The dtype of the tensor '${name}' must be one of ${Object.keys(ARRAYS).join(', ')}; got ${shown(dtype)}.`,
    );
  // By its tag, because it may be of another window.
  if (Object.prototype.toString.call(data) !== `[object ${array}]`)
    throw new Error(
      `The data of the tensor '${name}', of dtype ${dtype}, must be of the class ${array}; got ${shown(data)}.`,
    );
  if (!Array.isArray(shape) || !shape.every(extent => Number.isSafeInteger(extent) && extent >= 0))
    throw new Error(`The shape of the tensor '${name}' must be a list of whole numbers from 0; got ${shown(shape)}.`);
  if (dtype === 'bool' && data.some(x => x > 1))
    throw new Error(`The tensor '${name}' of dtype bool must have 0 and 1 only; got ${data.find(x => x > 1)}.`);
  const bytes = sizeOf(shape) * widthOf(tensor);
  if (data.byteLength !== bytes)
    throw new Error(
      `The tensor '${name}' of shape [${shape}] and type ${dtype} must have ${bytes} bytes; it has ` +
        `${data.byteLength}.`,
    );
}

/** The header as JSON, with spaces up to a multiple of eight bytes. */
function headerOf(listed: object): Uint8Array {
  const bytes = new TextEncoder().encode(JSON.stringify(listed));
  const header = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(32);
  if (header.length > LONGEST_HEADER)
    // Unreachable: a test would need names of 100 MB.
    throw new Error(`A header can have at most ${LONGEST_HEADER} bytes; this one would have ${header.length}.`);
  header.set(bytes);
  return header;
}
