import type {Scalar} from '../rule/declaration';
import type {Ranges} from '../rule/range';
import {noSchedules, scheduleEngine, type UnreadSchedule} from './engine';
import type {MovesHypers} from './moving';
import type {ScheduleState} from './running';

type Hypers = Record<string, Scalar>;

/** What moves the hypers of an optimizer, from when something on the page makes schedules. */
export class LateMoving {
  #moving: MovesHypers | undefined;
  #unread: UnreadSchedule | undefined;
  /** The hypers that were set since the unread schedules were loaded, with the index of the group. */
  #released: Array<readonly [name: string, group: number]> = [];
  readonly #groups: readonly Hypers[];
  readonly #ranges: Ranges;
  readonly #still: MovesHypers;

  /** @param groups the hypers of each group. */
  constructor(groups: readonly Hypers[], ranges: Ranges) {
    this.#groups = groups;
    this.#ranges = ranges;
    const nothing = () => undefined;
    this.#still = {
      view: undefined,
      state: undefined,
      hypersToSave: () => groups.map(hypers => ({...hypers})),
      start: (schedules, ...of) => {
        this.#arrivedWith(schedules).start(schedules, ...of);
      },
      prepared: (schedules, ...of) => this.#arrivedWith(schedules).prepared(schedules, ...of),
      clear: () => {
        this.#unread = undefined;
      },
      endFit: nothing,
      load: nothing,
      release: (name, group) => {
        if (this.#unread !== undefined) this.#released.push([name, group]);
      },
      lend: noSchedules,
      giveBack: nothing,
      begin: () => nothing,
      advance: nothing,
      tick: () => false,
      pause: nothing,
    };
  }

  get now(): MovesHypers {
    if (this.#moving !== undefined) return this.#moving;
    const engine = scheduleEngine();
    if (engine === undefined) return this.#still;
    const moving = engine.moving(this.#groups, this.#ranges);
    this.#moving = moving;
    if (this.#unread !== undefined) moving.load(this.#unread.read(engine));
    for (const of of this.#released) moving.release(...of);
    return moving;
  }

  /** The schedules to save. */
  get toSave(): ScheduleState | UnreadSchedule | undefined {
    return this.now.state ?? (this.#moving === undefined ? this.#unread : undefined);
  }

  /** Replaces everything by saved schedules. */
  load(schedule: ScheduleState | UnreadSchedule | undefined): void {
    if (schedule !== undefined && 'unread' in schedule) {
      this.#unread = schedule;
      this.#released = [];
      return;
    }
    const {now} = this;
    if (schedule !== undefined && now === this.#still) noSchedules();
    now.load(schedule);
  }

  /** What moves hypers once these schedules are made: a policy makes them only when it is asked. */
  #arrivedWith(schedules: Parameters<MovesHypers['start']>[0]): MovesHypers {
    if (typeof schedules.schedulesFor === 'function') schedules.schedulesFor(this.#still.hypersToSave());
    const {now} = this;
    return now === this.#still ? noSchedules() : now;
  }
}
