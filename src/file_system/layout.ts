import {createHash} from 'node:crypto';

export const MODEL = 'model.json';
export const WEIGHTS = 'weights.bin';
/** The suffix of a file that is being written. */
export const UNFINISHED = '.tmp';
/** The key in model.json of the SHA-256 of its weights. Other readers ignore it. */
export const CHECKSUM = 'weightsSha256';

/** The most bytes that are read, written or hashed at once, because Node's functions are limited to 2 GiB. */
export const PIECE = 2 ** 24;

/** Consecutive views of the bytes, each of at most `PIECE` bytes. */
export function piecesOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({length: Math.ceil(bytes.length / PIECE)}, (_, i) => bytes.subarray(i * PIECE, (i + 1) * PIECE));
}

/** The SHA-256 of the concatenated buffers, in hexadecimal. */
export function checksumOf(buffers: readonly ArrayBuffer[]): string {
  const hash = createHash('sha256');
  for (const buffer of buffers) for (const piece of piecesOf(new Uint8Array(buffer))) hash.update(piece);
  return hash.digest('hex');
}
