import type {Scalar} from './declaration';

/** A spread of values over the parameter groups; made by `slice`. */
export interface Slice {
  /** Distinguishes it from a list. */
  readonly kind: 'slice';
  /** The value of the first group, positive. Without it, all groups but the last get `end/10`. */
  readonly start?: number;
  /** The value of the last group, positive. */
  readonly end: number;
}

/**
 * A hyper's value for all groups: one value for all, a list with one value per group, or a spread over the groups. A
 * list of one number counts for all groups.
 */
export type HyperValue = Scalar | readonly Scalar[] | Float32Array | Float64Array | Slice;

/**
 * Spreads a hyper over n groups. The last group gets `end`.
 * - `slice(start, end)`: `start·(end/start)^(i/(n-1))` in group i; with one group, `end`.
 * - `slice(end)`: `end/10` in all groups but the last. `slice(0, end)` is the same.
 * @throws where a value is not finite or not positive.
 * @example
 * ```ts
 * model.compile({optimizer: adam(slice(1e-5, 1e-3), {params: [body, head]}), loss: 'meanSquaredError'});
 * scheduleAt(constant(slice(1e-5, 1e-3)), 0, 3); // → [1e-5, 1e-4, 1e-3]
 * ```
 */
export function slice(...bounds: readonly [end: number] | readonly [start: number, end: number]): Slice {
  const [first, second] = bounds;
  const end = second ?? first;
  const start = second === undefined || first === 0 ? undefined : first;
  for (const value of start === undefined ? [end] : [start, end]) {
    if (!Number.isFinite(value) || value <= 0)
      throw new Error(`slice spreads values logarithmically, so they must be positive; got ${bounds}.`);
  }
  return start === undefined ? {kind: 'slice', end} : {kind: 'slice', start, end};
}

/**
 * One value for each of n groups.
 * @throws where a list does not fit the groups.
 */
export function spread(name: string, value: HyperValue, n: number): Scalar[] {
  if (isSlice(value)) return Array.from({length: n}, (_, i) => spreadSlice(value, i, n));
  // Anything else counts as one value. The check of the hyper rejects what is not a number.
  if (!isList(value)) return new Array<Scalar>(n).fill(value);
  const values: Scalar[] = Array.from<Scalar>(value);
  const [only] = values;
  // As in fastai: a list of one number counts for all groups, but a typed array of one number does not.
  if (Array.isArray(value) && values.length === 1 && only !== undefined) return new Array<Scalar>(n).fill(only);
  if (values.length !== n)
    throw new Error(`Trying to set ${values.length} values for ${name} but there are ${n} parameter groups.`);
  return values;
}

/** Whether a hyper's value was made by `slice`. */
export function isSlice(value: unknown): value is Slice {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'slice';
}

function isList(value: HyperValue): value is readonly Scalar[] | Float32Array | Float64Array {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function spreadSlice({start, end}: Slice, i: number, n: number): number {
  if (i === n - 1) return end;
  return start === undefined ? end / 10 : start * (end / start) ** (i / (n - 1));
}
