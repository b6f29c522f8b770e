import {backend} from '@tensorflow/tfjs-core';

import {l2Reg, weightDecay} from '../callbacks/decay';
import {skipping, type SkipSettings} from '../callbacks/skip_settings';
import {isCallback, isDecaying} from '../rule/chain';
import type {Callback, HyperDefaults} from '../rule/declaration';
import {unknownHyper} from '../rule/hypers';
import type {HyperValue} from '../rule/slice';
import {listOf} from '../util/iterable';
import {shown} from '../util/shown';
import {Optimizer} from './optimizer';
import {checkRowArguments} from './row_arguments';
import {
  type AnyCallback,
  type BaseSettings,
  type DecaySettings,
  type HyperNames,
  type HYPERS,
  type SettingOf,
  type Settings,
  STEP_SETTINGS,
} from './settings';
import {declareTableHypers} from './table_hypers';

/** Settings that every optimizer of the table takes beside its hypers. */
export interface RowSettings<
  P extends readonly AnyCallback[],
  A extends readonly AnyCallback[] = readonly AnyCallback[],
  D = AnyCallback,
>
  extends BaseSettings, SkipSettings {
  /** Decay the weights themselves (true, the default), or add `wd·p` to the gradient as L2 regularization does. */
  readonly decoupleWd?: boolean;
  /**
   * The weight decay in place of `weightDecay`, such as `correctedDecay`, `independentDecay` or `cautiousDecay`. Its
   * hypers and options are set by name like the others. If it has a hyper `lr0` that is not given, `lr0` is the
   * learning rate of each group that the optimizer is made with. It runs before the optimizer's own callbacks. If it
   * takes the update, it runs after them, and after the first callbacks of `after` that take it too. Not together with
   * `decoupleWd: false`, and not for optimizers whose step decays. A number is the `decay` of a callback that has it,
   * such as `averageWeights`.
   */
  readonly decay?: D;
  /** Callbacks to run before the optimizer's own, such as clipping. Their hypers are set by name like the others. */
  readonly callbacks?: P;
  /**
   * Callbacks to run after the optimizer's step, such as those that take its update (`takesUpdate`). Their hypers are
   * set by name like the others.
   */
  readonly after?: A;
}

/**
 * What an optimizer of the table is given beside the learning rate. Ranges: `lr`, `wd`, `eps`, `trustCoeff` and `beta`
 * from 0; `mom` and `sqrMom` from 0 to below 1; `nu1` and `nu2` any number, from 0 to 1 by their meaning. `object`
 * keeps the compiler from taking a number for settings of which none are given.
 */
export type RowOptions<
  H,
  X,
  P extends readonly AnyCallback[],
  A extends readonly AnyCallback[] = readonly [],
  D extends AnyCallback = never,
> = object & {readonly [K in keyof H]?: HyperValue} & X &
  RowSettings<P, A, D | SettingOf<readonly [...P, ...A], 'decay'>> &
  Settings<readonly [...P, ...A], 'lr' | (keyof H & string) | 'decay'> &
  DecaySettings<D>;

/** What the factory of a row is given beside the learning rate. */
export type Options<
  R extends {readonly hypers: object; readonly extra: object},
  P extends readonly AnyCallback[],
  A extends readonly AnyCallback[] = readonly [],
  D extends AnyCallback = never,
> = RowOptions<R['hypers'], Partial<R['extra']>, P, A, D>;

/** An optimizer with the hypers of a row, and those of the callbacks around its own. */
export type RowOptimizer<
  H,
  P extends readonly AnyCallback[],
  A extends readonly AnyCallback[],
  D extends AnyCallback = never,
> = Optimizer<readonly Callback[]> & {
  readonly [HYPERS]?: 'lr' | (keyof H & string) | HyperNames<readonly [...P, ...A, D]>;
};

type RowHypers = Readonly<Record<string, number>>;

/** The setting of rows that can compute what an optimizer of `tf.train` does. */
export interface LikeTrain {
  /**
   * `'tf.train'`: the maths and the defaults of the optimizer of `tf.train`. `eps` is then that of the backend when the
   * optimizer is made, 1e-4 on WebGL and 1e-7 on others. So the backend must be ready, unless `eps` is given. Default:
   * those of the row.
   */
  readonly like: 'tf.train' | undefined;
}

/** For `extra` of rows that have the setting. */
export const notLikeTrain: LikeTrain = {like: undefined};

