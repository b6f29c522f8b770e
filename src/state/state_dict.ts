import type * as tf from '@tensorflow/tfjs-core';

import type {Group} from '../params/parameter';
import {type Chain, chainIn, chainOf} from '../rule/chain';
import type {OptionDecl, Scalar} from '../rule/declaration';
import {checkHyper} from '../rule/hypers';
import {noSchedules, scheduleEngine} from '../schedule/engine';
import type {ScheduleState} from '../schedule/running';
import {at} from '../util/at';
import {dict as dictIn, isDict, list, malformed} from '../util/config_reader';
import {checkWhole} from '../util/options';
import {shown} from '../util/shown';
import {isTensor} from '../util/tensors';
import {checkFrozenIdx} from './saved_check';
import {FROZEN} from './saved_config';
import {checkStateEntry} from './state_check';
import type {ParameterState} from './state_view';

/**
 * Everything that an optimizer has learned, by position. `loadStateDict` takes it. The caller of `stateDict` owns the
 * tensors.
 */
export interface StateDict {
  /** The callbacks with their options. The state fits only an optimizer with the same callbacks. */
  readonly callbacks: ReadonlyArray<{readonly name: string; readonly options: OptionDecl}>;
  /** State and flags of each parameter, in group order. */
  readonly state: readonly ParameterState[];
  /** The hypers of each group. */
  readonly hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>;
  /** Host numbers that all parameters share, such as Lookahead's `count`. */
  readonly common: Readonly<Record<string, number>>;
  /** The numbers of each group that callbacks declare as `groupState`; absent without any. */
  readonly groupState?: ReadonlyArray<Readonly<Record<string, number>>>;
  /** The tensors of numbers that belong to no parameter, by the name of each callback's first; absent without any. */
  readonly shared?: Readonly<Record<string, tf.Tensor>>;
  /** How each group is frozen. */
  readonly frozen: ReadonlyArray<Group['frozen']>;
  /** The first group that the last `freezeTo` left trainable. */
  readonly frozenIdx: number;
  /** The number of steps made. */
  readonly iterations: number;
  /** The schedules that the optimizer follows; absent without any. */
  readonly schedule?: ScheduleState | undefined;
}

/**
 * Checks a state dict against an optimizer.
 * @returns the optimizer's chain, with the options that the dict has.
 * @throws where it belongs to another optimizer, to other groups or to other parameters.
 */
export function chainOfDict(dict: StateDict, chain: Chain, groups: readonly Group[]): Chain {
  checkForm(dict);
  const names = (list: ReadonlyArray<{readonly name: string}>) => list.map(({name}) => name).join(', ');
  if (names(dict.callbacks) !== names(chain.callbacks)) {
    throw new Error(
      `This state belongs to an optimizer with the callbacks ${names(dict.callbacks)}; ` +
        `this optimizer has ${names(chain.callbacks)}.`,
    );
  }
  if (dict.hypers.length !== groups.length)
    throw new Error(
      `This state has the hypers of ${dict.hypers.length} parameter groups; this optimizer has ${groups.length}.`,
    );
  for (const [i, {hypers: now}] of groups.entries()) {
    const hypers = at(dict.hypers, i);
    const mine = Object.keys(now);
    const theirs = Object.keys(hypers);
    if (mine.length !== theirs.length || mine.some(name => !theirs.includes(name)))
      throw new Error(`This state has the hypers ${theirs.join(', ')}; this optimizer has ${mine.join(', ')}.`);
    for (const [name, value] of Object.entries(hypers)) checkHyper(name, value, now[name], chainIn(chain, i).ranges);
  }
  for (const name of Object.keys(dict.common)) {
    if (!chain.common.has(name)) throw undeclared('common number', name);
  }
  // A dict from before its callbacks had such numbers lacks them.
  if (dict.groupState !== undefined) checkGroupState(dict.groupState, chain, groups.length);
  for (const [key, tensor] of Object.entries(dict.shared ?? {})) checkShared(chain, key, tensor);
  if (dict.frozen.length !== groups.length || !dict.frozen.every(frozen => FROZEN.includes(frozen)))
    malformed('frozen');
  checkFrozenIdx(dict.frozenIdx, groups.length);
  if (dict.schedule !== undefined) (scheduleEngine() ?? noSchedules()).check(dict.schedule, dict.hypers, chain);
  const parameters = groups.flatMap(group => group.parameters);
  if (dict.state.length !== parameters.length)
    throw new Error(`This state has ${dict.state.length} parameters; this optimizer has ${parameters.length}.`);
  const callbacks = chain.callbacks.map((cb, i) => cb.with(at(dict.callbacks, i).options));
  const loaded = chain.division?.withCallbacks(callbacks) ?? chainOf(callbacks);
  for (const [i, {variable, group}] of parameters.entries())
    for (const [name, value] of Object.entries(at(dict.state, i)))
      checkStateEntry(chainIn(loaded, group.index), variable, at(dict.hypers, group.index), name, value);
  return loaded;
}

function checkShared({shared}: Chain, key: string, tensor: unknown): void {
  const size = shared.find(each => each.key === key)?.names.length;
  if (size === undefined) throw undeclared('shared number', key);
  if (!isTensor(tensor) || tensor.isDisposed || tensor.dtype !== 'float32' || tensor.shape.join() !== `${size}`)
    throw new Error(`The shared number '${key}' must be in a live float32 tensor of shape [${size}].`);
}

function checkGroupState(groupState: NonNullable<StateDict['groupState']>, chain: Chain, groups: number): void {
  if (groupState.length !== groups)
    throw new Error(`This state has the numbers of ${groupState.length} groups; this optimizer has ${groups}.`);
  for (const [i, name, value] of groupState.flatMap((numbers, i) =>
    Object.entries(numbers).map(([name, value]) => [i, name, value] as const),
  )) {
    if (!chainIn(chain, i).groupState.has(name)) throw undeclared('number of a group', name);
    checkFinite('number of a group', name, value);
  }
}

function undeclared(kind: string, name: string): Error {
  return new Error(`This state has the ${kind} '${name}', which no callback of this optimizer declares.`);
}

function checkFinite(kind: string, name: string, value: unknown): void {
  if (!Number.isFinite(value)) throw new Error(`The ${kind} '${name}' must be finite; got ${shown(value)}.`);
}

/** @throws where the object is not a state dict, or its numbers are impossible. */
function checkForm(dict: StateDict): void {
  const given: unknown = dict;
  if (!isDict(given)) throw new Error(`loadStateDict takes what stateDict() returned; got ${shown(given)}.`);
  for (const entry of list(given, 'callbacks')) dictIn(entry, 'options');
  for (const key of ['state', 'hypers']) list(given, key);
  if (dict.groupState !== undefined) list(given, 'groupState');
  for (const [name, value] of Object.entries(given['common'] === undefined ? malformed('common') : dict.common)) {
    checkFinite('common number', name, value);
  }
  checkWhole('iterations', dict.iterations, 0);
}

/** All tensors of a state dict. */
export function tensorsIn({state, shared = {}}: StateDict): tf.Tensor[] {
  return [...state.flatMap(entries => Object.values(entries)).filter(isTensor), ...Object.values(shared)];
}

/** The entries with copies of the tensors. */
export function copies<V>(entries: Readonly<Record<string, V>>): Record<string, V | tf.Tensor> {
  const copied = (value: V) => (isTensor(value) ? value.clone() : value);
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, copied(value)]));
}
