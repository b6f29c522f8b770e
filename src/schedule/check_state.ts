import type {Chain} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import {unknownHyper} from '../rule/hypers';
import {at} from '../util/at';
import {malformed} from '../util/config_reader';
import {checkPositive, checkWhole} from '../util/options';
import type {ScheduleState} from './running';
import {numberFor, spreadSchedule} from './schedule';

type Hypers = Readonly<Record<string, Scalar>>;

/** @throws where `setSchedule` could not have made these schedules for these groups. */
export function checkScheduleState(state: ScheduleState, groups: readonly Hypers[], {division, ranges}: Chain): void {
  if (state.seconds === undefined) {
    checkWhole('steps', state.steps, 1);
    checkWhole('step', state.step, 0);
  } else {
    checkPositive('seconds', state.seconds);
    if (!(Number.isFinite(state.spent) && state.spent >= 0)) malformed('spent');
  }
  const {parts, hypers} = state;
  if (parts?.length !== division?.chains.length || (parts !== undefined && hypers.length > 0)) malformed('parts');
  division?.forParts(groups, (mine, of, i) => {
    const part = parts?.[i];
    if (part !== undefined) checkScheduleState(part, mine, of);
    return mine;
  });
  const first = at(groups, 0);
  const seen = new Set<string>();
  for (const {name, schedule, before, released = []} of hypers) {
    if (!Object.hasOwn(first, name)) throw unknownHyper(name, Object.keys(first));
    if (seen.has(name))
      throw new Error(`The saved optimizer has two schedules for the hyper '${name}'; it must have one.`);
    seen.add(name);
    if (before.length !== groups.length) malformed('before');
    for (const value of before) numberFor(name, value, ranges);
    spreadSchedule(name, schedule, groups.length, ranges);
    if (!released.every(index => Number.isInteger(index) && index >= 0 && index < groups.length))
      malformed('released');
  }
}