/** A row of the table of optimizers. The docstring of its factory says the rest: formula, source, memory, use. */
export interface OptimizerRow<H, X> {
  /** The function that makes it. */
  readonly name: string;
  /** What the function takes before the learning rate, as code with a comma. Default: nothing. */
  readonly first?: string;
  /** The default learning rate. Default 1e-3. */
  readonly lr?: number;
  /** The hypers and their defaults, beside `lr`. */
  readonly hypers: H;
  /** Settings that are neither hypers nor common to all optimizers, with their defaults. */
  readonly extra: X;
  /** Options of its callbacks that are settings by name, and so can differ between groups. Default: none. */
  readonly options?: readonly string[];
  /** Other defaults of hypers and `lr` with the setting `like: 'tf.train'`. That of `eps` is the backend's. */
  readonly train?: {readonly [K in keyof H | 'lr']?: number};
  /** Whether its own callbacks decay the weights. Then it has no setting `decoupleWd`. Default false. */
  readonly decays?: boolean;
  /** Called with what was given, to warn of a learning rate or settings that are a mistake, or to refuse them. */
  readonly check?: (lr: HyperValue | undefined, given: Readonly<Record<string, unknown>>) => void;
  /** The default learning rate with the settings that were given, where it is another one. */
  readonly lrWith?: (given: Readonly<Record<string, unknown>>) => number | undefined;
  /** The callbacks after decay. `uses` says whether a hyper is not 0 when the optimizer is made. */
  readonly chain: (uses: (hyper: keyof H & string) => boolean, extra: X) => readonly Callback[];
}

/** What the class of a row can do; named, so that declarations can be written. */
export interface RowClass<H, X> {
  /** The name by which saved models find the class. */
  readonly className: string;
  /** The hypers of the class, with their defaults. */
  readonly declaredHypers: HyperDefaults;
  /** Makes an optimizer from what `getConfig` gave. */
  readonly fromConfig: typeof Optimizer.fromConfig;
  /**
   * @param lr the learning rate: one, one per group, or a `slice`. Default 1e-3.
   * @param options hypers by name, each one value, one value per group, or a `slice`; `decoupleWd`, `decay`,
   *   `callbacks`, `after`, and the settings of every optimizer.
   * @throws for unknown or impossible hypers, settings that are given one by one, or parameters that can't be trained.
   */
  new <
    const P extends readonly AnyCallback[] = readonly [],
    const A extends readonly AnyCallback[] = readonly [],
    const D extends AnyCallback = never,
  >(
    lr?: HyperValue,
    options?: RowOptions<H, Partial<X>, P, A, D>,
    ...more: undefined[]
  ): RowOptimizer<H, P, A, D>;
}

/**
 * The class of a row. Only fastai's optimizers have one, because models were saved with it. A new row has a factory.
 * @param name of the class in saved models.
 */
export function rowClass<const H extends RowHypers, X extends object>(
  name: string,
  row: OptimizerRow<H, X>,
): RowClass<H, X> {
  const declared: HyperDefaults = row.hypers;
  declareTableHypers(declared);
  return class<
    const P extends readonly AnyCallback[] = readonly [],
    const A extends readonly AnyCallback[] = readonly [],
    const D extends AnyCallback = never,
  > extends Optimizer<readonly Callback[]> {
    declare readonly [HYPERS]?: 'lr' | (keyof H & string) | HyperNames<readonly [...P, ...A, D]>;

    static override get className(): string {
      return `TfjsOptim${name}`;
    }

    static override get declaredHypers(): HyperDefaults {
      return declared;
    }

    constructor(lr?: HyperValue, options?: RowOptions<H, Partial<X>, P, A, D>, ...more: undefined[]) {
      const {callbacks, settings} = composed(row, lr, [options, ...more]);
      super(callbacks, settings, declared);
    }
  };
}

/** A factory that bundles leave out where nothing uses it. */
export interface Registering {
  /**
   * Makes sure that the rule is part of a bundle, so that a model that was saved with it can be loaded. Making an
   * optimizer does this too. A page that only loads must call it before `tf.loadLayersModel`.
   */
  register(): void;
}

