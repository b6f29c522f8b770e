/** Reads a kernel's attributes, which have no types in tfjs, as the types that tfjs's operations document. */
import type {backend_util} from '@tensorflow/tfjs-core';

export type Attributes = Readonly<Record<string, unknown>>;
export type Shape4D = [number, number, number, number];
export type Shape5D = [number, number, number, number, number];
type Pad = 'same' | 'valid' | number | backend_util.ExplicitPadding;
type Rounding = 'floor' | 'round' | 'ceil';

const isNumber = (value: unknown): value is number => typeof value === 'number';

function isNumbers(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every(isNumber);
}

const isPair = (value: unknown): value is [number, number] => isNumbers(value, 2);
const isTriple = (value: unknown): value is [number, number, number] => isNumbers(value, 3);
const isShape4D = (value: unknown): value is Shape4D => isNumbers(value, 4);
const isShape5D = (value: unknown): value is Shape5D => isNumbers(value, 5);

function isPad(value: unknown): value is Pad {
  return (
    value === 'same' ||
    value === 'valid' ||
    isNumber(value) ||
    (Array.isArray(value) && value.length === 4 && value.every(isPair))
  );
}

function unexpected(name: string, value: unknown, expected: string): Error {
  return new Error(`The attribute '${name}' must be ${expected}; got ${JSON.stringify(value)}.`);
}

/** A pair that is given as one number or two. @param missing the default. */
export function pairOf(attrs: Attributes, name: string, missing?: number): [number, number] {
  const value = attrs[name] ?? missing;
  if (isNumber(value)) return [value, value];
  if (isPair(value)) return value;
  throw unexpected(name, value, 'one number or two');
}

export function tripleOf(attrs: Attributes, name: string): [number, number, number] {
  const value = attrs[name];
  if (isNumber(value)) return [value, value, value];
  if (isTriple(value)) return value;
  throw unexpected(name, value, 'one number or three');
}

export function as5D(shape: unknown, name: string): Shape5D {
  if (isShape5D(shape)) return shape;
  throw unexpected(name, shape, 'five numbers');
}

export function shape4DOf(attrs: Attributes, name: string): Shape4D {
  return as4D(attrs[name], name);
}

/** The length of an axis. @throws where the shape has no such axis. */
export function lengthOf(shape: readonly number[], axis: number): number {
  const length = shape[axis];
  if (length === undefined) throw new Error(`A tensor of shape [${shape.join()}] has no axis ${axis}.`);
  return length;
}

export function as4D(shape: unknown, name: string): Shape4D {
  if (isShape4D(shape)) return shape;
  throw unexpected(name, shape, 'four numbers');
}

export function padOf(attrs: Attributes): Pad {
  if (isPad(attrs.pad)) return attrs.pad;
  throw unexpected('pad', attrs.pad, "'same', 'valid', a number or four pairs");
}

/** Padding of volumes. tfjs has no explicit padding of volumes. */
export function volumePadOf({pad}: Attributes): 'same' | 'valid' | number {
  if (pad === 'same' || pad === 'valid' || isNumber(pad)) return pad;
  throw unexpected('pad', pad, "'same', 'valid' or a number");
}

export function roundingOf({dimRoundingMode: value}: Attributes): Rounding | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === 'floor' || value === 'round' || value === 'ceil') return value;
  throw unexpected('dimRoundingMode', value, "'floor', 'round' or 'ceil'");
}

export function dataFormatOf({dataFormat: value = 'NHWC'}: Attributes): 'NHWC' | 'NCHW' {
  if (value === 'NHWC' || value === 'NCHW') return value;
  // tfjs's own words.
  throw new Error(`Unknown dataFormat ${String(value)}`);
}

export function numberOf(attrs: Attributes, name: string): number {
  const value = attrs[name];
  if (isNumber(value)) return value;
  throw unexpected(name, value, 'a number');
}
