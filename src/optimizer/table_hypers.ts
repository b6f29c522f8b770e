import type {HyperDefaults} from '../rule/declaration';
import {type Required, required} from '../rule/required';

const names = new Set<string>();

/** Tells of a class of the table which hypers it declares. */
export function declareTableHypers(hypers: HyperDefaults): void {
  for (const name of Object.keys(hypers)) names.add(name);
}

/**
 * The hypers of all classes of the table, without their defaults: what an optimizer around another may have, although
 * none of its callbacks reads it. The class of the other optimizer and its defaults are not known.
 */
export function tableHypers(): Record<string, Required> {
  return Object.fromEntries([...names].map(name => [name, required]));
}
