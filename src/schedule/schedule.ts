import {checkHyper} from '../rule/hypers';
import type {Ranges} from '../rule/range';
import {type HyperValue, spread} from '../rule/slice';
import {at} from '../util/at';
import {checkPositive, checkWhole} from '../util/options';
import {isPlain, shown} from '../util/shown';
import {checkPosition, checkShares, type Ease, easeCos, easeExp, easeLin, easeNo, easePoly, partAt} from './functions';
import type {Span} from './span';

/** A schedule from one value to another. */
export interface SimpleSchedule<V = HyperValue> {
  /** How to compute the values in between: as `schedLin`, `schedCos`, `schedNo`, `schedExp` or `schedPoly` do. */
  readonly kind: 'lin' | 'cos' | 'no' | 'exp' | 'poly';
  /** The value at position 0. */
  readonly start: V;
  /** The value at position 1. */
  readonly end: V;
  /** The exponent; only of `poly`. */
  readonly power?: number;
}

/** One schedule after another. */
export interface CombinedSchedule<V = HyperValue> {
  /** Distinguishes it from a `SimpleSchedule`. */
  readonly kind: 'combined';
  /** The share of each part, from 0 to 1. The shares add up to 1. */
  readonly pcts: readonly number[];
  /** The schedules, in order. */
  readonly parts: ReadonlyArray<Schedule<V>>;
}

/**
 * A schedule as data, so that it can be saved. V is the type of its values: as a user gives them, or one number per
 * group where the groups are known.
 */
export type Schedule<V = HyperValue> = SimpleSchedule<V> | CombinedSchedule<V>;
/** The schedules of an optimizer, by hyper. */
export type Schedules = Readonly<Record<string, Schedule>>;

/** Makes schedules for an optimizer from its hypers. */
export interface SchedulePolicy {
  /** Returns the schedules by hyper. @param hypers the hypers of each group. */
  schedulesFor(hypers: ReadonlyArray<Readonly<Record<string, number | boolean>>>): Schedules;
  /** Whether it moves `mom` by values of its own, and not of the user. A part of a partition can decline these. */
  readonly ownMoms?: boolean;
  /** The seconds that it takes in `fit`. Undefined where it is by steps there. */
  readonly seconds?: number | undefined;
}

/** Whether it is a policy: it makes schedules from the optimizer's hypers. */
export function isPolicy(schedules: Schedules | SchedulePolicy): schedules is SchedulePolicy {
  return 'schedulesFor' in schedules && typeof schedules.schedulesFor === 'function';
}

/** @throws where a policy was made for a time, and is to take another length. */
export function checkLength(schedules: Schedules | SchedulePolicy, {seconds}: Span): void {
  if (!isPolicy(schedules) || schedules.seconds === undefined || schedules.seconds === seconds) return;
  throw new Error(
    `The schedule takes ${schedules.seconds} seconds, but setSchedule got another length. ` +
      'Give it to setSchedule only: setSchedule(oneCycle(), {minutes: 5}).',
  );
}

/** @throws where it is neither a policy nor schedules by hyper, or has none. */
export function checkSchedules(schedules: unknown): void {
  if (isSchedule(schedules))
    throw new Error(
      'Schedules must be given by hyper; got one schedule. Write {lr: cos(1e-3, 1e-5)}, with the name of the hyper.',
    );
  const isGiven = isPlain(schedules)
    ? Object.keys(schedules).length > 0
    : typeof schedules === 'object' && schedules !== null && 'schedulesFor' in schedules;
  if (!isGiven)
    throw new Error(`Schedules must be given by hyper, as in {lr: cos(1e-3, 1e-5)}; got ${shown(schedules)}.`);
}

/**
 * The value of a schedule for each of n groups.
 * @param pos from 0 (the start) to 1 (the end).
 * @param groups the number of groups, a whole number from 1. Default 1.
 * @throws where a list does not fit the groups, and for a position that is not from 0 to 1.
 * @formula `schedule(pos)`, one value per group
 * @example
 * ```ts
 * scheduleAt(lin([1, 10], 0), 0.5, 2); // → [0.5, 5]
 * ```
 */
export function scheduleAt(schedule: Schedule, pos: number, groups = 1): number[] {
  checkWhole('groups', groups, 1);
  checkPosition(pos);
  return valuesAt(spreadSchedule('value', schedule, groups), pos);
}

/**
 * The schedule with one number per group, for n groups.
 * @param ranges the ranges of hypers. Default: those of their names.
 * @throws where a value is not one that the hyper can have, or a list does not fit the groups.
 */
export function spreadSchedule(
  name: string,
  schedule: Schedule,
  n: number,
  ranges?: Ranges,
): Schedule<readonly number[]> {
  checkIsSchedule(name, schedule);
  if (schedule.kind === 'combined') {
    checkShares(schedule.pcts, schedule.parts);
    return {...schedule, parts: schedule.parts.map(part => spreadSchedule(name, part, n, ranges))};
  }
  const {kind, power} = schedule;
  const ofGroups = (value: HyperValue) => spread(name, value, n).map(entry => numberFor(name, entry, ranges));
  const [start, end] = [ofGroups(schedule.start), ofGroups(schedule.end)];
  if (kind === 'exp' && ![...start, ...end].every(value => value > 0))
    throw new Error(
      `The values of an exponential schedule must be positive; that of '${name}' goes from ${start} to ${end}.`,
    );
  if (kind !== 'no' && ranges?.get(name)?.some(({whole}) => whole))
    throw new Error(`'${name}' must be a whole number; schedule it by constant and combine only.`);
  if (power !== undefined) checkPositive('power', power);
  return power === undefined ? {kind, start, end} : {kind, start, end, power};
}

/** The value of each group at a position. */
export function valuesAt(schedule: Schedule<readonly number[]>, pos: number): number[] {
  if (schedule.kind === 'combined') {
    const {index, within} = partAt(schedule.pcts, pos);
    return valuesAt(at(schedule.parts, index), within);
  }
  const {start, end} = schedule;
  const ease = easeOf(schedule);
  return start.map((value, i) => ease(value, at(end, i), pos));
}

function isSchedule(x: unknown): boolean {
  return typeof x === 'object' && x !== null && 'kind' in x && typeof x.kind === 'string' && KINDS.includes(x.kind);
}

function checkIsSchedule(name: string, x: unknown): void {
  if (isSchedule(x)) return;
  throw new Error(
    `The schedule of '${name}' must be made with lin, cos, exp, poly, constant or combine; got ${shown(x)}.`,
  );
}

const EASES = {lin: easeLin, cos: easeCos, no: easeNo, exp: easeExp} as const;
const KINDS = [...Object.keys(EASES), 'poly', 'combined'];

function easeOf({kind, power = 1}: SimpleSchedule<readonly number[]>): Ease {
  return kind === 'poly' ? easePoly(power) : EASES[kind];
}

/** @throws where the value is not a number that the hyper can have. */
export function numberFor(name: string, value: unknown, ranges?: Ranges): number {
  checkHyper(name, value, value, ranges);
  if (typeof value !== 'number') throw new Error(`The schedule of '${name}' needs a number; got ${shown(value)}.`);
  return value;
}
