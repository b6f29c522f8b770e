import type * as tf from '@tensorflow/tfjs-core';

import type {Scalar} from '../rule/declaration';
import type {Ranges} from '../rule/range';
import {type HyperValue, spread} from '../rule/slice';
import {DividedMoving} from '../schedule/divided_moving';
import {noSchedules, type UnreadSchedule} from '../schedule/engine';
import {installSchedules} from '../schedule/install_schedules';
import type {ScheduleState} from '../schedule/running';
import {at} from '../util/at';
import {warn} from '../util/warn';
import {ParameterSet, type Treatment} from './parameter_groups';
import {isSavedTaker} from './takers';

/** What is particular to one part of a partition. */
export interface PartOfSet {
  /** What summaries call it. */
  readonly name: string;
  /** Whether it takes a variable. Undefined for the last part, which takes the rest, and after loading most rules. */
  readonly takes: ((variable: tf.Variable) => boolean) | undefined;
  /** The ranges of hypers, and of options, which can be set like hypers. */
  readonly ranges: Ranges;
  /** Whether one-cycle leaves its `mom` alone, unless it is given `moms`. */
  readonly keepsMom: boolean;
}

/**
 * The parameters of a partition. Every group of the user is divided by part: `[g0/part0, g0/part1, g1/part0, …]`. So
 * the order is that of the user's groups, and what counts groups counts those of the user.
 */
export class DividedSet extends ParameterSet {
  readonly #moving: DividedMoving;
  readonly #parts: readonly PartOfSet[];
  /** The parts that have taken a variable, or were warned of. */
  readonly #settled = new Set<number>();

  /** @param hypers the hypers of each divided group. */
  constructor(
    hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>,
    parts: readonly PartOfSet[],
    treatment: Treatment,
  ) {
    super(undefined, hypers.length, new Map(), treatment);
    this.#parts = parts;
    this.groups.forEach((group, i) => {
      Object.assign(group.hypers, at(hypers, i));
      const part = i % parts.length;
      group.of = {group: Math.floor(i / parts.length), part, name: at(parts, part).name};
    });
    // It makes what moves hypers itself, so saved schedules can be read.
    installSchedules();
    this.#moving = new DividedMoving(
      this.groups.map(group => group.hypers),
      parts,
    );
  }

  override get moving(): DividedMoving {
    return this.#moving;
  }

  override get schedule(): ScheduleState | undefined {
    return this.#moving.state;
  }

  override loadSchedule(schedule: ScheduleState | UnreadSchedule | undefined): void {
    this.#moving.load(schedule !== undefined && 'unread' in schedule ? noSchedules() : schedule);
  }

  override groupFor(variable: tf.Variable): number {
    return (this.count - 1) * this.#parts.length + this.#partFor(variable);
  }

  protected override fill(lists: ReadonlyArray<readonly tf.Variable[]>): void {
    const {length} = this.#parts;
    const partOf = new Map(
      lists.flat().map(variable => [variable, this.find(variable)?.group.of?.part ?? this.#partFor(variable)]),
    );
    super.fill(
      this.groups.map((_, i) =>
        at(lists, Math.floor(i / length)).filter(variable => partOf.get(variable) === i % length),
      ),
    );
    this.joined();
  }

  /** Warns once of each part that has taken no variable. */
  override joined(): void {
    for (const {group} of this.parameters) if (group.of !== undefined) this.#settled.add(group.of.part);
    this.#parts.forEach(({takes}, part) => {
      // A rule of the package, such as that of muon, may find nothing to take in a model.
      if (takes === undefined || isSavedTaker(takes) || this.#settled.has(part)) return;
      this.#settled.add(part);
      warn(`the part ${part} of a partition has taken none of ${this.parameters.length} variables; check its \`of\`.`);
    });
  }

  protected override spread(name: string, value: HyperValue, ofAll: boolean): Scalar[] {
    const {groups, count} = this;
    // One value for each row of `hypers`, where these are more than the user's groups.
    const isDivided = ofAll && Array.isArray(value) && value.length === groups.length;
    const column = spread(name, value, isDivided ? groups.length : count);
    return groups.map((_, i) => at(column, isDivided ? i : Math.floor(i / this.#parts.length)));
  }

  protected override rangesIn(group: number): Ranges {
    return at(this.#parts, group % this.#parts.length).ranges;
  }

  #partFor(variable: tf.Variable): number {
    const part = this.#parts.findIndex(({takes}) => takes?.(variable) === true);
    return part === -1 ? this.#parts.length - 1 : part;
  }
}
