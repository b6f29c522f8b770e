import type {Scalar} from '../rule/declaration';
import {unknownHyper} from '../rule/hypers';
import type {Ranges} from '../rule/range';
import {at} from '../util/at';
import {own} from '../util/own';
import {type ClearOptions, type MovesHypers, Moving, type OfFit, type ScheduleView} from './moving';
import type {ScheduleState} from './running';
import {checkLength, checkSchedules, isPolicy, numberFor, type SchedulePolicy, type Schedules} from './schedule';
import {type ScheduleLength, spanOf} from './span';

type Hypers = Record<string, Scalar>;

/** Moves the hypers of a partition: each part by itself, because its hypers and their values are its own. */
export class DividedMoving implements MovesHypers {
  readonly parts: readonly Moving[];
  readonly #groups: readonly Hypers[];
  readonly #ranges: readonly Ranges[];

  readonly #keepsMom: readonly boolean[];

  /**
   * @param groups the hypers of each group; group i belongs to part i modulo the number of parts.
   * @param parts for each part, the ranges of its hypers, and whether one-cycle leaves its `mom` alone, unless it is
   *   given `moms`.
   */
  constructor(groups: readonly Hypers[], parts: ReadonlyArray<{readonly keepsMom: boolean; readonly ranges: Ranges}>) {
    this.#groups = groups;
    this.#ranges = parts.map(({ranges}) => ranges);
    this.#keepsMom = parts.map(({keepsMom}) => keepsMom);
    this.parts = parts.map(
      ({ranges}, part) =>
        new Moving(
          groups.filter((_, i) => i % parts.length === part),
          ranges,
        ),
    );
  }

  get view(): ScheduleView | undefined {
    const views = this.parts.map(({view}) => view);
    const first = views.find(view => view !== undefined);
    return (
      first && {
        ...first,
        at: pos => {
          const columns = views.map(view => view?.at(pos) ?? {});
          const names = new Set(columns.flatMap(column => Object.keys(column)));
          return Object.fromEntries([...names].map(name => [name, this.#valuesOf(name, columns)]));
        },
      }
    );
  }

  /** The values of a hyper in all groups: by the schedule of its part, or else as it is. NaN where a part lacks it. */
  #valuesOf(name: string, columns: ReadonlyArray<Readonly<Record<string, readonly number[]>>>): number[] {
    return this.#groups.map((hypers, i) => {
      const [part, group] = this.#inPart(i);
      const column = own(at(columns, part), name);
      return column === undefined ? Number(own(hypers, name)) : at(column, group);
    });
  }

  get state(): ScheduleState | undefined {
    const parts = this.parts.map(({state}) => state);
    const first = parts.find(state => state !== undefined);
    return first && {...first, hypers: [], parts};
  }

  hypersToSave(): Hypers[] {
    const columns = this.parts.map(part => part.hypersToSave());
    return this.#groups.map((_, i) => {
      const [part, group] = this.#inPart(i);
      return at(at(columns, part), group);
    });
  }

  start(schedules: Schedules | SchedulePolicy, length: ScheduleLength, ofFit?: OfFit): void {
    this.prepared(schedules, length, ofFit)();
  }

  prepared(schedules: Schedules | SchedulePolicy, length: ScheduleLength, ofFit?: OfFit): () => void {
    checkSchedules(schedules);
    checkLength(schedules, spanOf(length));
    const asked = new Set<string>();
    const scheduled = (part: number, hypers: Parameters<SchedulePolicy['schedulesFor']>[0]) => {
      const first = at(hypers, 0);
      // A policy mostly needs a learning rate. Where only some parts have one, the others are left alone.
      if (isPolicy(schedules) && !Object.hasOwn(first, 'lr') && this.#has('lr')) return {};
      const all = Object.entries(this.#schedulesFor(part, schedules, hypers));
      for (const [name] of all) asked.add(name);
      return Object.fromEntries(all.filter(([name]) => Object.hasOwn(first, name)));
    };
    const starts = this.parts.map((part, i) =>
      part.prepared({schedulesFor: hypers => scheduled(i, hypers)}, length, ofFit),
    );
    for (const name of asked)
      if (!this.#has(name)) throw unknownHyper(name, new Set(this.#groups.flatMap(hypers => Object.keys(hypers))));
    return () => {
      for (const start of starts) start();
    };
  }

  /** Starts schedules of one part, in place of those that it follows. */
  startPart(part: number, schedules: Schedules | SchedulePolicy, length: ScheduleLength): void {
    checkSchedules(schedules);
    checkLength(schedules, spanOf(length));
    at(this.parts, part).start({schedulesFor: hypers => this.#schedulesFor(part, schedules, hypers)}, length);
  }

  /** What a part is asked to follow: without the `mom` that it leaves alone. */
  #schedulesFor(
    part: number,
    schedules: Schedules | SchedulePolicy,
    hypers: Parameters<SchedulePolicy['schedulesFor']>[0],
  ): Schedules {
    if (!isPolicy(schedules)) return schedules;
    const all = Object.entries(schedules.schedulesFor(hypers));
    const leavesMom = schedules.ownMoms === true && at(this.#keepsMom, part);
    return Object.fromEntries(all.filter(([name]) => name !== 'mom' || !leavesMom));
  }

  clear(options: ClearOptions): void {
    for (const part of this.parts) part.clear(options);
  }

  endFit(): void {
    for (const part of this.parts) part.endFit();
  }

  load(state: ScheduleState | undefined): void {
    this.parts.forEach((part, i) => {
      part.load(state?.parts?.[i]);
    });
  }

  release(name: string, group: number): void {
    const [part, index] = this.#inPart(group);
    at(this.parts, part).release(name, index);
  }

  lend(name: string, values: readonly number[], over: () => boolean): void {
    const column = (part: number) => values.filter((_, group) => group % this.parts.length === part);
    // All parts first, because a part that refuses must leave the others as they are.
    for (const [, i] of this.#having(name)) for (const value of column(i)) numberFor(name, value, at(this.#ranges, i));
    for (const [part, i] of this.#having(name)) part.lend(name, column(i), over);
  }

  giveBack(name: string): void {
    for (const part of this.parts) part.giveBack(name);
  }

  begin(): () => void {
    const backs = this.parts.map(part => part.begin());
    return () => {
      for (const back of backs) back();
    };
  }

  advance(): void {
    for (const part of this.parts) part.advance();
  }

  tick(): boolean {
    return this.parts.map(part => part.tick()).includes(true);
  }

  pause(): void {
    for (const part of this.parts) part.pause();
  }

  #has(name: string): boolean {
    return this.#having(name).length > 0;
  }

  /** The parts that have a hyper, with their indices. */
  #having(name: string): Array<readonly [Moving, number]> {
    return this.parts.flatMap((part, i) => (Object.hasOwn(at(this.#groups, i), name) ? [[part, i] as const] : []));
  }

  #inPart(group: number): readonly [part: number, group: number] {
    const {length} = this.parts;
    return [group % length, Math.floor(group / length)];
  }
}
