import * as tf from '@tensorflow/tfjs-core';

import {skipping, type SkipSettings} from '../callbacks/skip_settings';
import {DividedSet, type PartOfSet} from '../params/divided_groups';
import {ParameterSet} from '../params/parameter_groups';
import {isSavedTaker, takerFrom} from '../params/takers';
import {type ParamGroups, variablesOf} from '../params/variables_of';
import {type Chain, chainIn, chainOf} from '../rule/chain';
import type {Callback, HyperDefaults} from '../rule/declaration';
import {ALL, type Divided, dividedChain, PARTITION, type PartSettings} from '../rule/division';
import {installSchedules} from '../schedule/install_schedules';
import {isInstance} from '../state/registered_class';
import {readConfig, rulesIn} from '../state/saved_config';
import {at} from '../util/at';
import {dict, flag, list, malformed, numbers, text} from '../util/config_reader';
import {checkCore} from '../util/core_copies';
import {listOf} from '../util/iterable';
import {checkSettings} from '../util/settings_check';
import {ruleOf} from './description';
import {ExtendedOptimizer} from './extended_optimizer';
import {Optimizer} from './optimizer';
import {type Part, typedParts} from './part';
import {checkDecays, checkNew, checkShared, partsIn, takerOf, valuesIn} from './part_specs';
import {partViews} from './part_view';
import {
  type AnyCallback,
  type BaseSettings,
  type HyperNames,
  type HYPERS,
  hyperValues,
  numbersIn,
  type Settings,
  treatmentOf,
} from './settings';
import {tableHypers} from './table_hypers';
import {TrainingState} from './training_state';

/** Which variables a part takes: variables, layers, a model, lists of these, or a function that is true for them. */
export type PartVariables = ParamGroups | ((variable: tf.Variable) => boolean);

/** One part, as it is given: what it takes, and the optimizer that trains it. */
export interface PartSpec {
  /** What it takes of what the parts before it have left. Every part but the last has it. */
  readonly of: PartVariables;
  /** The optimizer that trains it, made without `params`. The partition takes it over. */
  readonly by: Optimizer;
  /** Whether one-cycle leaves the `mom` of this part alone, unless it is given `moms`. Default false. */
  readonly keepMom?: boolean;
  /** What `summary()` calls the part. Default: the rule or class of its optimizer. */
  readonly name?: string;
}

/** The last part, which takes the rest. */
export interface RestSpec {
  /** The last part has none. */
  readonly of?: undefined;
  /** The optimizer that trains it, made without `params`. The partition takes it over. */
  readonly by: Optimizer;
  /** Whether one-cycle leaves the `mom` of this part alone, unless it is given `moms`. Default false. */
  readonly keepMom?: boolean;
  /** What `summary()` calls the part. Default: the rule or class of its optimizer. */
  readonly name?: string;
}

/** The parts of a partition. A variable belongs to the first part that takes it. */
export type PartSpecs = readonly [...parts: PartSpec[], rest: RestSpec];

/** Settings of a partition: those of every optimizer, and the hypers and options of `callbacks` and `after` by name. */
export type PartitionSettings<
  C extends readonly AnyCallback[] = readonly [],
  A extends readonly AnyCallback[] = readonly [],
> = object &
  BaseSettings &
  SkipSettings & {
    /** Callbacks that run first, on the variables of all parts. Their totals are sums over all parts. */
    readonly callbacks?: C;
    /** Callbacks that run last, on the variables of all parts. Their totals are sums over all parts. */
    readonly after?: A;
  } & Partial<Settings<readonly [...C, ...A]>>;

/** The parts of a partition, each with the hypers of its optimizer. */
export type PartsOf<L extends PartSpecs, H extends string> = {
  readonly [I in keyof L]: Part<NonNullable<L[I]['by'][typeof HYPERS]> | H>;
};

/**
 * One optimizer in which a variable is trained by the first part that takes it. See {@link partition}.
 * @example
 * ```ts
 * const opt = new Partition([{of: head, by: sgd(0.1)}, {by: adamW(1e-3)}]);
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * ```
 */
export class Partition<
  const L extends PartSpecs = PartSpecs,
  const C extends readonly AnyCallback[] = readonly AnyCallback[],
  const A extends readonly AnyCallback[] = readonly [],
