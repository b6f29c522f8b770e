import {own} from '../../util/own';
import {bytesOf} from '../transfer/arguments';
import {type HostTensor, sizeOf, type TensorFile} from '../transfer/host_tensor';
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
  const file = bytesOf('readSafetensors', bytes);
  if (file.length < PREFIX) malformed(`it must have at least ${PREFIX} bytes; it has ${file.length}`);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER)
    malformed(`its header must have at most ${LONGEST_HEADER} bytes; it says that it has ${length}`);
  if (PREFIX + length > file.length)
    malformed(`it says that its header has ${length} bytes, but ${file.length - PREFIX} follow`);
  const {listed, metadata} = parseHeader(textOf(file.subarray(PREFIX, PREFIX + length)));
  const data = file.subarray(PREFIX + length);
  const inOrder = [...listed].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let before = 0;
  for (const {name, begin, end} of inOrder) {
    if (begin !== before)
      malformed(`the data of '${name}' begins at ${begin}; the tensor before it ends at ${before}`);
    before = end;
  }
  if (before !== data.length) malformed(`its tensors have ${before} bytes; ${data.length} follow the header`);
  return {tensors: new Map(inOrder.map(one => [one.name, read(one, data)])), metadata};
}

function textOf(header: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(header);
  } catch {
    return malformed('its header is not UTF-8');
  }
}

function read({name, dtype: there, shape, begin, end}: Listed, data: Uint8Array): HostTensor {
  const dtype = own(DTYPES, there);
  if (dtype === undefined)
    throw new Error(
      `The tensor '${name}' has the dtype ${there}, which can't be read. Write it as F32; the dtypes that can be ` +
        `read are ${Object.keys(DTYPES).join(', ')}.`,
    );
  const needed = sizeOf(shape) * dtype.bytes;
  if (end - begin !== needed)
    malformed(
      `the tensor '${name}' of shape [${shape}] and dtype ${there} must have ${needed} bytes; it has ${end - begin}`,
    );
  try {
    // The copy is aligned; the file's data need not be.
    return dtype.read(new Uint8Array(data.subarray(begin, end)).buffer, shape);
  } catch (error) {
    if (error instanceof RangeError)
      throw new Error(`The tensor '${name}' can't be read: ${error.message}.`, {cause: error});
    // Unreachable: lengths and dtypes were checked, so only memory can lack.
    throw error;
  }
}
