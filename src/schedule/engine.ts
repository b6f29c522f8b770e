import type * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import type {Ranges} from '../rule/range';
import {warn} from '../util/warn';
import type {MovesHypers} from './moving';
import type {ScheduleState} from './running';

type Hypers = Record<string, Scalar>;

/** What an optimizer needs only where it follows schedules. */
export interface ScheduleEngine {
  moving(groups: readonly Hypers[], ranges: Ranges): MovesHypers;
  /** Reads and checks saved schedules. @throws where they are malformed, or don't fit the hypers of the groups. */
  read(saved: Readonly<Record<string, unknown>>, hypers: ReadonlyArray<Readonly<Hypers>>, chain: Chain): ScheduleState;
  /** @throws where `setSchedule` could not have made these schedules for these groups. */
  check(state: ScheduleState, hypers: ReadonlyArray<Readonly<Hypers>>, chain: Chain): void;
  write(state: ScheduleState): tf.serialization.ConfigDict;
}

/** Saved schedules that nothing on the page can read yet. */
export interface UnreadSchedule {
  readonly unread: tf.serialization.ConfigDict;
  read(engine: ScheduleEngine): ScheduleState;
}

let registered: ScheduleEngine | undefined;

export function registerScheduleEngine(engine: ScheduleEngine): void {
  registered = engine;
}

/** Undefined where nothing on the page has made a schedule yet. */
export function scheduleEngine(): ScheduleEngine | undefined {
  return registered;
}

/** The schedules of a saved optimizer. They are read later where nothing on the page can read them now. */
export function savedSchedule(
  saved: tf.serialization.ConfigDict,
  hypers: ReadonlyArray<Readonly<Hypers>>,
  chain: Chain,
): ScheduleState | UnreadSchedule {
  const read = (engine: ScheduleEngine) => engine.read(saved, hypers, chain);
  if (registered !== undefined) return read(registered);
  warn(
    'the loaded optimizer follows schedules. They stand still until this page makes a schedule. To go on before ' +
      "that, import 'tfjs-optim/all'.",
  );
  return {unread: saved, read};
}

/** @throws always. */
export function noSchedules(): never {
  throw new Error(
    'This bundle lacks the code of schedules. Make them with lin, cos, exp, poly, constant or combine, with an ' +
      "import from 'tfjs-optim'; or import 'tfjs-optim/all'.",
  );
}

/** The schedules as tfjs saves them. */
export function scheduleToSave(schedule: ScheduleState | UnreadSchedule): tf.serialization.ConfigDict {
  return 'unread' in schedule ? schedule.unread : (registered ?? noSchedules()).write(schedule);
}
