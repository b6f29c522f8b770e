import type * as tf from '@tensorflow/tfjs-core';
import type {Callback, OptionDecl, Scalar} from './callback';
import type {Chain} from './chain';
import type {Group} from './groups';
import {registeredCallback} from './registry';

/** A saved parameter: what the configuration tells of it. The weights bring the values. */
export interface ManifestEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly group: number;
  /** The state entries that are tensors, in the order of the weights. */
  readonly tensors: readonly string[];
}

/** What a saved configuration says, checked. */
export interface SavedConfig {
  readonly callbacks: readonly Callback[];
  /** The hypers of each group. */
  readonly hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>;
  readonly frozen: ReadonlyArray<Group['frozen']>;
  readonly frozenIdx: number;
  readonly trainBn: boolean;
  readonly wdBnBias: boolean;
  readonly explicit: boolean;
  readonly manifest: readonly ManifestEntry[];
}

const FROZEN: ReadonlyArray<Group['frozen']> = ['no', 'unless forced', 'wholly'];

/**
 * The configuration as tfjs saves it. Loading rewrites every string and key with an underscore, except a string under the key `name`:
 * names stand under that key alone.
 */
export function writeConfig({callbacks, hypers, frozen, frozenIdx, trainBn, wdBnBias, explicit, manifest}: SavedConfig): tf.serialization.ConfigDict {
  return {
    callbacks: callbacks.map(({name, options}) => ({name, options: {...options}})),
    groups: hypers.map((values, i) => ({
      hypers: {...values},
      frozen: FROZEN.indexOf(frozen[i] ?? 'no'),
      params: manifest.filter(({group}) => group === i).map(({name, shape, tensors}) => ({name, shape: [...shape], state: tensors.map(entry => ({name: entry}))})),
    })),
    frozenIdx, trainBn, wdBnBias, explicit,
  };
}

/** @throws where the configuration is not one that `writeConfig` gave, or names a callback that is not registered. */
export function readConfig(config: tf.serialization.ConfigDict): SavedConfig {
  const groups = list(config, 'groups');
  return {
    callbacks: list(config, 'callbacks').map(entry => registeredCallback(text(entry, 'name')).with(scalars(dict(entry, 'options')))),
    hypers: groups.map(group => scalars(dict(group, 'hypers'))),
    frozen: groups.map(group => FROZEN[number(group, 'frozen')] ?? malformed('frozen')),
    frozenIdx: number(config, 'frozenIdx'),
    trainBn: flag(config, 'trainBn'), wdBnBias: flag(config, 'wdBnBias'), explicit: flag(config, 'explicit'),
    manifest: groups.flatMap((group, i) => list(group, 'params').map(entry => ({
      name: text(entry, 'name'), shape: numbers(entry, 'shape'), group: i, tensors: list(entry, 'state').map(state => text(state, 'name')),
    }))),
  };
}

/** The callbacks of an optimizer, with which state is told from another optimizer's. */
export function callbackList({callbacks}: Chain): Array<{name: string; options: OptionDecl}> {
  return callbacks.map(({name, options}) => ({name, options}));
}

function malformed(key: string): never {
  throw new Error(`This is not a configuration of a tfjs-optim optimizer, or it was altered: '${key}' is missing or malformed.`);
}

function isDict(x: unknown): x is Readonly<Record<string, unknown>> {
  return typeof x === 'object' && x !== null && !Array.isArray(x);
}

function dict(from: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = from[key];
  return isDict(value) ? value : malformed(key);
}

function list(from: Readonly<Record<string, unknown>>, key: string): Array<Readonly<Record<string, unknown>>> {
  const value = from[key];
  return Array.isArray(value) ? value.map((entry: unknown) => isDict(entry) ? entry : malformed(key)) : malformed(key);
}

function numbers(from: Readonly<Record<string, unknown>>, key: string): number[] {
  const value = from[key];
  return Array.isArray(value) ? value.map((entry: unknown) => typeof entry === 'number' ? entry : malformed(key)) : malformed(key);
}

function number(from: Readonly<Record<string, unknown>>, key: string): number {
  const value = from[key];
  return typeof value === 'number' ? value : malformed(key);
}

function flag(from: Readonly<Record<string, unknown>>, key: string): boolean {
  const value = from[key];
  return typeof value === 'boolean' ? value : malformed(key);
}

function text(from: Readonly<Record<string, unknown>>, key: string): string {
  const value = from[key];
  return typeof value === 'string' ? value : malformed(key);
}

function scalars(from: Readonly<Record<string, unknown>>): Record<string, Scalar> {
  return Object.fromEntries(Object.entries(from).filter(([key]) => key !== 'customObjects')
    .map(([key, value]) => [key, typeof value === 'number' || typeof value === 'boolean' ? value : malformed(key)]));
}
