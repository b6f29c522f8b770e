import type {Scalar} from '../rule/declaration';
import {unknownHyper} from '../rule/hypers';
import type {Ranges} from '../rule/range';
import {at} from '../util/at';
import {checkWhole} from './options';
import {
  checkSchedules,
  isPolicy,
  numberFor,
  type Schedule,
  type SchedulePolicy,
  type Schedules,
  spreadSchedule,
} from './schedule';

/** The schedule of one hyper, with the hyper's values from before. */
export interface ScheduledHyper {
  readonly name: string;
  readonly schedule: Schedule<readonly number[]>;
  /** The value of each group before the schedule started. */
  readonly before: readonly number[];
  /**
   * Whether the value stays when training ends. Absent where the schedule was not set by a callback of `fit`.
   */
  readonly keep?: boolean;
  /** The indices of the groups whose value was set since. The schedule does not change these. Absent: none. */
  readonly released?: readonly number[];
}

/** The part of an optimizer's schedules that is saved. */
export interface ScheduleState {
  /** The number of steps of the schedules. */
  readonly steps: number;
  /** The number of steps made so far. */
  readonly step: number;
  /** The hypers that move. */
  readonly hypers: readonly ScheduledHyper[];
  /** Only in a partition: the schedules of each part. Then `hypers` is empty. */
  readonly parts?: ReadonlyArray<ScheduleState | undefined>;
}

/** How long schedules are. */
export interface ScheduleLength {
  /** The number of steps that the schedules take, a whole number from 1. */
  readonly steps: number;
  /** The number of steps already made, a whole number from 0. Default 0. */
  readonly step?: number;
}

/**
 * The schedules for groups with these hypers.
 * @param ranges the ranges of the hypers.
 * @throws for schedules that are not valid, an unknown hyper, a value that a hyper can't have, or steps that are not
 *   whole numbers.
 */
export function scheduleState(
  schedules: Schedules | SchedulePolicy,
  groups: ReadonlyArray<Readonly<Record<string, Scalar>>>,
  length: ScheduleLength,
  ranges: Ranges,
): ScheduleState {
  // In JavaScript, `length` may be left out. Then the error below says that `steps` is missing.
  const {steps, step = 0}: ScheduleLength = {...length};
  checkWhole('steps', steps, 1);
  checkWhole('step', step, 0);
  checkSchedules(schedules);
  const columns = isPolicy(schedules) ? schedules.schedulesFor(groups.map(hypers => ({...hypers}))) : schedules;
  const known = Object.keys(at(groups, 0));
  const hypers = Object.entries(columns).map(([name, schedule]) => {
    if (!known.includes(name)) throw unknownHyper(name, known);
    return {
      name,
      schedule: spreadSchedule(name, schedule, groups.length, ranges),
      before: groups.map(group => numberFor(name, group[name], ranges)),
    };
  });
  return {steps, step, hypers};
}
