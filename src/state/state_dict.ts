import type * as tf from '@tensorflow/tfjs-core';

import type {Group} from '../params/parameter';
import type {Chain} from '../rule/chain';
import type {OptionDecl, Scalar} from '../rule/declaration';
import {checkHyper} from '../rule/hypers';
import type {ScheduleState} from '../schedule/running';
import {isDict, list, malformed} from '../util/config_reader';
import {isTensor} from '../util/tensors';
import {checkCount, checkFrozenIdx, checkScheduleState} from './saved_check';
import {FROZEN} from './saved_config';
import {checkStateEntry} from './state_check';
import type {ParameterState} from './state_view';

/**
 * All that an optimizer knows, by position: what `loadStateDict` takes. The tensors belong to whoever asked for it.
 */
export interface StateDict {
  /** The callbacks with their options: state fits only the optimizer that has the same. */
  readonly callbacks: ReadonlyArray<{readonly name: string; readonly options: OptionDecl}>;
  /** One for each parameter, in group order. */
  readonly state: readonly ParameterState[];
  /** One for each group. */
  readonly hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>;
  /** Host numbers that all parameters have in common, such as Lookahead's `count`. */
  readonly common: Readonly<Record<string, number>>;
  /** How each group is frozen. */
  readonly frozen: ReadonlyArray<Group['frozen']>;
  /** The first group that the last `freezeTo` left trainable. */
  readonly frozenIdx: number;
  /** How many steps were made. */
  readonly iterations: number;
  /** The schedules that it follows. */
  readonly schedule?: ScheduleState | undefined;
}

/**
 * Checks a state dict against an optimizer.
 * @throws where it is of another optimizer, other groups or other parameters.
 */
export function checkStateDict(dict: StateDict, chain: Chain, groups: readonly Group[]): void {
  checkForm(dict);
  const names = (list: ReadonlyArray<{readonly name: string}>) => list.map(({name}) => name).join(', ');
  if (names(dict.callbacks) !== names(chain.callbacks)) {
    throw new Error(
      `This state is of an optimizer with the callbacks ${names(dict.callbacks)}; this one has ${names(chain.callbacks)}.`,
    );
  }
  if (dict.hypers.length !== groups.length)
    throw new Error(
      `This state has the hypers of ${dict.hypers.length} parameter groups; there are ${groups.length}.`,
    );
  dict.hypers.forEach((hypers, i) => {
    const mine = Object.keys(groups[i]?.hypers ?? {});
    const theirs = Object.keys(hypers);
    if (mine.length !== theirs.length || mine.some(name => !theirs.includes(name)))
      throw new Error(`This state has the hypers ${theirs.join(', ')}; this optimizer has ${mine.join(', ')}.`);
    for (const [name, value] of Object.entries(hypers))
      checkHyper(name, value, groups[i]?.hypers[name], chain.ranges.get(name));
  });
  for (const name of Object.keys(dict.common)) {
    if (!chain.common.has(name))
      throw new Error(`This state has the common number '${name}', which no callback of this optimizer keeps.`);
  }
  if (dict.frozen.length !== groups.length || !dict.frozen.every(frozen => FROZEN.includes(frozen)))
    malformed('frozen');
  checkFrozenIdx(dict.frozenIdx, groups.length);
  if (dict.schedule !== undefined) checkScheduleState(dict.schedule, dict.hypers);
  const variables = groups.flatMap(({parameters}) => parameters.map(({variable}) => variable));
  if (dict.state.length !== variables.length)
    throw new Error(`This state is of ${dict.state.length} parameters; this optimizer has ${variables.length}.`);
  dict.state.forEach((state, i) => {
    const variable = variables[i];
    if (variable !== undefined)
      for (const [name, value] of Object.entries(state)) checkStateEntry(chain, variable, name, value);
  });
}

/** @throws where it is no such object, or its numbers are not what they count. */
function checkForm(dict: StateDict): void {
  const given: unknown = dict;
  if (!isDict(given)) throw new Error(`loadStateDict takes what stateDict() gave; got ${String(given)}.`);
  for (const key of ['callbacks', 'state', 'hypers']) list(given, key);
  for (const [name, value] of Object.entries(given['common'] === undefined ? malformed('common') : dict.common)) {
    if (!Number.isFinite(value))
      throw new Error(`The common number '${name}' is a finite number; got ${String(value)}.`);
  }
  checkCount('iterations', dict.iterations, 0);
}

/** The entries with copies of the tensors. */
export function copies<V>(entries: Readonly<Record<string, V>>): Record<string, V | tf.Tensor> {
  const copied = (value: V) => (isTensor(value) ? value.clone() : value);
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, copied(value)]));
}
