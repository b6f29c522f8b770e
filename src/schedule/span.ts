import {checkOptions, checkPositive, checkWhole} from '../util/options';
import {checkSettings} from '../util/settings_check';
import {shown} from '../util/shown';

/** A length of time: give one of the two. */
export interface TimeLength {
  /** The time of training in minutes, a positive number. */
  readonly minutes?: number | undefined;
  /** The time of training in seconds, a positive number. */
  readonly seconds?: number | undefined;
}

/** Usual values of what a length can have. */
const LENGTH = {steps: 1000, step: 0, minutes: 5, seconds: 300, spent: 0};

/** How long schedules are: a number of steps, or a time of training. */
export type ScheduleLength =
  | {
      /** The number of steps that the schedules take, a whole number from 1. */
      readonly steps: number;
      /** The number of steps already made, a whole number from 0. Default 0. */
      readonly step?: number;
    }
  | (TimeLength & {
      /** The seconds of training already spent, from 0. Default 0. */
      readonly spent?: number;
    });

/** A length with what is over of it: in steps, or in seconds of training. */
export type Span =
  | {readonly steps: number; readonly step: number; readonly seconds?: never; readonly spent?: never}
  | {readonly seconds: number; readonly spent: number; readonly steps?: never; readonly step?: never};

/**
 * The seconds that were asked for; undefined where no time was given. @throws for two times, or one that is not one.
 */
export function secondsIn({minutes, seconds}: TimeLength): number | undefined {
  if (minutes !== undefined) checkPositive('minutes', minutes);
  if (seconds !== undefined) checkPositive('seconds', seconds);
  if (minutes !== undefined && seconds !== undefined)
    throw new Error(`A time must be given in 'minutes' or in 'seconds', not in both; got ${minutes} and ${seconds}.`);
  return minutes === undefined ? seconds : 60 * minutes;
}

/** @throws where the length is neither a number of steps nor a time, or is both, or has something else. */
export function spanOf(length: ScheduleLength): Span {
  checkSettings('setSchedule(schedules, ', [length], LENGTH);
  // In JavaScript, `length` may be left out. Then the error below says that `steps` is missing.
  const given: Readonly<Partial<Record<'steps' | 'step' | 'minutes' | 'seconds' | 'spent', number>>> = {...length};
  checkOptions('setSchedule', given, LENGTH);
  const seconds = secondsIn(given);
  const {steps, step = 0, spent = 0} = given;
  if (seconds === undefined) {
    checkWhole('steps', steps, 1);
    checkWhole('step', step, 0);
    return {steps, step};
  }
  if (steps !== undefined || given.step !== undefined)
    throw new Error(`A schedule takes a number of steps or a time, not both; got ${shown(given)}.`);
  if (!(Number.isFinite(spent) && spent >= 0))
    throw new Error(`'spent' must be a number of seconds from 0; got ${shown(spent)}.`);
  return {seconds, spent};
}

/** The span alone of what has one. */
export function spanIn(of: Span): Span {
  return of.steps === undefined ? {seconds: of.seconds, spent: of.spent} : {steps: of.steps, step: of.step};
}

export function isOver(span: Span): boolean {
  return span.steps === undefined ? span.spent >= span.seconds : span.step >= span.steps;
}

/** The position of the next step, from 0 (the start) to 1 (the end). Only a step by time can be at 1. */
export function positionIn(span: Span): number {
  return span.steps === undefined ? Math.min(1, span.spent / span.seconds) : Math.min(1, span.step / span.steps);
}

/** The position of the last step. */
export function lastPositionIn({steps}: Span): number {
  return steps === undefined ? 1 : (steps - 1) / steps;
}

/** Whether two spans are as long, and are counted alike. */
export function areAlike(a: Span, b: Span): boolean {
  return a.steps === b.steps && a.seconds === b.seconds && a.step === b.step;
}

/** Milliseconds of a clock that never goes back. */
export function now(): number {
  return performance.now();
}
