import type {Scalar} from '../rule/declaration';
import type {Ranges} from '../rule/range';
import {at} from '../util/at';
import {checkOptions, checkSwitch} from '../util/options';
import {checkPosition} from './functions';
import {type ScheduledHyper, type ScheduleState, scheduleState} from './running';
import {numberFor, type SchedulePolicy, type Schedules, valuesAt} from './schedule';
import {
  areAlike,
  isOver,
  lastPositionIn,
  now,
  positionIn,
  type ScheduleLength,
  type Span,
  spanIn,
  spanOf,
} from './span';

/** How schedules end before their last step. */
export interface ClearOptions {
  /** Whether the hypers keep their present values; default false: they return to those before the schedules. */
  readonly keep?: boolean;
}

/** How far an optimizer is in its schedules. */
export interface ScheduleView {
  /** The number of steps that the schedules take. Undefined where they are by time. */
  readonly steps: number | undefined;
  /** The number of steps made so far. Undefined where they are by time. */
  readonly step: number | undefined;
  /** The seconds of training that the schedules take. Undefined where they are by steps. */
  readonly seconds: number | undefined;
  /** The seconds of training spent so far, counted up to the last step. Undefined where they are by steps. */
  readonly spent: number | undefined;
  /** The position of the next step, from 0 (the start) to 1 (the end). */
  readonly position: number;
  /**
   * The values of each scheduled hyper, one value per group, at a position from 0 (the start) to 1 (the end). Where a
   * group's hyper was set since the schedule started, the value that was set.
   */
  at(pos: number): Record<string, number[]>;
}

/** How a callback of `fit` starts schedules. */
export interface OfFit {
  /** Whether the values stay when training ends. */
  readonly keep: boolean;
  /** Whether the schedules that run now are of the same fit. Then they go on. */
  readonly beside: boolean;
}

type Hypers = Record<string, Scalar>;
type Moved = Pick<ScheduledHyper, 'name' | 'before' | 'released'>;

/** A hyper that goes back to its value from before. */
interface Returning extends Moved {
  /** Whether the last step was made. Then the value from before is saved. Absent: it was made. */
  readonly over?: () => boolean;
}

type Entry = ScheduledHyper | Returning;

/** What an optimizer, and callbacks of `fit`, need in order to move hypers. */
export type MovesHypers = Pick<Moving, keyof Moving>;

/**
 * Moves the hypers of an optimizer from step to step, and knows the values that they go back to. Where a hyper is set,
 * its schedule ends: code of this package that sets a hyper calls `release`. A value that is written to a wrapped
 * optimizer directly is noticed by comparing.
 */
export class Moving {
  /** The hypers of each group. */
  readonly #groups: readonly Hypers[];
  readonly #ranges: Ranges;
  #entries: readonly Entry[] = [];
  #length: Span = {steps: 1, step: 0};
  /** What the clock showed when the time was last counted. Undefined while the clock stands still. */
  #counted: number | undefined;
  /** The values of the entries' hypers as this class last knew them. A difference shows that others wrote. */
  #written = new Map<string, ReadonlyArray<Scalar | undefined>>();
  /** Whether a fit started schedules, and will call `endFit`. */
  #inFit = false;

  /** @param ranges the ranges of the hypers. */
  constructor(groups: readonly Hypers[], ranges: Ranges) {
    this.#groups = groups;
    this.#ranges = ranges;
  }

