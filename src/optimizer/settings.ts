import type * as tf from '@tensorflow/tfjs-core';

import type {Treatment} from '../params/parameter_groups';
import type {ParamGroups} from '../params/variables_of';
import type {Chain} from '../rule/chain';
import type {Callback, HyperDecl, HyperDefaults, Scalar, WithoutDefault} from '../rule/declaration';
import {checkHyper, unknownHyper} from '../rule/hypers';
import type {Required} from '../rule/required';
import type {HyperValue} from '../rule/slice';
import {checkSwitch} from '../util/options';
import {shown} from '../util/shown';

/** Settings of every optimizer besides its hypers. */
export interface BaseSettings {
  /**
   * What to train: variables, layers' weights, layers or models, or lists of them (the parameter groups). Without
   * `params`, all variables that the optimizer is given form one group.
   */
  readonly params?: ParamGroups;
  /** Normalization parameters (`gamma`, `beta`) train although their group is frozen. Default true. */
  readonly trainBn?: boolean;
  /** Weight decay and L2 act on biases and normalization parameters too. Default false. */
  readonly wdBnBias?: boolean;
  /** Returns true for a variable on which weight decay and L2 must not act, and false for others. Default: none. */
  readonly noWd?: (variable: tf.Variable) => boolean;
}

/** A callback, whatever it declares. */
export type AnyCallback = Callback;
/** A list of callbacks. One callback by itself counts as a list of one. */
export type ListOf<C extends AnyCallback | readonly AnyCallback[]> = C extends readonly AnyCallback[]
  ? C
  : C extends AnyCallback
    ? readonly [C]
    : never;
type HypersOf<C extends readonly AnyCallback[]> = C[number] extends infer E
  ? E extends Callback<infer H>
    ? H
    : never
  : never;
type OptionsOf<C extends readonly AnyCallback[]> = C[number] extends infer E
  ? E extends Callback<HyperDecl, infer O>
    ? O
    : never
  : never;
type Keys<U> = U extends unknown ? keyof U : never;
/** The key of a property that no optimizer has: its type holds the names of the hypers. */
export declare const HYPERS: unique symbol;
/** The names of the hypers that callbacks declare. */
export type HyperNames<C extends readonly AnyCallback[]> = Keys<HypersOf<C>> & string;
type DefaultKeys<U> = U extends unknown ? {[K in keyof U]: U[K] extends WithoutDefault ? never : K}[keyof U] : never;

/**
 * The settings where the compiler does not know the callbacks: hypers and options by any name. The constructor checks
 * them.
 */
type OpenSettings = {
  readonly [name: string]: HyperValue | AnyCallback | readonly AnyCallback[] | BaseSettings[keyof BaseSettings];
};
type NamedSettings<C extends readonly AnyCallback[], G extends string> = {
  readonly [K in Exclude<Keys<HypersOf<C>>, DefaultKeys<HypersOf<C>> | G>]: HyperValue;
} & {readonly [K in Exclude<DefaultKeys<HypersOf<C>>, G>]?: HyperValue} & {
  readonly [K in Exclude<Keys<OptionsOf<C>>, G>]?: HyperValue;
};

/**
 * The settings of an optimizer made of these callbacks: their hypers (required where they have no default), options
 * set by name, and `BaseSettings`. G are the names of those that are declared elsewhere.
 */
export type Settings<C extends readonly AnyCallback[], G extends string = never> = object &
  BaseSettings &
  (string extends Keys<HypersOf<C>> ? OpenSettings : NamedSettings<C, G>);

/** What the setting of a name can be where callbacks have a hyper or an option of this name. */
export type SettingOf<C extends readonly AnyCallback[], N extends string> = N extends
  Keys<HypersOf<C>> | Keys<OptionsOf<C>>
  ? HyperValue
  : never;

/**
 * The settings of a callback that is the setting `decay`: its hypers and options by name. All can be left out, because
 * the row has `lr` and `wd`, and sets `lr0`.
 */
export type DecaySettings<D extends AnyCallback> =
  string extends Keys<HypersOf<readonly [D]>>
    ? OpenSettings
    : {readonly [K in Exclude<Keys<HypersOf<readonly [D]>>, 'lr'> | Keys<OptionsOf<readonly [D]>>]?: HyperValue};

/** The names of `BaseSettings`. */
const BASE_SETTINGS: readonly string[] = ['params', 'trainBn', 'wdBnBias', 'noWd'] satisfies ReadonlyArray<
  keyof BaseSettings
>;

/** What optimizers take whose step is given: those of the table, `muon` and `OptimWrapper`. */
export const STEP_SETTINGS = ['callbacks', 'after', 'skipNonFinite', 'maxGradNorm', ...BASE_SETTINGS];

/** The treatment that the settings ask for. @throws where one of them is of another kind. */
export function treatmentOf({trainBn = true, wdBnBias = false, noWd}: BaseSettings): Treatment {
  checkSwitch('trainBn', trainBn);
  checkSwitch('wdBnBias', wdBnBias);
  if (noWd !== undefined && typeof noWd !== 'function')
    throw new Error(`'noWd' must be a function, as in ({name}) => name.includes('bias'); got ${shown(noWd)}.`);
  return {trainBn, wdBnBias, noWd};
}

/**
 * The value of every hyper: the given value, or its default. An option that is set by name becomes a hyper.
 * @param declared hypers that the optimizer has besides those of its callbacks.
 * @throws for a hyper that nothing declares, and for a missing hyper without a default.
 */
export function hyperValues(chain: Chain, settings: object, declared: HyperDefaults = {}): Map<string, HyperValue> {
  const defaults = new Map<string, number | Required>([...chain.hypers, ...Object.entries(declared)]);
  const values = new Map<string, HyperValue>();
  const given = new Map<string, HyperValue | undefined>(
    Object.entries(settings).filter(([name]) => !BASE_SETTINGS.includes(name)),
  );
  const isWrapper = chain.externals.length > 0;
  // An optimizer that is given a list of callbacks takes no others. Those of the table have checked the names before.
  const known = isWrapper ? ['hpMap', ...STEP_SETTINGS] : BASE_SETTINGS;
  for (const [name, value] of given) {
    if (value === undefined) continue;
    if (!defaults.has(name) && !chain.options.has(name))
      throw unknownHyper(name, [...defaults.keys(), ...chain.options.keys()], known);
    const sample = Array.isArray(value) ? Array.from<unknown>(value)[0] : value;
    // What is not an option is a number. Only a wrapped optimizer can have hypers that are true or false.
    const option = chain.options.get(name);
    if (typeof option === 'boolean' || (typeof sample === 'boolean' && !isWrapper))
      checkHyper(name, sample, option ?? 0);
    values.set(name, value);
  }
  for (const [name, value] of defaults) {
    if (values.has(name)) continue;
    if (typeof value !== 'number') throw new Error(`The hyper '${name}' has no default: give it, as in {${name}: …}.`);
    values.set(name, value);
  }
  return values;
}

/** Declares hypers with their values as defaults, for an optimizer whose callbacks do not read all of them. */
export function numbersIn(values: Readonly<Record<string, Scalar>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
}
