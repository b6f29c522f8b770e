import {at} from '../util/at';
import {listOf} from '../util/iterable';
import {checkPositive} from '../util/options';
import {shown} from '../util/shown';

/** One value for all parameter groups, or one per group. */
type OneOrMany = number | readonly number[];

/** Returns the value at a position, from 0 (the start) to 1 (the end). It throws for any other position. */
export type ScheduleFunction<V extends OneOrMany> = (pos: number) => V;

/** Makes a schedule between two values, or between two lists with one value per parameter group. */
export interface Sched {
  (start: number, end: number): ScheduleFunction<number>;
  (start: readonly number[], end: readonly number[]): ScheduleFunction<number[]>;
}

/** Returns the value between a start and an end at a position from 0 to 1. */
export type Ease = (start: number, end: number, pos: number) => number;

export const easeLin: Ease = (start, end, pos) => start + pos * (end - start);
export const easeCos: Ease = (start, end, pos) => start + ((1 + Math.cos(Math.PI * (1 - pos))) * (end - start)) / 2;
export const easeNo: Ease = start => start;
export const easeExp: Ease = (start, end, pos) => start * (end / start) ** pos;
export const easePoly =
  (power: number): Ease =>
  (start, end, pos) =>
    start + (end - start) * pos ** power;

/**
 * Linear: `start + pos·(end - start)`.
 * @example
 * ```ts
 * schedLin(1, 0)(0.25); // → 0.75
 * ```
 */
export const schedLin = /* @__PURE__ */ sched(easeLin);

/**
 * Half a cosine: `start + (1 + cos(π·(1 - pos)))·(end - start)/2`. Source: Loshchilov & Hutter, SGDR, 2017.
 * @example
 * ```ts
 * schedCos(1, 0)(0.5); // → 0.5
 * ```
 */
export const schedCos = /* @__PURE__ */ sched(easeCos);

/**
 * Stays at `start`.
 * @formula `start`
 * @example
 * ```ts
 * schedNo(1, 0)(0.5); // → 1
 * ```
 */
export const schedNo = /* @__PURE__ */ sched(easeNo);

/**
 * Exponential: `start·(end/start)^pos`. Both values must be positive, or both negative; otherwise it throws.
 * @example
 * ```ts
 * schedExp(1, 0.01)(0.5); // → 0.1
 * ```
 */
export const schedExp = /* @__PURE__ */ sched(easeExp, (start, end) => {
  if (!(start * end > 0))
    throw new Error(`schedExp needs two values of the same sign, not 0; got ${start} and ${end}.`);
});

/**
 * Polynomial: `start + (end - start)·pos^power`.
 * @throws where `power` is not positive.
 * @example
 * ```ts
 * schedPoly(1, 0, 2)(0.5); // → 0.75
 * ```
 */
export function schedPoly(start: number, end: number, power: number): ScheduleFunction<number>;
export function schedPoly(start: readonly number[], end: readonly number[], power: number): ScheduleFunction<number[]>;
export function schedPoly(start: OneOrMany, end: OneOrMany, power: number): ScheduleFunction<OneOrMany> {
  checkPositive('power', power);
  return between(easePoly(power), start, end);
}

/**
 * One schedule after another. At each position, the last schedule whose start is reached gives the value, at the
 * position within its share.
 * @param pcts the share of each schedule: not negative, and 1 in sum.
 * @throws where the shares are not valid, or their number is not that of the schedules.
 * @formula `part(pos)`, where part is the last one whose start is reached, and pos goes from 0 to 1 within it
 * @example
 * ```ts
 * combineScheds([0.5, 0.5], [schedLin(0, 1), schedLin(1, 0)])(0.75); // → 0.5
 * ```
 */
export function combineScheds<V extends OneOrMany>(
  pcts: readonly number[],
  scheds: ReadonlyArray<ScheduleFunction<V>>,
): ScheduleFunction<V> {
  checkShares(pcts, scheds);
  for (const part of scheds)
    if (typeof part !== 'function')
      throw new Error(`combineScheds takes functions, such as schedCos(0, 1); got ${shown(part)}.`);
  return pos => {
    checkPosition(pos);
    const {index, within} = partAt(pcts, pos);
    // The shares may be a bit less than 1 in sum.
    return at(scheds, index)(Math.min(within, 1 + ROUNDING));
  };
}

