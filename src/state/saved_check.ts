// Checks of saved configurations and state dicts. Every way to load one uses these.
import {type Chain, chainIn} from '../rule/chain';
import type {HyperDefaults, Scalar} from '../rule/declaration';
import {checkHyper, unknownHyper} from '../rule/hypers';
import {at} from '../util/at';
import {own} from '../util/own';
import type {Manifest} from './manifest';

type Hypers = Readonly<Record<string, Scalar>>;

/** `freezeTo` accepts numbers beyond the last group, with a warning. One this far beyond cannot come from a user. */
const BEYOND = 1000;

/**
 * The hypers of each group. Hypers that the file lacks get their defaults.
 * @param declared the hypers that the class declares besides its callbacks. Their defaults win over the callbacks'.
 * @throws for a hyper that nothing declares, a missing hyper without a default, a hyper that only some groups have, or
 *   an impossible value.
 */
export function completeHypers(groups: readonly Hypers[], chain: Chain, declared: HyperDefaults): Hypers[] {
  return (
    chain.division?.forParts(groups, (mine, of) => completeAlike(mine, of, declared)) ??
    completeAlike(groups, chain, declared)
  );
}

/** Completes groups that must have the same hypers. */
function completeAlike(groups: readonly Hypers[], chain: Chain, declared: HyperDefaults): Hypers[] {
  const defaults = new Map([...chain.hypers, ...Object.entries(declared)]);
  const first = at(groups, 0);
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
      throw new Error(
        `The saved optimizer lacks the hyper '${name}', which has no default. Save the optimizer again.`,
      );
    added.set(name, value);
  }
  const wrapped = new Set(chain.externals.length === 0 ? [] : chain.hypers.keys());
  for (const [i, values] of groups.entries()) {
    const theirs = Object.keys(values);
    const odd = names.find(name => !Object.hasOwn(values, name)) ?? theirs.find(name => !Object.hasOwn(first, name));
    if (odd !== undefined)
      throw new Error(
        `The saved optimizer has the hyper '${odd}' in group 0 or in group ${i}; all groups must have the same hypers.`,
      );
    for (const name of theirs) {
      checkHyper(
        name,
        own(values, name),
        // What is not an option is a number. A wrapped optimizer's hypers can be either.
        wrapped.has(name) ? undefined : (chain.options.get(name) ?? 0),
        chain.ranges,
      );
    }
  }
  return added.size === 0 ? [...groups] : groups.map(values => ({...values, ...Object.fromEntries(added)}));
}

/** @throws for an impossible shape, a name or entry that is listed twice, or an entry that no callback declares. */
export function checkManifest(manifest: Manifest, chain: Chain): void {
  const names = new Set<string>();
  for (const {name, shape, group, tensors} of manifest) {
    if (names.has(name))
      throw new Error(`The saved optimizer lists the parameter '${name}' twice; names must be unique.`);
    names.add(name);
    if (!shape.every(size => Number.isInteger(size) && size >= 0))
      throw new Error(`The saved parameter '${name}' has the shape [${shape}]; sizes must be whole numbers from 0.`);
    const seen = new Set<string>();
    for (const entry of tensors) {
      if (typeof chainIn(chain, group).state.get(entry) !== 'function')
        throw new Error(
          `The saved parameter '${name}' has the state '${entry}', which no callback of the optimizer declares.`,
        );
      if (seen.has(entry)) throw new Error(`The saved parameter '${name}' lists the state '${entry}' twice.`);
      seen.add(entry);
    }
  }
}

/** @throws where `freezeTo` could not have left this index. */
export function checkFrozenIdx(frozenIdx: number, groups: number): void {
  if (Number.isInteger(frozenIdx) && Math.abs(frozenIdx) <= groups + BEYOND) return;
  throw new Error(`'frozenIdx' must be the index of a group, a whole number; got ${frozenIdx} for ${groups} groups.`);
}
