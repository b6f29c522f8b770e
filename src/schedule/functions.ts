import {checkPositive} from './options';

/** One value for all parameter groups, or one a group. */
export type OneOrMany = number | readonly number[];

/** From a position in [0, 1] to a value. */
export type ScheduleFunction<V extends OneOrMany> = (pos: number) => V;

/** Makes a schedule between two values, or between two lists with a value for each parameter group. */
export interface Sched {
  (start: number, end: number): ScheduleFunction<number>;
  (start: readonly number[], end: readonly number[]): ScheduleFunction<number[]>;
}

/** What lies between a start and an end at a position. */
export type Ease = (start: number, end: number, pos: number) => number;

export const easeLin: Ease = (start, end, pos) => start + pos * (end - start);
export const easeCos: Ease = (start, end, pos) => start + ((1 + Math.cos(Math.PI * (1 - pos))) * (end - start)) / 2;
export const easeNo: Ease = start => start;
export const easeExp: Ease = (start, end, pos) => start * (end / start) ** pos;
export const easePoly =
  (power: number): Ease =>
  (start, end, pos) =>
    start + (end - start) * pos ** power;

/** Linear: `start + pos·(end - start)`. */
export const schedLin = /* @__PURE__ */ sched(easeLin);

/** Half a cosine: `start + (1 + cos(π·(1 - pos)))·(end - start)/2`. Source: Loshchilov & Hutter, SGDR, 2017. */
export const schedCos = /* @__PURE__ */ sched(easeCos);

/** Stays at `start`. */
export const schedNo = /* @__PURE__ */ sched(easeNo);

/** Exponential: `start·(end/start)^pos`. Both must be positive, or both negative. */
export const schedExp = /* @__PURE__ */ sched(easeExp, (start, end) => {
  if (!(start * end > 0))
    throw new Error(`schedExp goes between two values of one sign that are not 0; got ${start} and ${end}.`);
});

/** Polynomial: `start + (end - start)·pos^power`. `power` is positive. */
export function schedPoly(start: number, end: number, power: number): ScheduleFunction<number>;
export function schedPoly(start: readonly number[], end: readonly number[], power: number): ScheduleFunction<number[]>;
export function schedPoly(start: OneOrMany, end: OneOrMany, power: number): ScheduleFunction<OneOrMany> {
  checkPositive('power', power);
  return between(easePoly(power), start, end);
}

/**
 * One schedule after another: at each position the last one whose start has been reached, at its own position.
 * @param pcts the share of each; none negative, their sum 1.
 * @throws where the shares are not such, or not as many as the schedules.
 */
export function combineScheds<V extends OneOrMany>(
  pcts: readonly number[],
  scheds: ReadonlyArray<ScheduleFunction<V>>,
): ScheduleFunction<V> {
  checkShares(pcts, scheds.length);
  for (const part of scheds)
    if (typeof part !== 'function')
      throw new Error(`combineScheds takes functions, such as schedCos(0, 1); got ${String(part)}.`);
  return pos => {
    const {index, within} = partAt(pcts, pos);
    const part = scheds[index];
    if (part === undefined) throw new Error('combineScheds needs one schedule at least.');
    return part(within);
  };
}

/** Half a cosine from `start` to `middle` until `pct`, then one from there to `end`. */
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

/**
 * @throws where the shares of a combination are not as many as its parts, or don't add up to 1, or one is negative.
 */
export function checkShares(pcts: readonly number[], parts: number): void {
  const sum = pcts.reduce((a, b) => a + b, 0);
  if (pcts.length === parts && pcts.every(pct => pct >= 0) && Math.abs(sum - 1) < 1e-6) return;
  throw new Error(
    `A combined schedule needs a share for each of its ${parts} parts, none negative, that add up to 1; got ${pcts}, which add up to ${sum}.`,
  );
}

// Shares such as 1/7 add up to a bit more or less than the position of the batch that a part starts at.
const ROUNDING = 1e-9;

/** The part of a combined schedule at a position, and the position within it. */
export function partAt(pcts: readonly number[], pos: number): {index: number; within: number} {
  let start = 0;
  let index = 0;
  for (let next = pcts[0] ?? 1; index < pcts.length - 1 && pos >= next - ROUNDING; next += pcts[index] ?? 1) {
    start = next;
    index++;
  }
  const share = pcts[index] ?? 1;
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
  const [starts, ends] = [listOf(start), listOf(end)];
  checkEnds([...starts, ...ends]);
  if (typeof start === 'number' && typeof end === 'number') {
    check?.(start, end);
    return pos => ease(start, end, pos);
  }
  if (starts.length !== ends.length)
    throw new Error(
      `A schedule goes between as many values as it starts with: ${starts.length} values at the start, ${ends.length} at the end.`,
    );
  const pairs = starts.map((value, i) => ({from: value, to: ends[i] ?? value}));
  for (const {from, to} of pairs) check?.(from, to);
  return pos => pairs.map(({from, to}) => ease(from, to, pos));
}

function listOf(values: OneOrMany): readonly number[] {
  return typeof values === 'object' ? values : [values];
}

function checkEnds(ends: readonly unknown[]): void {
  for (const end of ends)
    if (typeof end !== 'number' || !Number.isFinite(end))
      throw new Error(`A schedule goes between finite numbers; got ${String(end)}.`);
}