/** Makes the optimizers of a row. */
export interface Factory<H, X> extends Registering {
  /**
   * @param lr the learning rate: one, one per group, or a `slice`.
   * @param options hypers by name, each one value, one value per group, or a `slice`; `decoupleWd`, `decay`,
   *   `callbacks`, `after`, and the settings of every optimizer.
   * @throws for unknown or impossible hypers, settings that are given one by one, or parameters that can't be trained.
   */
  <
    const P extends readonly AnyCallback[] = readonly [],
    const A extends readonly AnyCallback[] = readonly [],
    const D extends AnyCallback = never,
  >(
    lr?: HyperValue,
    options?: RowOptions<H, Partial<X>, P, A, D>,
    ...more: undefined[]
  ): RowOptimizer<H, P, A, D>;
  /** The row. */
  readonly row: OptimizerRow<H, X>;
}

/**
 * The factory of a row. Its optimizers are saved as general optimizers, with the name of the rule. Call it with
 * `@__PURE__`, so that bundles leave out the rules that they don't use.
 */
export function rowFactory<const H extends RowHypers, X extends object>(row: OptimizerRow<H, X>): Factory<H, X> {
  declareTableHypers(row.hypers);
  const make = <
    const P extends readonly AnyCallback[] = readonly [],
    const A extends readonly AnyCallback[] = readonly [],
    const D extends AnyCallback = never,
  >(
    lr?: HyperValue,
    options?: RowOptions<H, Partial<X>, P, A, D>,
    ...more: undefined[]
  ): RowOptimizer<H, P, A, D> => {
    const {callbacks, settings} = composed(row, lr, [options, ...more]);
    return new Optimizer<readonly Callback[]>(callbacks, settings, row.hypers, [row.name]);
  };
  // Evaluating this module has registered the callbacks. The method only keeps it from being left out.
  return Object.assign(make, {row, register: () => undefined});
}

/** The callbacks of an optimizer of the table, and the settings that are left. @throws for other arguments. */
function composed<H extends RowHypers, X extends object>(
  row: OptimizerRow<H, X>,
  lr: HyperValue | undefined,
  given: readonly [options: object | undefined, ...more: undefined[]],
) {
  const {name, first, lr: usual = 1e-3, hypers, extra, decays = false, chain} = row;
  checkRowArguments(name, hypers, lr === undefined ? usual : lr, given, first, usual);
  const [options] = given;
  const {
    callbacks = [],
    after = [],
    skipNonFinite,
    decay,
    ...rest
  }: Record<string, unknown> & RowSettings<readonly AnyCallback[]> = {...options};
  const known: object = decays ? extra : {...extra, decoupleWd: true};
  const chosen = Object.entries(rest).filter(([setting]) => Object.hasOwn(known, setting));
  for (const [setting, value] of chosen) checkKind(name, setting, value, Reflect.get(known, setting));
  row.check?.(lr, rest);
  const settings = withDefaults(
    {lr: row.lrWith?.(rest) ?? usual, ...(rest['like'] !== undefined && defaultsLikeTrain(row, rest))},
    Object.fromEntries(Object.entries({...rest, lr}).filter(([setting]) => !Object.hasOwn(known, setting))),
  );
  const own = chain(
    hyper => (Reflect.get(settings, hyper) ?? hypers[hyper]) !== 0,
    Object.assign(
      {...extra},
      Object.fromEntries(chosen.filter(([setting, value]) => value !== undefined && Object.hasOwn(extra, setting))),
    ),
  );
  const before = listOf<AnyCallback>(callbacks);
  const later = listOf<AnyCallback>(after);
  // A number is the `decay` of another callback.
  const isNamed = !isCallback(decay) && [...before, ...later].some(hasDecay);
  const decaying = decayOf(row, isNamed ? undefined : decay, rest.decoupleWd);
  const second = [...before, ...later].find(cb => isCallback(cb) && isDecaying(cb))?.name;
  if (second !== undefined)
    throw new Error(
      `${name} decays the weights by itself; leave ${second} out${decays ? '' : `, or write {decay: ${second}}`}.`,
    );
  const list = [
    ...before,
    ...skipping(skipNonFinite, options === undefined ? undefined : Reflect.get(options, 'maxGradNorm')),
    ...withDecay(decaying, own, later),
  ];
  checkNames(row, settings, list.filter(isCallback), own, Object.keys(known));
  return {
    callbacks: list,
    settings: {
      ...settings,
      ...(isNamed && {decay}),
      ...(decaying !== undefined && 'lr0' in decaying.hypers && Reflect.get(settings, 'lr0') === undefined
        ? {lr0: settings.lr}
        : {}),
    },
  };
}

