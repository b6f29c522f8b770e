import type * as tf from '@tensorflow/tfjs-core';

import {own} from '../util/own';

/** A rule by which a part of a partition takes variables. It is saved with the partition. */
export interface SavedTaker {
  (variable: tf.Variable): boolean;
  /** What makes it again. Its key `name` is the name by which it is registered. */
  readonly toConfig: () => {readonly name: string} & tf.serialization.ConfigDict;
}

type Config = Readonly<Record<string, unknown>>;
const registered = new Map<string, (config: Config) => SavedTaker>();

/** Registers what makes a taker of that name again. */
export function registerTaker(name: string, revive: (config: Config) => SavedTaker): void {
  registered.set(name, revive);
}

/** Whether a function is a rule that can be saved. */
export function isSavedTaker(of: object): of is SavedTaker {
  return typeof of === 'function' && 'toConfig' in of;
}

/**
 * The taker of a configuration.
 * @param rules the rules of the table that the optimizer was made with.
 * @throws where no taker has its name.
 */
export function takerFrom(config: Config, rules: readonly string[]): SavedTaker {
  const name = String(own(config, 'name'));
  const revive = registered.get(name);
  if (revive !== undefined) return revive(config);
  throw new Error(
    `The saved partition takes variables by the rule '${name}', which is not registered. Before loading, ` +
      `${rules.map(rule => `call ${rule}.register()`).join(' and ')}, or import 'tfjs-optim/all'.`,
  );
}
