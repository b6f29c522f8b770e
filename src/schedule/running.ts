import type {Group} from '../groups';
import {unknownHyper} from '../hypers';
import {checkSchedules, isPlan, numberFor, type Schedule, type SchedulePlan, type Schedules, spreadSchedule, valuesAt} from './schedule';

/** The schedule of one hyper, with the value that each group had before. */
export interface ScheduledHyper {
  readonly name: string;
  readonly schedule: Schedule<readonly number[]>;
  readonly before: readonly number[];
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

/** The schedules that an optimizer follows. */
export class RunningSchedule {
  readonly #made: ScheduleState;
  #step: number;

  constructor(made: ScheduleState) {
    this.#made = made;
    this.#step = made.step;
  }

  get state(): ScheduleState {
    return {...this.#made, step: this.#step};
  }

  /** The value of each scheduled hyper, one a group, at a position from 0 to 1. */
  at(pos: number): Record<string, number[]> {
    return Object.fromEntries(this.#made.hypers.map(({name, schedule}) => [name, valuesAt(schedule, Math.min(Math.max(pos, 0), 1))]));
  }

  /** Sets the hypers for the next step. @returns puts back what they were. */
  move(groups: readonly Group[]): () => void {
    const was = groups.map(({hypers}) => ({...hypers}));
    for (const [name, values] of Object.entries(this.at(this.#step / this.#made.steps))) {
      groups.forEach(({hypers}, i) => { hypers[name] = values[i] ?? 0; });
    }
    return () => { groups.forEach(({hypers}, i) => { Object.assign(hypers, was[i]); }); };
  }

  /** A step was made. */
  advance(): void {
    this.#step++;
  }

  /** Puts the hypers back to what they were before the schedule. */
  goBack(groups: readonly Group[]): void {
    for (const {name, before} of this.#made.hypers) groups.forEach(({hypers}, i) => { hypers[name] = before[i] ?? 0; });
  }
}

/**
 * @throws for schedules that are none, an unknown hyper, a value that a hyper can't have, or steps that are no whole numbers.
 */
export function startSchedule(schedules: Schedules | SchedulePlan, groups: readonly Group[], length: ScheduleLength): RunningSchedule {
  // So that one that was left out is missing steps.
  const {steps, step = 0}: ScheduleLength = {...length};
  if (!Number.isInteger(steps) || steps < 1) throw new Error(`A schedule needs \`steps\`, the whole number of steps that it takes; got ${String(steps)}.`);
  if (!Number.isInteger(step) || step < 0) throw new Error(`\`step\` is the number of steps already made, a whole number from 0; got ${String(step)}.`);
  checkSchedules(schedules);
  const columns = isPlan(schedules) ? schedules.schedulesFor(groups.map(({hypers}) => ({...hypers}))) : schedules;
  const known = Object.keys(groups[0]?.hypers ?? {});
  const hypers = Object.entries(columns).map(([name, schedule]) => {
    if (!known.includes(name)) throw unknownHyper(name, known);
    return {name, schedule: spreadSchedule(name, schedule, groups.length), before: groups.map(group => numberFor(name, group.hypers[name]))};
  });
  return new RunningSchedule({steps, step, hypers});
}

