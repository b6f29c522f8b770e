import {at} from '../../util/at';
import {type HostTensor, sizeOf, type TensorFile} from '../tensors/host_tensor';
import {DTYPES} from './dtypes';
import {type Listed, malformed, parseHeader} from './header';

/** The bytes before the header: its length. */
export const PREFIX = 8;
/** The longest header, in bytes, as in the format's own library. */
export const LONGEST_HEADER = 100_000_000;

/**
 * Reads a file of the format safetensors (version 0.8). Each byte of its data must belong to exactly one tensor.
 *
 * F32, I32, BOOL and C64 are read as they are. F64, F16 and BF16 become float32, and other integers int32. A number
 * beyond the range of its new type is an error. Types of eight bits or less for floating-point numbers can't be read.
 * @param bytes the whole file. The tensors are copies, so it can be changed afterwards.
 * @throws where the file is damaged, or a tensor can't be read; the message says which and why.
 * @example
 * ```ts
 * import {readSafetensors, writeSafetensors} from 'tfjs-optim/interchange';
 *
 * const bytes = writeSafetensors(new Map([['x', {dtype: 'float32', shape: [2], data: Float32Array.of(1, 2)}]]));
 * readSafetensors(bytes).tensors.get('x')?.shape; // → [2]
 * ```
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer): TensorFile {
  const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  if (file.length < PREFIX) malformed(`it must have at least ${PREFIX} bytes; it has ${file.length}`);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER)
    malformed(`its header must have at most ${LONGEST_HEADER} bytes; it says that it has ${length}`);
  if (PREFIX + length > file.length)
    malformed(`it says that its header has ${length} bytes, but ${file.length - PREFIX} follow`);
  const {listed, metadata} = parseHeader(textOf(file.subarray(PREFIX, PREFIX + length)));
  const data = file.subarray(PREFIX + length);
  const inOrder = [...listed].sort((a, b) => begin(a) - begin(b) || end(a) - end(b));
  checkOffsets(inOrder, data.length);
  return {tensors: new Map(inOrder.map(one => [one.name, read(one, data)])), metadata};
}

const begin = ({offsets}: Listed) => at(offsets, 0);
const end = ({offsets}: Listed) => at(offsets, 1);

function textOf(header: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(header);
  } catch {
    return malformed('its header is not UTF-8');
  }
}

function checkOffsets(inOrder: readonly Listed[], length: number): void {
  let before = 0;
  for (const one of inOrder) {
    const what = `the data of '${one.name}'`;
    if (begin(one) < before) malformed(`${what} begins at ${begin(one)}, inside of the tensor before it`);
    if (begin(one) > before) malformed(`${what} begins at ${begin(one)}; the tensor before it ends at ${before}`);
    if (end(one) < begin(one)) malformed(`${what} begins at ${begin(one)} and ends at ${end(one)}`);
    if (end(one) > length) malformed(`${what} ends at ${end(one)}; the data has ${length} bytes`);
    before = end(one);
  }
  if (before !== length) malformed(`its tensors have ${before} bytes; ${length} follow the header`);
}

function read(one: Listed, data: Uint8Array): HostTensor {
  const {name, shape} = one;
  const dtype = DTYPES.get(one.dtype);
  if (dtype === undefined)
    throw new Error(
      `The tensor '${name}' has the dtype ${one.dtype}, which can't be read. Write it as F32; the dtypes that can be ` +
        `read are ${[...DTYPES.keys()].join(', ')}.`,
    );
  const needed = sizeOf(shape) * dtype.bytes;
  if (!Number.isSafeInteger(needed)) malformed(`the tensor '${name}' has the shape [${shape}], which is too large`);
  if (end(one) - begin(one) !== needed)
    malformed(
      `the tensor '${name}' of shape [${shape}] and dtype ${one.dtype} must have ${needed} bytes; it has ` +
        `${end(one) - begin(one)}`,
    );
  try {
    // The copy is aligned; the file's data need not be.
    return dtype.read(new Uint8Array(data.subarray(begin(one), end(one))).buffer, shape);
  } catch (error) {
    if (error instanceof RangeError)
      throw new Error(`The tensor '${name}' can't be read: ${error.message}.`, {cause: error});
    // Unreachable: lengths and dtypes were checked, so only memory can lack.
    throw error;
  }
}
