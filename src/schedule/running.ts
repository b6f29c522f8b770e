import type {Scalar} from '../rule/declaration';
import {unknownHyper} from '../rule/hypers';
import type {Ranges} from '../rule/range';
import {at} from '../util/at';
import {
  checkLength,
  checkSchedules,
  isPolicy,
  numberFor,
  type Schedule,
  type SchedulePolicy,
  type Schedules,
  spreadSchedule,
} from './schedule';
import {type ScheduleLength, type Span, spanOf} from './span';

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

/**
 * The part of an optimizer's schedules that is saved. Their length is in steps, with the steps made so far, or in
 * seconds of training, with the seconds spent so far.
 */
export type ScheduleState = Span & {
  /** The hypers that move. */
  readonly hypers: readonly ScheduledHyper[];
  /** Only in a partition: the schedules of each part. Then `hypers` is empty. */
  readonly parts?: ReadonlyArray<ScheduleState | undefined>;
};

/**
 * The schedules for groups with these hypers.
 * @param ranges the ranges of the hypers.
 * @throws for schedules that are not valid, an unknown hyper, a value that a hyper can't have, or a length that is not
 *   valid.
 */
export function scheduleState(
  schedules: Schedules | SchedulePolicy,
  groups: ReadonlyArray<Readonly<Record<string, Scalar>>>,
  length: ScheduleLength,
  ranges: Ranges,
): ScheduleState {
  const span = spanOf(length);
  checkSchedules(schedules);
  checkLength(schedules, span);
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
  return {...span, hypers};
}
