import type {Scalar} from '../callback';
import type {Group} from '../groups';
import {type ScheduledHyper, type ScheduleLength, type ScheduleState, scheduleState} from './running';
import {numberFor, type SchedulePlan, type Schedules, valuesAt} from './schedule';

/** How far an optimizer is in its schedules. */
export interface ScheduleView {
  /** How many steps the schedules take. */
  readonly steps: number;
  /** How many of them have been made. */
  readonly step: number;
  /** The values of each scheduled hyper, one value per group, at a position from 0 (the start) to 1 (the end). Where a group's hyper was set since, it is that value. */
  at(pos: number): Record<string, number[]>;
}

/** What a callback of `fit` says of the schedules that it starts. */
export interface OfFit {
  /** Whether the values stay when training ends. */
  readonly keep: boolean;
  /** Whether the schedules that run are of the same fit, and go on. */
  readonly beside: boolean;
}

type Hypers = Pick<Group, 'hypers'>;
type Moved = Pick<ScheduledHyper, 'name' | 'before' | 'released'>;

/** A hyper that has a value for as long as training takes. */
interface Lent extends Moved {
  /** Whether the last step was made, so that only what it goes back to is worth saving. */
  readonly over: () => boolean;
}

/**
 * What moves the hypers of an optimizer from step to step, and what they go back to. Whoever sets a hyper ends that for the hyper: it has to be told
 * to `release`, or is noticed before the next step where the hyper is kept in another optimizer.
 */
export class Moving {
  readonly #groups: readonly Group[];
  #schedule: ScheduleState | undefined;
  #lent: readonly Lent[] = [];
  /** What was written last, to notice what others write. */
  #written: ReadonlyMap<string, ReadonlyArray<Scalar | undefined>> = new Map();
  /** Whether a fit will say when it ends. */
  #inFit = false;

  constructor(groups: readonly Group[]) {
    this.#groups = groups;
  }

