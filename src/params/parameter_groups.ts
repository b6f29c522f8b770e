import type * as tf from '@tensorflow/tfjs-core';

import type {External, Scalar} from '../rule/declaration';
import {checkHyper, hyperView, unknownHyper} from '../rule/hypers';
import type {Ranges} from '../rule/range';
import {type HyperValue, spread} from '../rule/slice';
import type {UnreadSchedule} from '../schedule/engine';
import {LateMoving} from '../schedule/late_moving';
import type {MovesHypers} from '../schedule/moving';
import type {ScheduleState} from '../schedule/running';
import {at} from '../util/at';
import {answerOf} from '../util/options';
import {checkValues} from '../util/settings_check';
import {shown} from '../util/shown';
import {isLive} from '../util/tensors';
import {warn} from '../util/warn';
import {clearEntries, type Flags, type Group, indexOf, newParameter, type Parameter} from './parameter';
import {isTrainable} from './trainable';
import {checkVariable} from './variables_of';
import {kindByName} from './weight_kind';

/** How an optimizer treats different kinds of parameters. */
export interface Treatment {
  /** Normalization parameters train although their group is frozen. Default true. */
  readonly trainBn: boolean;
  /** Weight decay and L2 act on biases and normalization parameters too. Default false. */
  readonly wdBnBias: boolean;
  /** Tells further parameters on which weight decay and L2 do not act. */
  readonly noWd: ((variable: tf.Variable) => boolean) | undefined;
}

/** The parameters of an optimizer in their groups. Each group has its hypers and can be frozen. */
export class ParameterSet {
  /** The first group that `freezeTo` left trainable, as in fastai. */
  frozenIdx = 0;
  readonly #late: LateMoving;
  readonly #everyGroup: readonly Group[];
  readonly #byVariable = new Map<tf.Variable, Parameter>();
  #warnedOfEmpty = false;
  /** The memo of `parameters`. Absent after each change. */
  #ordered: readonly Parameter[] | undefined;

