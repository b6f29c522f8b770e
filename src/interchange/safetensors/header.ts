import {isDict} from '../../util/config_reader';
import {shown} from '../../util/shown';

/** A tensor as the header lists it. */
export interface Listed {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its data begins, from the end of the header. */
  readonly begin: number;
  /** Where its data ends. */
  readonly end: number;
}

export interface Header {
  readonly listed: readonly Listed[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The key of the header under which metadata is. */
export const METADATA = '__metadata__';
const KEYS = ['dtype', 'shape', 'data_offsets'];

/** A text in JSON. A key has a colon after it. */
const TEXT = /("(?:[^"\\]|\\.)*")\s*(:?)/g;

/** @throws that a file is damaged, or not of this format. */
export function malformed(why: string): never {
  throw new Error(`This is not a valid safetensors file: ${why}.`);
}

/** Whether UTF-8 can have a text. */
export const isUnicode = (text: string) => !/\p{Surrogate}/u.test(text);

/** @throws where the text is not a header of the format. */
export function parseHeader(text: string): Header {
  const header = objectIn(text);
  const {[METADATA]: metadata = {}, ...tensors} = header;
  if (!isTexts(metadata)) malformed(`its metadata must be texts by name; it has ${shown(metadata)}`);
  // JSON has other words and numbers too, which `JSON.parse` would round.
  const [other] = /[^\s\d{}[\],]+/.exec(text.replace(TEXT, '')) ?? [];
  if (other !== undefined) malformed(`its header must have texts and whole numbers from 0 only; it has ${other}`);
  const listed = Object.entries(tensors).map(([name, entry]) => tensor(name, entry));
  checkTexts(text, [...Object.keys(header), ...Object.keys(metadata), ...listed.flatMap(() => KEYS)]);
  return {listed, metadata};
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    malformed(`its header is not JSON (${String(error)})`);
  }
  // The format allows no space before it.
  return text.startsWith('{') && isDict(value)
    ? value
    : malformed("its header must be an object that begins with '{'");
}

function tensor(name: string, entry: unknown): Listed {
  const {dtype, shape, data_offsets: offsets, ...others} = isDict(entry) ? entry : {};
  if (isSizes(shape) && isSizes(offsets) && typeof dtype === 'string' && Object.keys(others).length === 0) {
    const [begin, end, more] = offsets;
    if (begin !== undefined && end !== undefined && more === undefined) return {name, dtype, shape, begin, end};
  }
  return malformed(
    `the tensor '${name}' must have dtype, a text; shape and two data_offsets, numbers below 2^53; and nothing else. ` +
      `It has ${shown(entry)}`,
  );
}

/** @throws for names that are there twice, of which `JSON.parse` knows one only, and for texts that are not Unicode. */
function checkTexts(text: string, names: readonly string[]): void {
  const there: string[] = [];
  for (const [, literal = '', colon] of text.matchAll(TEXT)) {
    const value = String(JSON.parse(literal));
    if (!isUnicode(value)) malformed(`its header has the text ${literal}, which is not Unicode`);
    if (colon !== '') there.push(value);
  }
  const known = [...names].sort(tensorsFirst);
  const twice = there.sort(tensorsFirst).find((name, i) => name !== known[i]);
  if (twice !== undefined) malformed(`the header has the name '${twice}' twice`);
}

/** A tensor that is there twice brings its keys twice, too; the error must name the tensor. */
function tensorsFirst(a: string, b: string): number {
  return KEYS.indexOf(a) - KEYS.indexOf(b) || (a < b ? -1 : Number(a > b));
}

function isSizes(x: unknown): x is number[] {
  return Array.isArray(x) && x.every(Number.isSafeInteger);
}

function isTexts(x: unknown): x is Record<string, string> {
  return isDict(x) && Object.values(x).every(value => typeof value === 'string');
}
