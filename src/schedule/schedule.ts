import {checkHyper} from '../rule/hypers';
import {type HyperValue, spread} from '../rule/slice';
import {checkShares, type Ease, easeCos, easeExp, easeLin, easeNo, easePoly, partAt} from './functions';
import {checkPositive, checkWhole} from './options';

/** From one value to another. */
export interface SimpleSchedule<V = HyperValue> {
  /** What lies between, as `schedLin` and its kin compute it. */
  readonly kind: 'lin' | 'cos' | 'no' | 'exp' | 'poly';
  /** The value at position 0. */
  readonly start: V;
  /** The value at position 1. */
  readonly end: V;
  /** Of `poly` alone. */
  readonly power?: number;
}

/** One schedule after another. */
export interface CombinedSchedule<V = HyperValue> {
  /** Tells it from a simple one. */
  readonly kind: 'combined';
  /** The share of the whole that each part takes, from 0 to 1; they add up to 1. */
  readonly pcts: readonly number[];
  /** The schedules, in order. */
  readonly parts: ReadonlyArray<Schedule<V>>;
}

/**
 * A schedule as data, so that it can be saved. V: how values are given; a number for each group once the groups are
 * known.
 */
export type Schedule<V = HyperValue> = SimpleSchedule<V> | CombinedSchedule<V>;
/** The schedules of an optimizer, by hyper. */
export type Schedules = Readonly<Record<string, Schedule>>;

/** Makes schedules for an optimizer from its hypers. */
export interface SchedulePolicy {
  /** The schedules. @param hypers the hypers of each group. */
  schedulesFor(hypers: ReadonlyArray<Readonly<Record<string, number | boolean>>>): Schedules;
}

/** Whether it makes schedules from the hypers that there are. */
export function isPolicy(schedules: Schedules | SchedulePolicy): schedules is SchedulePolicy {
  return 'schedulesFor' in schedules && typeof schedules.schedulesFor === 'function';
}

/** @throws where it is no object, or one schedule by itself. */
export function checkSchedules(schedules: unknown): void {
  if (isSchedule(schedules))
    throw new Error(
      'Schedules are given by hyper; got one schedule. Write {lr: cos(1e-3, 1e-5)}, with the name of the hyper that moves.',
    );
  if (typeof schedules !== 'object' || schedules === null)
    throw new Error(`Schedules are given by hyper, as in {lr: cos(1e-3, 1e-5)}; got ${String(schedules)}.`);
}

/**
 * Linear from `start` to `end`: `start + pos·(end - start)`. Values, here and below: one number, one a group, or a
 * `slice`.
 */
export function lin(start: HyperValue, end: HyperValue): Schedule {
  return {kind: 'lin', start, end};
}

/**
 * Half a cosine from `start` to `end`: `start + (1 + cos(π·(1 - pos)))·(end - start)/2`. Source: Loshchilov & Hutter,
 * SGDR, 2017.
 */
export function cos(start: HyperValue, end: HyperValue): Schedule {
  return {kind: 'cos', start, end};
}

/**
 * Exponential from `start` to `end`: `start·(end/start)^pos`. Both must be positive, which is checked where it is
 * used.
 */
export function exp(start: HyperValue, end: HyperValue): Schedule {
  return {kind: 'exp', start, end};
}

/** Polynomial from `start` to `end`: `start + (end - start)·pos^power`. @throws where `power` is not positive. */
export function poly(start: HyperValue, end: HyperValue, power: number): Schedule {
  checkPositive('power', power);
  return {kind: 'poly', start, end, power};
}

/** Stays at a value. */
export function constant(value: HyperValue): Schedule {
  return {kind: 'no', start: value, end: value};
}

/**
 * One schedule after another.
 * @param pcts the share of each; none negative, their sum 1.
 * @throws where the shares are not such, or not as many as the schedules.
 */
export function combine(pcts: readonly number[], parts: readonly Schedule[]): Schedule {
  checkShares(pcts, parts.length);
  return {kind: 'combined', pcts: [...pcts], parts: [...parts]};
}

/**
 * The value of a schedule for each of n groups.
 * @param pos from 0 (the start) to 1 (the end).
 * @param groups how many groups, 1 by default.
 * @throws where a list does not fit the groups.
 */
export function scheduleAt(schedule: Schedule, pos: number, groups = 1): number[] {
  checkWhole('groups', groups, 1);
  return valuesAt(spreadSchedule('value', schedule, groups), pos);
}

/**
 * The schedule with a number for each of n groups.
 * @throws where a value is not one that the hyper can have, or a list does not fit the groups.
 */
export function spreadSchedule(name: string, schedule: Schedule, n: number): Schedule<readonly number[]> {
  checkIsSchedule(name, schedule);
  if (schedule.kind === 'combined') {
    checkShares(schedule.pcts, schedule.parts.length);
    return {...schedule, parts: schedule.parts.map(part => spreadSchedule(name, part, n))};
  }
  const {kind, power} = schedule;
  const ofGroups = (value: HyperValue) => spread(name, value, n).map(entry => numberFor(name, entry));
  const [start, end] = [ofGroups(schedule.start), ofGroups(schedule.end)];
  if (kind === 'exp' && ![...start, ...end].every(value => value > 0))
    throw new Error(
      `An exponential schedule goes between positive values; that of '${name}' goes from ${start} to ${end}.`,
    );
  if (power !== undefined) checkPositive('power', power);
  return power === undefined ? {kind, start, end} : {kind, start, end, power};
}

/** One value a group. */
export function valuesAt(schedule: Schedule<readonly number[]>, pos: number): number[] {
  if (schedule.kind === 'combined') {
    const {index, within} = partAt(schedule.pcts, pos);
    const part = schedule.parts[index];
    return part === undefined ? [] : valuesAt(part, within);
  }
  const {start, end} = schedule;
  const ease = easeOf(schedule);
  return start.map((value, i) => ease(value, end[i] ?? value, pos));
}

function isSchedule(x: unknown): boolean {
  return typeof x === 'object' && x !== null && 'kind' in x && typeof x.kind === 'string' && KINDS.includes(x.kind);
}

function checkIsSchedule(name: string, x: unknown): void {
  if (isSchedule(x)) return;
  throw new Error(
    `The schedule of '${name}' is one that lin, cos, exp, poly, constant or combine made; got ${String(x)}.`,
  );
}

const EASES = {lin: easeLin, cos: easeCos, no: easeNo, exp: easeExp} as const;
const KINDS = [...Object.keys(EASES), 'poly', 'combined'];

function easeOf({kind, power = 1}: SimpleSchedule<readonly number[]>): Ease {
  return kind === 'poly' ? easePoly(power) : EASES[kind];
}

/** @throws where it is no number that the hyper can have. */
export function numberFor(name: string, value: unknown): number {
  checkHyper(name, value);
  if (typeof value !== 'number') throw new Error(`'${name}' is ${value}; only numbers have a schedule.`);
  return value;
}