  /**
   * @param lists the variables of each group; absent where the optimizer takes the variables that it is first given.
   * @param n the number of groups.
   * @param values each hyper's value for all groups, as it was given.
   * @param externals outside objects that hold some of the hypers.
   * @param ranges the ranges of hypers, and of options, which can be set like hypers.
   */
  constructor(
    lists: ReadonlyArray<readonly tf.Variable[]> | undefined,
    n: number,
    readonly values: ReadonlyMap<string, HyperValue>,
    readonly treatment: Treatment,
    externals: readonly External[] = [],
    readonly ranges: Ranges = new Map(),
  ) {
    const columns = [...values].map(([name, value]) => {
      const column = spread(name, value, n);
      for (const entry of column) checkHyper(name, entry, entry, ranges);
      return [name, column] as const;
    });
    this.#everyGroup = Array.from({length: n}, (_, i) => ({
      index: i,
      parameters: [],
      frozen: 'no',
      hypers: Object.fromEntries(columns.map(([name, column]) => [name, at(column, i)])),
    }));
    this.#late = new LateMoving(
      this.#everyGroup.map(({hypers}) => hypers),
      ranges,
    );
    this.groups.forEach(({hypers}, i) => {
      externals.forEach(external => {
        external.link(hypers, i);
      });
    });
    if (lists === undefined) return;
    this.warnOfEmpty(lists);
    for (const [i, list] of lists.entries()) for (const variable of list) this.add(variable, i);
  }

  /** Moves the hypers that follow schedules. */
  get moving(): MovesHypers {
    return this.#late.now;
  }

  /** The schedules to save. */
  get schedule(): ScheduleState | UnreadSchedule | undefined {
    return this.#late.toSave;
  }

  /** Replaces all schedules by saved ones. */
  loadSchedule(schedule: ScheduleState | UnreadSchedule | undefined): void {
    this.#late.load(schedule);
  }

  find(variable: tf.Variable): Parameter | undefined {
    return this.#byVariable.get(variable);
  }

  /** The groups, with those parameters whose variables are not disposed. */
  get groups(): readonly Group[] {
    this.#dropDisposed();
    return this.#everyGroup;
  }

  /** The number of groups, as users count them. */
  get count(): number {
    return indexOf(at(this.#everyGroup, this.#everyGroup.length - 1)) + 1;
  }

  /** The variables of each group, as users count groups. */
  get lists(): tf.Variable[][] {
    const lists = Array.from({length: this.count}, (): tf.Variable[] => []);
    for (const {variable, group} of this.parameters) at(lists, indexOf(group)).push(variable);
    return lists;
  }

  /** All parameters, in group order. */
  get parameters(): readonly Parameter[] {
    this.#dropDisposed();
    this.#ordered ??= this.#everyGroup.flatMap(({parameters}) => parameters);
    return this.#ordered;
  }

  /** The index of the group that a variable joins without saved state: the last. */
  groupFor(_variable: tf.Variable): number {
    return this.#everyGroup.length - 1;
  }

  /** Adds a variable to a group, by default to that of `groupFor`. */
  add(variable: tf.Variable, index = this.groupFor(variable)): Parameter {
    checkVariable(variable);
    return this.#put(newParameter(variable, at(this.#everyGroup, index)));
  }

  #put(parameter: Parameter): Parameter {
    parameter.group.parameters.push(parameter);
    this.#ordered = undefined;
    this.#byVariable.set(parameter.variable, parameter);
    return parameter;
  }

  /** Puts other lists of variables in the groups. Variables that were there before keep their state. */
  replace(lists: ReadonlyArray<readonly tf.Variable[]>): void {
    if (lists.length !== this.count)
      throw new Error(
        `Trying to set ${lists.length} lists of parameters but there are ${this.count} parameter groups.`,
      );
    this.warnOfEmpty(lists);
    this.fill(lists);
  }

  /** Puts these lists in the groups, which are as many. */
  protected fill(lists: ReadonlyArray<readonly tf.Variable[]>): void {
    const before = new Map(this.#byVariable);
    this.#byVariable.clear();
    this.#ordered = undefined;
    this.groups.forEach((group, i) => {
      group.parameters.length = 0;
      for (const variable of at(lists, i)) {
        const known = before.get(variable);
        if (known === undefined) this.add(variable, i);
        else this.#put(Object.assign(known, {group}));
      }
    });
    for (const [variable, parameter] of before) if (!this.#byVariable.has(variable)) clearEntries(parameter);
  }

  /** Removes disposed variables, with their state. */
  #dropDisposed(): void {
    const left = new Set<Group>();
    for (const [variable, parameter] of this.#byVariable) {
      if (isLive(variable)) continue;
      clearEntries(parameter);
      this.#byVariable.delete(variable);
      left.add(parameter.group);
    }
    if (left.size === 0) return;
    this.#ordered = undefined;
    for (const {parameters} of left) {
      const living = parameters.filter(({variable}) => isLive(variable));
      parameters.length = 0;
      for (const parameter of living) parameters.push(parameter);
    }
  }

  trains({variable, flags, kind, group: {frozen}}: Parameter): boolean {
    if (!isTrainable(variable) || frozen === 'wholly') return false;
    return frozen === 'no' || (flags.forceTrain ?? (this.treatment.trainBn && kind === 'normalization'));
  }

  decays({variable, flags, kind}: Parameter): boolean {
    const {wdBnBias} = this.treatment;
    return flags.doWd ?? !((!wdBnBias && kind !== undefined) || this.#isWithoutWd(variable));
  }

  /**
   * The flags of a parameter as they are saved. They also say what a configuration can't hold: the result of the
   * function `noWd`, and what follows from a kind that the variable's name does not tell.
   */
  flagsToSave(parameter: Parameter): Flags {
    const {variable, flags, kind} = parameter;
    const {trainBn} = this.treatment;
    if (kind !== kindByName(variable.name))
      return {doWd: this.decays(parameter), forceTrain: trainBn && kind === 'normalization', ...flags};
    return flags.doWd === undefined && this.#isWithoutWd(variable) ? {...flags, doWd: false} : flags;
  }

  #isWithoutWd(variable: tf.Variable): boolean {
    const {noWd} = this.treatment;
    return noWd !== undefined && answerOf('noWd', variable, noWd(variable));
  }

  /**
   * The hypers of each group. Writes to them are checked and act on the next step.
   * @param check throws where the optimizer no longer owns this set.
   */
  hyperViews(check: () => unknown): Array<Record<string, Scalar>> {
    return this.groups.map(({hypers}, i) =>
      hyperView(
        hypers,
        check,
        name => {
          this.moving.release(name, i);
        },
        this.rangesIn(i),
      ),
    );
  }

  /**
   * Sets hypers in those of the groups that have them.
   * @param groups the groups; default all.
   * @throws where one of them can't be set; then nothing is set.
   */
  setHypers(values: Readonly<Record<string, HyperValue | undefined>>, groups: readonly Group[] = this.groups): void {
    checkValues('setHypers(', values);
    const columns = Object.entries(values).map(([name, value]) => {
      const having = groups.filter(({hypers}) => Object.hasOwn(hypers, name));
      if (having.length === 0) throw unknownHyper(name, new Set(groups.flatMap(({hypers}) => Object.keys(hypers))));
      if (value === undefined) checkHyper(name, value, having[0]?.hypers[name]);
      const column = this.spread(name, value, groups === this.groups);
      for (const {hypers, index} of having) checkHyper(name, at(column, index), hypers[name], this.rangesIn(index));
      return {name, column, having};
    });
    for (const {name, column, having} of columns) {
      for (const {hypers, index} of having) {
        hypers[name] = at(column, index);
        this.moving.release(name, index);
      }
    }
  }

  /** To be called when variables have joined without `params`. */
  joined(): void {
    // Only a partition has something to check.
  }

  /** One value for each group. @param ofAll whether the value is for all groups, and not for those of one part. */
  protected spread(name: string, value: HyperValue, _ofAll: boolean): Scalar[] {
    return spread(name, value, this.groups.length);
  }

  /** The ranges of the hypers and options of a group. */
  protected rangesIn(_group: number): Ranges {
    return this.ranges;
  }

  freezeTo(n: number): void {
    if (!Number.isInteger(n))
      throw new Error(`freezeTo takes the index of the first group to train, a whole number; got ${shown(n)}.`);
    const {count} = this;
    if (n < 0) this.#groupsAt(n);
    this.frozenIdx = n >= 0 ? n : count + n;
    if (this.frozenIdx >= count) warn(`Freezing ${this.frozenIdx} groups; model has ${count}; whole model is frozen.`);
    for (const group of this.groups) group.frozen = indexOf(group) < this.frozenIdx ? 'unless forced' : 'no';
  }

  setFreeze(n: number, trainable: boolean, ignoreForceTrain: boolean): void {
    for (const group of this.#groupsAt(n))
      group.frozen = trainable ? 'no' : ignoreForceTrain ? 'wholly' : 'unless forced';
  }

  /** Warns of an empty group. It is mostly a mistake, but right in programs that compute their lists. */
  protected warnOfEmpty(lists: ReadonlyArray<readonly tf.Variable[]>): void {
    const empty = lists.findIndex(list => list.length === 0);
    if (empty < 0 || this.#warnedOfEmpty) return;
    this.#warnedOfEmpty = true;
    warn(`the parameter group ${empty} is empty. Leave it out of \`params\`, or put parameters in it.`);
  }

  /** The user's group of that index: one, or several in a partition. */
  #groupsAt(n: number): Group[] {
    const {count} = this;
    const groups = this.#everyGroup.filter(group => indexOf(group) === (n < 0 ? count + n : n));
    if (groups.length === 0) throw new Error(`There is no parameter group ${n}; there are ${count}.`);
    return groups;
  }
}
