import type {HyperDefaults} from '../rule/declaration';
import {type Required, required} from '../rule/required';

const names = new Set<string>();
const settings = new WeakMap<HyperDefaults, readonly string[]>();

/** Tells of a class of the table which hypers it declares, and which settings it takes beside those of every row. */
export function declareTableHypers(hypers: HyperDefaults, own: object, decays = false): void {
  for (const name of Object.keys(hypers)) names.add(name);
  settings.set(hypers, [...Object.keys(own), ...(decays ? [] : ['decay', 'decoupleWd'])]);
}

/** The settings of the class of the table that declares these hypers. Undefined where none does. */
export function settingsOfRow(hypers: HyperDefaults): readonly string[] | undefined {
  return settings.get(hypers);
}

/**
 * The hypers of all classes of the table, without their defaults: what an optimizer around another may have, although
 * none of its callbacks reads it. The class of the other optimizer and its defaults are not known.
 */
export function tableHypers(): Record<string, Required> {
  return Object.fromEntries([...names].map(name => [name, required]));
}