> extends Optimizer<readonly Callback[]> {
  static override get className(): string {
    return PARTITION;
  }

  /** What the optimizers of the parts may have declared. Their classes, and so the defaults, are not saved. */
  static override get declaredHypers(): HyperDefaults {
    return tableHypers();
  }

  /** @throws where the parts are not such a list, and where an optimizer can't be a part; then nothing is changed. */
  constructor(parts: L, settings?: PartitionSettings<C, A>, ...more: undefined[]) {
    checkSettings('partition(parts, ', [settings, ...more]);
    const specs = partsIn(parts);
    super([], {});
    const {
      callbacks = [],
      after = [],
      params,
      trainBn,
      wdBnBias,
      noWd,
      skipNonFinite,
      ...values
    }: PartitionSettings<readonly AnyCallback[], readonly AnyCallback[]> = {...settings};
    const inner = specs.map(({by}) => by);
    const states = inner.map((optimizer, i) => {
      checkWhole(i, optimizer);
      const training = this.trainingOf(optimizer);
      checkNew(i, optimizer, training);
      return training;
    });
    const forAll = (list: Iterable<AnyCallback> | AnyCallback) =>
      [...listOf<AnyCallback>(list)].map((callback): Divided => [ALL, callback]);
    const gate = skipping(skipNonFinite, values.maxGradNorm);
    const divided = [
      ...forAll([...listOf<AnyCallback>(callbacks), ...gate]),
      ...states.flatMap(({chain}, part) => chain.callbacks.map((callback): Divided => [part, callback])),
      ...forAll(after),
    ];
    const common = chainOf([...listOf<AnyCallback>(callbacks), ...gate, ...listOf<AnyCallback>(after)]);
    checkShared(common, values);
    const settled = specs.map(({of, by, keepMom, name}, part): PartOfSet => ({
      name: name ?? ruleOf(at(states, part)) ?? by.getClassName().replace('TfjsOptim', ''),
      takes: takerOf(of, part),
      keepsMom: keepMom,
      ranges: new Map(),
    }));
    checkDecays(common.callbacks, settled, states);
    const chain = dividedChain(divided, settled.map(settingsOf));
    const lists = params === undefined ? undefined : variablesOf(params);
    lists?.flat().forEach(checkCore);
    const count = lists?.length ?? 1;
    const treatment = treatmentOf({trainBn, wdBnBias, noWd});
    const columns = states.map(({set}, part) => {
      const mine = chainIn(chain, part);
      const known = hyperValues(mine, {...valuesIn(set), ...values}, numbersIn(at(set.groups, 0).hypers));
      return new ParameterSet(undefined, count, known, treatment, [], mine.ranges).groups;
    });
    const hypers = Array.from({length: count}, (_, i) => columns.map(groups => at(groups, i).hypers)).flat();
    const set = new DividedSet(
      hypers,
      settled.map((part, i) => ({...part, ranges: chainIn(chain, i).ranges})),
      treatment,
    );
    if (lists !== undefined) set.replace(lists);
    const rules = [...new Set(states.flatMap(state => state.rules))];
    this.adopt(dividedTraining(chain, set, lists !== undefined, rules));
    for (const optimizer of inner) this.released(optimizer);
    Partition.register();
  }

  /**
   * Registers the class, so that saved partitions can be loaded. Making a partition does this too. A page that only
   * loads partitions must call it before `tf.loadLayersModel`. Importing the package does not do it, because then every
   * bundle would contain the partition.
   */
  static register(): void {
    tf.serialization.registerClass(Partition);
  }

  /** The parts, in order. */
  get parts(): PartsOf<L, HyperNames<readonly [...C, ...A]>> {
    return typedParts(Partition.partsIn(this));
  }

  /**
   * Makes a partition from what `getConfig` returned. Of the rules by which parts take variables, only those of the
   * package are saved.
   */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    // A partition needs this code anyway. With it, saved schedules are read at once.
    installSchedules();
    const saidParts = list(config, 'parts');
    const owned = saidParts.map(part => numbers(part, 'callbacks'));
    const indices = owned.flat();
    const known = list(config, 'callbacks');
    // An index that no callback has would leave that part without it, and give all parts another one.
    if (owned.length === 0 || indices.some((i, at) => known[i] === undefined || indices.indexOf(i) < at))
      malformed('parts');
    if (list(config, 'groups').length % owned.length !== 0) malformed('groups');
    const rules = rulesIn(config);
    const parts = saidParts.map((part, i): PartOfSet => {
      const takes = part['takes'] === undefined ? undefined : takerFrom(dict(part, 'takes'), rules);
      // Version 0.1 saved no names.
      const name = part['name'] === undefined ? `part ${i}` : text(part, 'name');
      return {name, takes, keepsMom: flag(part, 'keepsMom'), ranges: new Map()};
    });
    const saved = readConfig(config, [], cls, callbacks =>
      dividedChain(
        callbacks.map((callback, i): Divided => {
          if (callback.declaration.external !== undefined) malformed('callbacks');
          return [owned.findIndex(mine => mine.includes(i)), callback];
        }),
        parts.map(settingsOf),
      ),
    );
    // The base constructor, because that of the class takes optimizers.
    const isPartition = Object.is(cls, Partition) || Object.prototype.isPrototypeOf.call(Partition, cls);
    const made: unknown = isPartition ? Reflect.construct(Optimizer, [[], {}], cls) : undefined;
    if (!(made instanceof Partition) || !isInstance(cls, made))
      throw new Error(`${cls.className} must be a partition of tfjs-optim.`);
    const {chain, hypers, trainBn, wdBnBias, explicit} = saved;
    const set = new DividedSet(
      hypers,
      parts.map((part, i) => ({...part, ranges: chainIn(chain, i).ranges})),
      treatmentOf({trainBn, wdBnBias}),
    );
    const training = dividedTraining(chain, set, explicit, saved.rules);
    training.loadConfig(saved, set);
    made.adopt(training);
    return made;
  }
}

