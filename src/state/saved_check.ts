// What a saved configuration or a state dict may say: one place for every way by which it comes in.
import type {Chain} from '../rule/chain';
import type {HyperDecl, Scalar} from '../rule/declaration';
import {checkHyper, unknownHyper} from '../rule/hypers';
import type {ScheduleState} from '../schedule/running';
import {numberFor, spreadSchedule} from '../schedule/schedule';
import {malformed} from '../util/config_reader';
import {own} from '../util/own';
import type {Manifest} from './manifest';

type Hypers = Readonly<Record<string, Scalar>>;

/** freezeTo takes numbers beyond the groups, and warns; one far beyond is none that anybody gave. */
const BEYOND = 1000;

/**
 * The hypers of each group, those that a file lacks with their defaults.
 * @param declared the hypers that the class declares beside its callbacks; where they have a default there, it comes
 *   before the callback's.
 * @throws for a hyper that nothing declares, one that lacks and has no default, one that not all groups have, or an
 *   impossible value.
 */
export function completeHypers(groups: readonly Hypers[], chain: Chain, declared: HyperDecl): Hypers[] {
  const defaults = new Map([...chain.hypers, ...Object.entries(declared)]);
  const [first = {}] = groups;
  for (const name of Object.keys(first)) {
    if (!defaults.has(name) && !chain.options.has(name))
      throw unknownHyper(name, [...defaults.keys(), ...chain.options.keys()]);
  }
  const names = Object.keys(first);
  const added = new Map<string, number>();
  for (const name of chain.hypers.keys()) {
    if (Object.hasOwn(first, name)) continue;
    const value = defaults.get(name);
    if (typeof value !== 'number')
      throw new Error(`The saved optimizer lacks the hyper '${name}', and its class has no default for it.`);
    added.set(name, value);
  }
  const wrapped = new Set(chain.externals.length === 0 ? [] : chain.hypers.keys());
  for (const [i, values] of groups.entries()) {
    const theirs = Object.keys(values);
    const odd =
      theirs.length === names.length
        ? names.find(name => !Object.hasOwn(values, name))
        : (theirs.find(name => !Object.hasOwn(first, name)) ?? names.find(name => !Object.hasOwn(values, name)));
    if (odd !== undefined)
      throw new Error(
        `The saved optimizer has the hyper '${odd}' in some of its groups; group ${i} differs from group 0.`,
      );
    for (const name of theirs) {
      checkHyper(
        name,
        own(values, name),
        wrapped.has(name) ? undefined : (chain.options.get(name) ?? 0),
        chain.ranges.get(name),
      );
    }
  }
  return added.size === 0 ? [...groups] : groups.map(values => ({...values, ...Object.fromEntries(added)}));
}

/** @throws where schedules are none that `setSchedule` could have made for these groups. */
export function checkScheduleState(state: ScheduleState, groups: readonly Hypers[]): void {
  checkCount('steps', state.steps, 1);
  checkCount('step', state.step, 0);
  const [first = {}] = groups;
  const seen = new Set<string>();
  for (const {name, schedule, before, released = []} of state.hypers) {
    if (!Object.hasOwn(first, name)) throw unknownHyper(name, Object.keys(first));
    if (seen.has(name)) throw new Error(`The saved schedules move the hyper '${name}' twice.`);
    seen.add(name);
    if (before.length !== groups.length) malformed('before');
    for (const value of before) numberFor(name, value);
    spreadSchedule(name, schedule, groups.length);
    if (!released.every(index => Number.isInteger(index) && index >= 0 && index < groups.length))
      malformed('released');
  }
}

/** @throws where parameters have impossible shapes, names twice, or state that no callback keeps as a tensor. */
export function checkManifest(manifest: Manifest, chain: Chain): void {
  const names = new Set<string>();
  for (const {name, shape, tensors} of manifest) {
    if (names.has(name)) throw new Error(`The saved optimizer has the parameter '${name}' twice.`);
    names.add(name);
    if (!shape.every(size => Number.isInteger(size) && size >= 0))
      throw new Error(`The saved parameter '${name}' has the impossible shape [${shape}].`);
    const seen = new Set<string>();
    for (const entry of tensors) {
      if (typeof chain.state.get(entry) !== 'function')
        throw new Error(
          `The saved parameter '${name}' has the state '${entry}', which no callback of the optimizer keeps.`,
        );
      if (seen.has(entry)) throw new Error(`The saved parameter '${name}' has the state '${entry}' twice.`);
      seen.add(entry);
    }
  }
}

/** @throws where it is none that `freezeTo` leaves. */
export function checkFrozenIdx(frozenIdx: number, groups: number): void {
  if (Number.isInteger(frozenIdx) && Math.abs(frozenIdx) <= groups + BEYOND) return;
  throw new Error(`'frozenIdx' is the index of a group, a whole number; got ${frozenIdx} for ${groups} groups.`);
}

/** @throws where it is no whole number from `least`. */
export function checkCount(name: string, value: unknown, least: number): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
    throw new Error(`'${name}' is a whole number from ${least}; got ${String(value)}.`);
}