  /** The progress of the schedules; undefined where there are none, or their last step was made. */
  get view(): ScheduleView | undefined {
    const {state} = this;
    return (
      state && {
        steps: state.steps,
        step: state.step,
        seconds: state.seconds,
        spent: state.spent,
        position: positionIn(state),
        at: pos => {
          checkPosition(pos);
          return Object.fromEntries(
            state.hypers.map(entry => [
              entry.name,
              valuesAt(entry.schedule, Math.min(Math.max(pos, 0), 1)).map((value, i) =>
                isReleased(entry, i) ? Number(at(this.#groups, i)[entry.name]) : value,
              ),
            ]),
          );
        },
      }
    );
  }

  /** The schedules to save. */
  get state(): ScheduleState | undefined {
    this.#notice();
    const hypers = this.#entries.filter(isScheduled);
    return hypers.length === 0 ? undefined : {...this.#length, hypers};
  }

  /** The hypers of each group to save. After the last step, these are the values that they go back to. */
  hypersToSave(): Hypers[] {
    this.#notice();
    return this.#after(isDue);
  }

  /**
   * Starts schedules in place of those that run now. The hypers of the latter go back.
   * @param ofFit given by callbacks of `fit`. Without it, the values stay as they are where the schedules end.
   * @throws as `scheduleState` does. Then nothing is changed.
   */
  start(schedules: Schedules | SchedulePolicy, length: ScheduleLength, ofFit?: OfFit): void {
    this.prepared(schedules, length, ofFit)();
  }

  /** Makes the schedules that `start` starts. @returns a function that starts them, which does not throw. */
  prepared(schedules: Schedules | SchedulePolicy, length: ScheduleLength, ofFit?: OfFit): () => void {
    this.#notice();
    const goOn = ofFit?.beside === true && areAlike(this.#length, spanOf(length));
    const ends = (entry: Entry) => (isScheduled(entry) ? !goOn : isDue(entry));
    const state = scheduleState(schedules, this.#after(ends), length, this.#ranges);
    return () => {
      this.#end(ends);
      const {hypers} = state;
      for (const {name} of hypers) this.#forget(name);
      if (!goOn) {
        this.#length = spanIn(state);
        // A fit knows when training begins. Otherwise, the clock starts with the first step.
        this.#counted = ofFit === undefined ? undefined : now();
      }
      this.#entries = [...this.#entries, ...hypers.map(hyper => ({...hyper, ...(ofFit && {keep: ofFit.keep})}))];
      this.#inFit ||= ofFit !== undefined;
      if (isOver(this.#length)) this.#move(lastPositionIn(this.#length));
      this.#finishAtEnd();
    };
  }

  /** Ends the schedules. @throws where the option is not one. */
  clear(options: ClearOptions): void {
    checkOptions('clearSchedule', options, {keep: true});
    const {keep = false} = options;
    checkSwitch('keep', keep);
    this.#notice();
    this.#end(entry => isScheduled(entry) || isDue(entry), keep);
  }

  /** Ends the schedules that callbacks of `fit` started. Hypers go back unless `keep` is true or they were set. */
  endFit(): void {
    this.#notice();
    this.#inFit = false;
    this.#end(entry => isScheduled(entry) && entry.keep === true, true);
    this.#end(entry => (isScheduled(entry) ? entry.keep === false : isDue(entry)));
  }

  /** Replaces everything by saved schedules. Where their last step was made, their hypers go back. */
  load(state: ScheduleState | undefined): void {
    this.#entries = [];
    if (state !== undefined) {
      this.#entries = state.hypers;
      this.#length = spanIn(state);
      if (isOver(state)) this.#end(() => true);
    }
    this.#counted = undefined;
    this.#remember();
  }

  /** To be called where the hyper of a group is set. Then nothing moves it any more, and it does not go back. */
  release(name: string, group: number): void {
    this.#entries = this.#entries.flatMap(entry => {
      if (entry.name !== name) return [entry];
      const released = new Set(entry.released).add(group);
      return released.size === this.#groups.length ? [] : [{...entry, released: [...released]}];
    });
  }

  /**
   * Sets a hyper until `giveBack`. Then it goes back to its value before the first `lend`, unless others set it since.
   * @param values one value per group.
   * @param over whether the last step was made. From then on, the value from before is saved.
   * @throws for a value that the hyper can't have.
   */
  lend(name: string, values: readonly number[], over: () => boolean): void {
    for (const value of values) numberFor(name, value, this.#ranges);
    this.#notice();
    const known = this.#entries.find(entry => entry.name === name && !isScheduled(entry));
    const before = this.#groups.map((hypers, i) =>
      numberFor(name, known === undefined || isReleased(known, i) ? hypers[name] : known.before[i], this.#ranges),
    );
    this.#forget(name);
    const entry = {name, before, over};
    write(this.#groups, entry, values);
    this.#entries = [...this.#entries, entry];
    this.#remember();
  }

  /** Undoes `lend`. */
  giveBack(name: string): void {
    this.#notice();
    this.#end(entry => entry.name === name && !isScheduled(entry));
  }

  /** Sets the hypers for the next step. @returns a function that undoes this, for a step that throws. */
  begin(): () => void {
    this.#notice();
    const entries = this.#entries;
    if (entries.length === 0) return () => undefined;
    const was = this.#copies();
    if (!this.#inFit) this.#end(isDue);
    this.#countTime();
    this.#move(positionIn(this.#length));
    return () => {
      this.#groups.forEach((hypers, i) => {
        Object.assign(hypers, at(was, i));
      });
      this.#entries = entries;
      this.#remember();
    };
  }

  /** To be called after each step. */
  advance(): void {
    if (this.#length.steps !== undefined) this.#length = {...this.#length, step: this.#length.step + 1};
    this.#finishAtEnd();
  }

  /**
   * Counts the time up to now, for schedules by time. Where their time is over, they end as after a last step.
   * @returns whether their time is over. False for schedules by steps.
   */
  tick(): boolean {
    if (this.#length.seconds === undefined) return false;
    if (this.#counted !== undefined) this.#countTime();
    this.#finishAtEnd();
    return isOver(this.#length);
  }

  /** Stops the clock of schedules by time until the next step. */
  pause(): void {
    if (this.#counted !== undefined) this.#countTime();
    this.#counted = undefined;
  }

  /** Adds the time since it was last counted. Starts the clock where it stands still. */
  #countTime(): void {
    const {seconds, spent} = this.#length;
    if (seconds === undefined) return;
    const counted = now();
    this.#length = {seconds, spent: spent + (counted - (this.#counted ?? counted)) / 1000};
    this.#counted = counted;
  }

  /**
   * After the last step, the values stay, or go back when training ends. In a fit, training ends with `endFit`;
   * otherwise before the next step.
   */
  #finishAtEnd(): void {
    if (isOver(this.#length)) {
      this.#entries = this.#entries.flatMap((entry): Entry[] => {
        if (!isScheduled(entry)) return [entry];
        const {name, before, released = []} = entry;
        return entry.keep === false ? [{name, before, released}] : [];
      });
    }
    this.#remember();
  }

  #move(pos: number): void {
    for (const entry of this.#entries.filter(isScheduled)) write(this.#groups, entry, valuesAt(entry.schedule, pos));
    this.#remember();
  }

  #forget(name: string): void {
    this.#entries = this.#entries.filter(entry => entry.name !== name);
  }

  #end(which: (entry: Entry) => boolean, keep = false): void {
    const ending = this.#entries.filter(which);
    if (!keep) goBack(this.#groups, ending);
    this.#entries = this.#entries.filter(entry => !ending.includes(entry));
    this.#remember();
  }

  /** The hypers of each group once these entries have gone back. */
  #after(which: (entry: Entry) => boolean): Hypers[] {
    const copies = this.#copies();
    goBack(copies, this.#entries.filter(which));
    return copies;
  }

  #copies(): Hypers[] {
    return this.#groups.map(hypers => ({...hypers}));
  }

  #notice(): void {
    for (const [name, values] of this.#written) {
      this.#groups.forEach((hypers, i) => {
        if (hypers[name] !== values[i]) this.release(name, i);
      });
    }
  }

  #remember(): void {
    this.#written = new Map(this.#entries.map(({name}) => [name, this.#groups.map(hypers => hypers[name])]));
  }
}

function isScheduled(entry: Entry): entry is ScheduledHyper {
  return 'schedule' in entry;
}

function isDue(entry: Entry): boolean {
  return !isScheduled(entry) && entry.over?.() !== false;
}

function isReleased({released}: Moved, group: number): boolean {
  return released?.includes(group) === true;
}

function goBack(groups: readonly Hypers[], moved: readonly Moved[]): void {
  for (const entry of moved) write(groups, entry, entry.before);
}

function write(groups: readonly Hypers[], entry: Moved, values: readonly number[]): void {
  groups.forEach((hypers, i) => {
    if (!isReleased(entry, i)) hypers[entry.name] = at(values, i);
  });
}