/**
 * One optimizer of several: a variable is trained by the first part whose `of` takes it, and the last part takes the
 * rest. All parts make one step together, in one kernel, and are saved together. Which variable is in which part is
 * saved too; after loading, a variable that was not saved goes to the last part. The rule of `muon` is saved, so its
 * late variables go where they belong.
 *
 * ```ts
 * const opt = partition([{of: model.layers[0], by: sgd(0.1, {mom: 0.9})}, {by: adamW(1e-3)}]);
 * opt.setHyper('wd', 0.05); // in all parts that have it
 * opt.parts[0].setHyper('lr', 0.01);
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * ```
 * `params` are the groups of the user. Every group is divided by part, so freezing, `fineTune`, `slice` and lists of
 * values count the groups of the user. `hypers` has a row per group and part: `[g0/part0, g0/part1, g1/part0, …]`. A
 * schedule moves a hyper in every part that has it; a policy, such as one-cycle, is asked for each part by itself.
 * `lookahead` and `ema` of a partition add their callback to each part, and have `parts` too.
 * @param parts each `{of, by}`; the last one only `{by}`.
 * @param settings `params`, `trainBn`, `wdBnBias` and `noWd`, as for every optimizer; `callbacks` and `after`, which
 *   run for all parts, with their hypers and options by name.
 * @throws where the parts are not such a list; where an optimizer has `params`, was used before, or wraps another one;
 *   and for a setting that none of the callbacks for all parts has.
 * @example
 * ```ts
 * model.compile({optimizer: partition([{of: head, by: sgd(0.1)}, {by: adamW(1e-3)}]), loss: 'meanSquaredError'});
 * ```
 */
export function partition<
  const L extends PartSpecs,
  const C extends readonly AnyCallback[] = readonly [],
  const A extends readonly AnyCallback[] = readonly [],
>(parts: L, settings?: PartitionSettings<C, A>, ...more: undefined[]): Partition<L, C, A> {
  return new Partition(parts, settings, ...more);
}

function settingsOf({name, keepsMom, takes}: PartOfSet): PartSettings {
  return {name, keepsMom, takes: takes !== undefined && isSavedTaker(takes) ? takes.toConfig() : undefined};
}

/** What a partition has. */
function dividedTraining(chain: Chain, set: DividedSet, explicit: boolean, rules: readonly string[]): TrainingState {
  const training = new TrainingState(chain, set, explicit, rules);
  training.parts = check => partViews(training, set, check);
  return training;
}

/** @throws where the optimizer is made over another one. */
function checkWhole(part: number, by: Optimizer): void {
  const name = by.getClassName().replace('TfjsOptim', '');
  if (by instanceof ExtendedOptimizer)
    throw new Error(
      `Part ${part} is of the class ${name}; put it around the partition, as in lookahead(partition([…])).`,
    );
  if (by instanceof Partition) throw new Error(`Part ${part} is a partition itself; list its parts here.`);
  if (by.callbacks.some(({declaration}) => declaration.external !== undefined))
    throw new Error(
      `Part ${part} is of the class ${name}; use an optimizer of tfjs-optim, such as adam(1e-3), instead.`,
    );
}