  /** How far the schedules are; absent where there are none, or their last step was made. */
  get view(): ScheduleView | undefined {
    const schedule = this.state;
    return schedule === undefined ? undefined : {steps: schedule.steps, step: schedule.step, at: pos => Object.fromEntries(this.#at(schedule, pos))};
  }

  /** The schedules to save. */
  get state(): ScheduleState | undefined {
    this.#notice();
    return this.#schedule;
  }

  /** The hypers of each group to save: those whose last step was made, in a fit that puts them back when it ends, are back already. */
  hypersToSave(): Array<Record<string, Scalar>> {
    this.#notice();
    const copies = this.#copies();
    goBack(this.#lent.filter(({over}) => over()), copies);
    return copies.map(({hypers}) => hypers);
  }

  /**
   * Starts schedules in place of those that run, whose hypers go back.
   * @param ofFit of a callback of `fit`; without it, the values stay where the schedules end.
   * @throws as `scheduleState` does; nothing is changed then.
   */
  start(schedules: Schedules | SchedulePlan, length: ScheduleLength, ofFit?: OfFit): void {
    this.#notice();
    const now = this.#schedule;
    const others = ofFit?.beside === true && now?.steps === length.steps && now.step === length.step ? now.hypers : [];
    const ending = [...others.length > 0 ? [] : now?.hypers ?? [], ...this.#lent.filter(({over}) => over())];
    const before = this.#copies();
    goBack(ending, before);
    const {steps, step, hypers} = scheduleState(schedules, before, length);
    goBack(ending, this.#groups);
    const names = new Set([...ending, ...hypers].map(({name}) => name));
    this.#lent = this.#lent.filter(({name}) => !names.has(name));
    this.#schedule = {steps, step: Math.min(step, steps), hypers: [...others, ...hypers.map(hyper => ofFit === undefined ? hyper : {...hyper, keep: ofFit.keep})]};
    this.#remember(names);
    this.#inFit ||= ofFit !== undefined;
    if (step >= steps) {
      this.#write(this.#at(this.#schedule, (steps - 1) / steps));
      this.#finish();
    }
  }

  /** Ends the schedules. @param keep leaves the hypers where they are. */
  clear(keep: boolean): void {
    this.#notice();
    const due = this.#lent.filter(({over}) => over());
    if (!keep) goBack([...this.#schedule?.hypers ?? [], ...due], this.#groups);
    this.#schedule = undefined;
    this.#lent = this.#lent.filter(lent => !due.includes(lent));
  }

  /** Ends the schedules that a callback of `fit` started: hypers that were neither to stay nor set since go back. */
  endFit(): void {
    this.#notice();
    this.#inFit = false;
    const hypers = this.#schedule?.hypers ?? [];
    if (hypers.some(({keep}) => keep !== undefined)) {
      goBack(hypers.filter(({keep}) => keep === false), this.#groups);
      this.#schedule = undefined;
    }
    this.#giveBack(({over}) => over());
  }

  /** Takes over what was saved, in place of all that there is. Where its last step was made, its hypers go back. */
  load(state: ScheduleState | undefined): void {
    const finished = state !== undefined && state.step >= state.steps;
    if (finished) goBack(state.hypers, this.#groups);
    this.#schedule = finished ? undefined : state;
    this.#lent = [];
    this.#written = new Map();
  }

  /** The hyper was set, of one group or of all: nothing moves it any more, and it does not go back. */
  release(name: string, group?: number): void {
    const rest = <M extends Moved>(moved: readonly M[]): M[] => moved.flatMap(hyper => {
      if (hyper.name !== name) return [hyper];
      if (group === undefined) return [];
      const released = new Set(hyper.released).add(group);
      return released.size === this.#groups.length ? [] : [{...hyper, released: [...released]}];
    });
    this.#lent = rest(this.#lent);
    if (this.#schedule === undefined) return;
    const hypers = rest(this.#schedule.hypers);
    this.#schedule = hypers.length === 0 ? undefined : {...this.#schedule, hypers};
  }

  /**
   * Sets a hyper until `giveBack`, when it goes back to what it was before it was first lent, unless it was set by others since.
   * @param values one a group.
   * @param over whether the last step was made, so that what is saved from now on has the value from before.
   */
  lend(name: string, values: readonly Scalar[], over: () => boolean): void {
    this.#notice();
    const known = this.#lent.find(lent => lent.name === name);
    const before = this.#groups.map(({hypers}, i) => numberFor(name, known === undefined || isReleased(known, i) ? hypers[name] : known.before[i]));
    this.release(name);
    this.#write([[name, values]]);
    this.#lent = [...this.#lent, {name, before, over}];
  }

  /** Ends what `lend` began. */
  giveBack(name: string): void {
    this.#notice();
    this.#giveBack(lent => lent.name === name);
  }

  /** Sets the hypers for the next step. @returns puts back what they were. */
  begin(): () => void {
    if (this.#schedule === undefined && this.#lent.length === 0) return () => undefined;
    this.#notice();
    const was = this.#copies();
    const [schedule, lent, written] = [this.#schedule, this.#lent, this.#written];
    if (!this.#inFit) this.#giveBack(({over}) => over());
    if (schedule !== undefined) this.#write(this.#at(schedule, schedule.step / schedule.steps));
    return () => {
      this.#groups.forEach(({hypers}, i) => { Object.assign(hypers, was[i]?.hypers); });
      [this.#schedule, this.#lent, this.#written] = [schedule, lent, written];
    };
  }

  /** A step was made. */
  advance(): void {
    if (this.#schedule === undefined) return;
    this.#schedule = {...this.#schedule, step: this.#schedule.step + 1};
    if (this.#schedule.step >= this.#schedule.steps) this.#finish();
  }

  /** The last step was made: the values stay, those of a fit until it ends. */
  #finish(): void {
    const back = this.#schedule?.hypers.filter(({keep}) => keep === false) ?? [];
    this.#schedule = undefined;
    this.#lent = [...this.#lent, ...back.map(({name, before, released}) => ({name, before, ...released && {released}, over: () => true}))];
  }

  /** Releases what was set without `release`. */
  #notice(): void {
    for (const [name, values] of this.#written) {
      this.#groups.forEach(({hypers}, i) => { if (hypers[name] !== values[i]) this.release(name, i); });
    }
  }

  #giveBack(which: (lent: Lent) => boolean): void {
    const back = this.#lent.filter(which);
    goBack(back, this.#groups);
    this.#lent = this.#lent.filter(lent => !back.includes(lent));
    this.#written = new Map([...this.#written].filter(([name]) => !back.some(lent => lent.name === name)));
  }

  #at({hypers}: ScheduleState, pos: number): Array<[string, number[]]> {
    const within = Math.min(Math.max(pos, 0), 1);
    return hypers.map(hyper =>
      [hyper.name, valuesAt(hyper.schedule, within).map((value, i) => isReleased(hyper, i) ? Number(this.#groups[i]?.hypers[hyper.name]) : value)]);
  }

  #write(columns: ReadonlyArray<readonly [string, readonly Scalar[]]>): void {
    for (const [name, values] of columns) {
      this.#groups.forEach(({hypers}, i) => {
        const value = values[i];
        if (value !== undefined) hypers[name] = value;
      });
    }
    this.#remember(columns.map(([name]) => name));
  }

  #remember(names: Iterable<string>): void {
    this.#written = new Map([...this.#written, ...[...names].map(name => [name, this.#groups.map(({hypers}) => hypers[name])] as const)]);
  }

  #copies(): Hypers[] {
    return this.#groups.map(({hypers}) => ({hypers: {...hypers}}));
  }
}

function goBack(moved: readonly Moved[], groups: readonly Hypers[]): void {
  for (const one of moved) {
    groups.forEach(({hypers}, i) => {
      const value = one.before[i];
      if (value !== undefined && !isReleased(one, i)) hypers[one.name] = value;
    });
  }
}

function isReleased({released}: Moved, group: number): boolean {
  return released?.includes(group) === true;
}
