import type {SchedulePolicy} from 'tfjs-optim';
import {flatCos, oneCycle, warmupCos, wsd} from 'tfjs-optim';

import type {Point2} from './functions';

/** How the learning rate moves. */
export interface LandscapeSchedule {
  readonly title: string;
  /** undefined: the rate does not move. */
  readonly policy: ((lrMax: number) => SchedulePolicy) | undefined;
}

/** The schedules by their names in links, which are those of the package. */
export const SCHEDULES = {
  constant: {title: 'Constant', policy: undefined},
  oneCycle: {title: 'One cycle', policy: lrMax => oneCycle({lrMax})},
  flatCos: {title: 'Flat, then cosine', policy: lrMax => flatCos({lrMax})},
  warmupCos: {title: 'Warm-up, then cosine', policy: lrMax => warmupCos({lrMax})},
  wsd: {title: 'Warm-up, stable, decay', policy: lrMax => wsd({lrMax})},
} as const satisfies Readonly<Record<string, LandscapeSchedule>>;

export type ScheduleName = keyof typeof SCHEDULES;

export function isScheduleName(name: string): name is ScheduleName {
  return Object.hasOwn(SCHEDULES, name);
}

/** The hypers of an optimizer, by name: `lr`, and those that differ from their defaults. */
export type Hypers = Readonly<Record<string, number>>;

/** Everything that the visitor chose for the landscape. */
export interface LandscapeSetup {
  /** The name of the function. */
  readonly f: string;
  /** The number that the function takes; 0 where it takes none. */
  readonly parameter: number;
  readonly start: Point2;
  readonly steps: number;
  readonly schedule: ScheduleName;
  /** Steps per second while it plays. */
  readonly speed: number;
  /** The optimizers that take part, by name. */
  readonly optimizers: Readonly<Record<string, Hypers>>;
}

export const STEPS = {least: 10, most: 2000, usual: 400};
export const SPEEDS: readonly number[] = [5, 15, 30, 60, 180, 600];
export const USUAL_SPEED = 60;