/**
 * Half a cosine from `start` to `middle` up to position `pct`, then another one from `middle` to `end`.
 * @formula `a + (1 + cos(π·(1 - q)))·(b - a)/2` from a to b, at the position q within each half
 * @example
 * ```ts
 * combinedCos(0.25, 0.1, 1, 0)(0.25); // → 1
 * ```
 */
export function combinedCos(pct: number, start: number, middle: number, end: number): ScheduleFunction<number>;
export function combinedCos(
  pct: number,
  start: readonly number[],
  middle: readonly number[],
  end: readonly number[],
): ScheduleFunction<number[]>;
export function combinedCos(
  pct: number,
  start: OneOrMany,
  middle: OneOrMany,
  end: OneOrMany,
): ScheduleFunction<OneOrMany> {
  return combineScheds([pct, 1 - pct], [between(easeCos, start, middle), between(easeCos, middle, end)]);
}

/** @throws where the number of shares is not that of the parts, a share is negative, or their sum is not 1. */
export function checkShares(pcts: readonly number[], parts: readonly unknown[]): void {
  const given: unknown = pcts;
  const isList = Array.isArray(parts);
  if (!isList || !Array.isArray(given) || !given.every(pct => typeof pct === 'number'))
    throw new Error(
      'A combined schedule takes the shares of its parts first, as in combine([0.25, 0.75], [lin(0, 1), cos(1, 0)]); ' +
        `got ${shown(given)}${isList ? '' : ` and ${shown(parts)}`}.`,
    );
  const sum = pcts.reduce((a, b) => a + b, 0);
  if (pcts.length === parts.length && pcts.every(pct => pct >= 0) && Math.abs(sum - 1) < 1e-6) return;
  throw new Error(
    `A combined schedule needs a share, from 0, for each of its ${parts.length} parts, and their sum must be 1; ` +
      `got the shares ${pcts}, with the sum ${sum}.`,
  );
}

// A sum of shares such as 1/7 may differ, by rounding, from the position of the batch at which a part starts.
const ROUNDING = 1e-9;

/** @throws where a position is not a number from 0 to 1. Rounding may make it a bit more. */
export function checkPosition(pos: unknown): void {
  if (!(typeof pos === 'number' && pos >= 0 && pos <= 1 + ROUNDING))
    throw new Error(`A schedule takes a position, a number from 0 to 1; got ${shown(pos)}.`);
}

/** The part of a combined schedule at a position, and the position within it. */
export function partAt(pcts: readonly number[], pos: number): {index: number; within: number} {
  let start = 0;
  let index = 0;
  let share = at(pcts, 0);
  while (index < pcts.length - 1 && pos >= start + share - ROUNDING) {
    start += share;
    index++;
    share = at(pcts, index);
  }
  return {index, within: share === 0 ? 1 : Math.max(0, (pos - start) / share)};
}

function sched(ease: Ease, check?: (start: number, end: number) => void): Sched {
  function make(start: number, end: number): ScheduleFunction<number>;
  function make(start: readonly number[], end: readonly number[]): ScheduleFunction<number[]>;
  function make(start: OneOrMany, end: OneOrMany): ScheduleFunction<OneOrMany> {
    return between(ease, start, end, check);
  }
  return make;
}

function between(
  ease: Ease,
  start: OneOrMany,
  end: OneOrMany,
  check?: (start: number, end: number) => void,
): ScheduleFunction<OneOrMany> {
  const [starts, ends] = [listOf<number>(start), listOf<number>(end)];
  checkEnds([...starts, ...ends]);
  if (typeof start === 'number' && typeof end === 'number') {
    check?.(start, end);
    return pos => {
      checkPosition(pos);
      return ease(start, end, pos);
    };
  }
  if (starts.length !== ends.length)
    throw new Error(
      `A schedule needs as many values at its end as at its start; got ${starts.length} at the start and ` +
        `${ends.length} at the end.`,
    );
  const pairs = starts.map((value, i) => ({from: value, to: at(ends, i)}));
  for (const {from, to} of pairs) check?.(from, to);
  return pos => {
    checkPosition(pos);
    return pairs.map(({from, to}) => ease(from, to, pos));
  };
}

function checkEnds(ends: readonly unknown[]): void {
  for (const end of ends)
    if (typeof end !== 'number' || !Number.isFinite(end))
      throw new Error(`A schedule needs finite numbers; got ${shown(end)}.`);
}
