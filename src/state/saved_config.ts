import type * as tf from '@tensorflow/tfjs-core';

import type {Group} from '../params/parameter';
import {type Chain, chainOf} from '../rule/chain';
import type {Callback, HyperDefaults, OptionDecl, Scalar} from '../rule/declaration';
import {registeredCallback} from '../rule/registry';
import {required} from '../rule/required';
import {savedSchedule, scheduleToSave, type UnreadSchedule} from '../schedule/engine';
import type {ScheduleState} from '../schedule/running';
import {at} from '../util/at';
import {dict, flag, isDict, list, malformed, number, numbers, scalars, text} from '../util/config_reader';
import type {Manifest} from './manifest';
import {checkFrozenIdx, checkManifest, completeHypers} from './saved_check';

/** The content of a saved configuration, checked. */
export interface SavedConfig {
  readonly chain: Chain;
  /** The rules of the table that the optimizer was made with, as far as bundles can leave them out. */
  readonly rules: readonly string[];
  /** The hypers of each group. */
  readonly hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>;
  readonly frozen: ReadonlyArray<Group['frozen']>;
  readonly frozenIdx: number;
  readonly trainBn: boolean;
  readonly wdBnBias: boolean;
  readonly explicit: boolean;
  readonly schedule: ScheduleState | UnreadSchedule | undefined;
  readonly manifest: Manifest;
}

/** How a group is frozen. Saved configurations hold the index in this list. */
export const FROZEN: ReadonlyArray<Group['frozen']> = ['no', 'unless forced', 'wholly'];

/**
 * The configuration as tfjs saves it. When tfjs loads it, it rewrites every string and key that contains an
 * underscore, except strings under the key `name`. So names are only ever stored under that key.
 */
export function writeConfig({
  chain: {callbacks, division},
  rules,
  hypers,
  frozen,
  frozenIdx,
  trainBn,
  wdBnBias,
  explicit,
  schedule,
  manifest,
}: SavedConfig): tf.serialization.ConfigDict {
  return {
    callbacks: callbacks.map(({name, options, declaration: {external}}) => ({
      name,
      options: {...options},
      ...(external === undefined ? {} : {external: external.getConfig()}),
    })),
    ...(rules.length > 0 && {rules: rules.map(name => ({name}))}),
    ...(division && {parts: division.toConfig()}),
    groups: hypers.map((values, i) => ({
      hypers: {...values},
      frozen: FROZEN.indexOf(at(frozen, i)),
      params: manifest
        .filter(({group}) => group === i)
        .map(({name, shape, tensors}) => ({name, shape: [...shape], state: tensors.map(entry => ({name: entry}))})),
    })),
    frozenIdx,
    trainBn,
    wdBnBias,
    explicit,
    schedule: schedule === undefined ? null : scheduleToSave(schedule),
  };
}

/**
 * Reads what `writeConfig` wrote.
 * @param revived gets each callback when it is made. Where this or a later step fails, the caller must dispose what
 *   the callbacks keep outside.
 * @param cls the optimizer's class, which may declare defaults of hypers.
 * @param chained makes the chain of the callbacks.
 * @throws where the configuration is malformed, or names a callback that is not registered.
 */
export function readConfig(
  config: tf.serialization.ConfigDict,
  revived: Callback[],
  cls: object,
  chained: (callbacks: readonly Callback[]) => Chain = chainOf,
): SavedConfig {
  const groups = list(config, 'groups');
  if (groups.length === 0) malformed('groups');
  const rules = rulesIn(config);
  const callbacks = list(config, 'callbacks').map(entry => {
    const cb = registeredCallback(
      text(entry, 'name'),
      Object.hasOwn(entry, 'external') ? dict(entry, 'external') : undefined,
      rules,
    );
    revived.push(cb);
    return cb.with(scalars(dict(entry, 'options')));
  });
  const chain = chained(callbacks);
  const hypers = completeHypers(
    groups.map(group => scalars(dict(group, 'hypers'))),
    chain,
    declaredBy(cls),
  );
  const frozenIdx = number(config, 'frozenIdx');
  checkFrozenIdx(frozenIdx, groups.length);
  const {schedule: saved = null} = config;
  if (typeof saved !== 'object' || Array.isArray(saved)) malformed('schedule');
  const schedule = saved === null ? undefined : savedSchedule(saved, hypers, chain);
  const manifest = groups.flatMap((group, i) =>
    list(group, 'params').map(entry => ({
      name: text(entry, 'name'),
      shape: numbers(entry, 'shape'),
      group: i,
      tensors: list(entry, 'state').map(state => text(state, 'name')),
    })),
  );
  checkManifest(manifest, chain);
  return {
    chain,
    rules,
    hypers,
    frozen: groups.map(group => FROZEN[number(group, 'frozen')] ?? malformed('frozen')),
    frozenIdx,
    trainBn: flag(config, 'trainBn'),
    wdBnBias: flag(config, 'wdBnBias'),
    explicit: flag(config, 'explicit'),
    schedule,
    manifest,
  };
}

/** The rules of a configuration. Optimizers of general callbacks or of rules that are always registered have none. */
export function rulesIn(config: tf.serialization.ConfigDict): string[] {
  return Object.hasOwn(config, 'rules') ? list(config, 'rules').map(rule => text(rule, 'name')) : [];
}

/** The hypers that a class declares besides its callbacks. A class need not declare any. */
function declaredBy(cls: object): HyperDefaults {
  const declared: unknown = Reflect.get(cls, 'declaredHypers');
  if (!isDict(declared)) return {};
  return Object.fromEntries(
    Object.entries(declared).map(([name, value]) => [name, typeof value === 'number' ? value : required]),
  );
}

/** The callbacks of an optimizer, as a state dict lists them: it fits only an optimizer with the same callbacks. */
export function callbackList({callbacks}: Chain): Array<{name: string; options: OptionDecl}> {
  return callbacks.map(({name, options}) => ({name, options}));
}