/**
 * The options of the row's own callbacks are not settings: the row has set them, or has a setting in their place.
 * @param settings those that are neither options of the row nor callbacks.
 * @throws for one that is unknown.
 */
function checkNames(
  {hypers, options = [], decays = false}: Pick<OptimizerRow<object, object>, 'hypers' | 'options' | 'decays'>,
  settings: object,
  callbacks: readonly Callback[],
  own: readonly Callback[],
  extra: readonly string[],
): void {
  const names = new Set([
    ...callbacks.flatMap(cb => Object.keys(cb.hypers)),
    ...Object.keys(hypers),
    ...options,
    ...callbacks.flatMap(cb => (own.includes(cb) ? [] : Object.keys(cb.options))),
  ]);
  const known = [...extra, ...(decays ? [] : ['decay']), ...STEP_SETTINGS];
  for (const [name, value] of Object.entries(settings))
    if (value !== undefined && !names.has(name) && !known.includes(name)) throw unknownHyper(name, names, known);
}

/** The defaults of the row with `like`. The backend is asked for its eps only where none was given. */
function defaultsLikeTrain<H extends RowHypers, X>(
  {hypers, train}: OptimizerRow<H, X>,
  given: Readonly<Record<string, unknown>>,
): object {
  return {...train, ...('eps' in hypers && given['eps'] === undefined && {eps: backend().epsilon()})};
}

/** Whether a callback has a hyper or an option with the name of the setting. */
function hasDecay(cb: unknown): boolean {
  return isCallback(cb) && ('decay' in cb.hypers || 'decay' in cb.options);
}

/**
 * The callback that decays; undefined where those of the rule do.
 * @param decay what was given.
 * @throws where the optimizer can't have it.
 */
function decayOf(
  {name, decays = false}: {readonly name: string; readonly decays?: boolean},
  decay: unknown,
  decoupleWd = true,
): Callback | undefined {
  if (decay === undefined) return decays ? undefined : decoupleWd ? weightDecay : l2Reg;
  if (decays) throw new Error(`${name} decays in its step; leave 'decay' out.`);
  checkDecay(name, decay);
  if (!decoupleWd) throw new Error(`${name}: 'decay' replaces what 'decoupleWd' chooses; leave one of them out.`);
  return decay;
}

/** @throws where the setting `decay` is not a callback that decays. */
export function checkDecay(factory: string, decay: unknown): asserts decay is Callback {
  if (!isCallback(decay))
    throw new Error(
      `${factory}: 'decay' must be a callback such as weightDecay; got ${shown(decay)}. ` +
        "The decay of averages is 'mom' and 'sqrMom' here.",
    );
  if (!isDecaying(decay))
    throw new Error(
      `${factory}: 'decay' must be a callback that decays the weights, such as weightDecay; got ${decay.name}. ` +
        'Give other callbacks in `callbacks` or `after`. A decay of your own without `wd` declares {decays: true}.',
    );
}

/** The rule's callbacks and those after them, with decay before the rule, or after it where it takes the update. */
function withDecay(
  decay: Callback | undefined,
  own: readonly Callback[],
  later: readonly AnyCallback[],
): readonly AnyCallback[] {
  if (decay === undefined) return [...own, ...later];
  if (!decay.declaration.takesUpdate) return [decay, ...own, ...later];
  // Before the first callback that needs the parameter after the step.
  const needing = later.findIndex(cb => !isCallback(cb) || !cb.declaration.takesUpdate);
  const takers = needing === -1 ? later.length : needing;
  return [...own, ...later.slice(0, takers), decay, ...later.slice(takers)];
}

/** @throws where a setting is not of the type of its default. */
function checkKind(factory: string, setting: string, value: unknown, sample: unknown): void {
  if (value === undefined || (sample === undefined ? value === 'tf.train' : typeof value === typeof sample)) return;
  const right =
    sample === undefined
      ? "'tf.train' or left out"
      : typeof sample === 'boolean'
        ? 'true or false'
        : `a ${typeof sample} such as ${shown(sample)}`;
  throw new Error(`${factory}: '${setting}' must be ${right}; got ${shown(value)}.`);
}

/** Other defaults for what is not given; an option that is `undefined` is not given either. */
export function withDefaults<D extends object, O extends object>(defaults: D, options: O | undefined): D & O {
  return Object.assign(
    {...defaults},
    options,
    Object.fromEntries(
      Object.entries(defaults).filter(([name]) => options !== undefined && Reflect.get(options, name) === undefined),
    ),
  );
}
