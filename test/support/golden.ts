import type {GoldenArgument, GoldenFile, GoldenNumber, GoldenNumbers, OptimCase} from './golden_files.mjs';
import * as files from './golden_files.mjs';

export * from './golden_files.mjs';

/** Trajectories by file name: golden/optim_<name>.json. */
export const optimFiles: Readonly<Record<string, GoldenFile<OptimCase>>> = {
  adam: files.adam,
  custom: files.custom,
  lamb: files.lamb,
  larc: files.larc,
  lookahead: files.lookahead,
  qhadam: files.qhadam,
  radam: files.radam,
  ranger: files.ranger,
  rmsprop: files.rmsprop,
  sgd: files.sgd,
};

const WORDS = {nan: NaN, inf: Infinity, '-inf': -Infinity};

export function number(value: GoldenNumber): number {
  return typeof value === 'number' ? value : WORDS[value];
}

export function numbers(values: GoldenNumbers): number[] {
  return values.map(number);
}

/** A Python argument in JavaScript: a numpy array becomes a typed array, a slice the result of `slice`. */
export function argument<S>(
  value: GoldenArgument,
  slice: (start: number | null, end: number) => S,
): number | boolean | null | readonly number[] | Float64Array | S {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number' || typeof value === 'string') return number(value);
  if ('$slice' in value) return slice(...value.$slice);
  if ('$array' in value) return Float64Array.from(value.$array);
  if ('$tuple' in value) return value.$tuple;
  return value;
}
