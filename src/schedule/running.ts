import type {Scalar} from '../rule/declaration';
import {unknownHyper} from '../rule/hypers';
import {
  checkSchedules,
  isPolicy,
  numberFor,
  type Schedule,
  type SchedulePolicy,
  type Schedules,
  spreadSchedule,
} from './schedule';

/** The schedule of one hyper, with the value that each group had before. */
export interface ScheduledHyper {
  readonly name: string;
  readonly schedule: Schedule<readonly number[]>;
  readonly before: readonly number[];
  /**
   * What a callback of `fit` was told: whether the value stays when training ends. Absent where no callback set the
   * schedule.
   */
  readonly keep?: boolean;
  /** The indices of the groups whose value was set since: the schedule leaves them alone. */
  readonly released?: readonly number[];
}

/** What has to be saved of the schedules of an optimizer. */
export interface ScheduleState {
  /** How many steps they take. */
  readonly steps: number;
  /** How many of them have been made. */
  readonly step: number;
  /** The hypers that move. */
  readonly hypers: readonly ScheduledHyper[];
}

/** How long schedules are. */
export interface ScheduleLength {
  /** How many steps they take, a whole number from 1. */
  readonly steps: number;
  /** How many of them have been made, a whole number from 0. Default 0. */
  readonly step?: number;
}

/**
 * The schedules of these groups, whose hypers they are given.
 * @throws for schedules that are none, an unknown hyper, a value that a hyper can't have, or steps that are no whole
 *   numbers.
 */
export function scheduleState(
  schedules: Schedules | SchedulePolicy,
  groups: ReadonlyArray<Readonly<Record<string, Scalar>>>,
  length: ScheduleLength,
): ScheduleState {
  // So that one that was left out is missing steps.
  const {steps, step = 0}: ScheduleLength = {...length};
  if (!Number.isInteger(steps) || steps < 1)
    throw new Error(`A schedule needs \`steps\`, the whole number of steps that it takes; got ${String(steps)}.`);
  if (!Number.isInteger(step) || step < 0)
    throw new Error(`\`step\` is the number of steps already made, a whole number from 0; got ${String(step)}.`);
  checkSchedules(schedules);
  const columns = isPolicy(schedules) ? schedules.schedulesFor(groups.map(hypers => ({...hypers}))) : schedules;
  const known = Object.keys(groups[0] ?? {});
  const hypers = Object.entries(columns).map(([name, schedule]) => {
    if (!known.includes(name)) throw unknownHyper(name, known);
    return {
      name,
      schedule: spreadSchedule(name, schedule, groups.length),
      before: groups.map(group => numberFor(name, group[name])),
    };
  });
  return {steps, step, hypers};
}
