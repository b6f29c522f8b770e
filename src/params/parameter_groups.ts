import type * as tf from '@tensorflow/tfjs-core';

import type {External, Scalar} from '../rule/declaration';
import {checkHyper, hyperView, unknownHyper} from '../rule/hypers';
import type {Range} from '../rule/range';
import {type HyperValue, spread} from '../rule/slice';
import {Moving} from '../schedule/moving';
import {at} from '../util/at';
import {warn} from '../util/warn';
import {clearEntries, type Flags, type Group, newParameter, type Parameter} from './parameter';
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
  /** Moves the hypers that follow schedules. */
  readonly moving: Moving;
  readonly #everyGroup: readonly Group[];
  readonly #byVariable = new Map<tf.Variable, Parameter>();
  #warnedOfEmpty = false;
  /** The memo of `parameters`. Absent after each change. */
  #ordered: readonly Parameter[] | undefined;

  /**
   * @param lists the variables of each group; absent where the optimizer takes the variables that it is first given.
   * @param n the number of groups.
   * @param values each hyper's value for all groups.
   * @param externals outside objects that hold some of the hypers.
   * @param ranges the ranges of options, which can be set like hypers.
   */
  constructor(
    lists: ReadonlyArray<readonly tf.Variable[]> | undefined,
    n: number,
    values: ReadonlyMap<string, HyperValue>,
    readonly treatment: Treatment,
    externals: readonly External[] = [],
    readonly ranges: ReadonlyMap<string, Range> = new Map(),
  ) {
    const columns = [...values].map(
      ([name, value]) => [name, checkedSpread(name, value, n, undefined, ranges.get(name))] as const,
    );
    this.#everyGroup = Array.from({length: n}, (_, i) => ({
      index: i,
      parameters: [],
      frozen: 'no',
      hypers: Object.fromEntries(columns.map(([name, column]) => [name, at(column, i)])),
    }));
    this.moving = new Moving(this.#everyGroup.map(({hypers}) => hypers));
    this.groups.forEach(({hypers}, i) => {
      externals.forEach(external => {
        external.link(hypers, i);
      });
    });
    if (lists === undefined) return;
    this.#warnOfEmpty(lists);
    for (const [i, list] of lists.entries()) for (const variable of list) this.add(variable, i);
  }

  find(variable: tf.Variable): Parameter | undefined {
    return this.#byVariable.get(variable);
  }

  /** The groups, with those parameters whose variables are not disposed. */
  get groups(): readonly Group[] {
    this.#dropDisposed();
    return this.#everyGroup;
  }

  /** All parameters, in group order. */
  get parameters(): readonly Parameter[] {
    this.#dropDisposed();
    this.#ordered ??= this.#everyGroup.flatMap(({parameters}) => parameters);
    return this.#ordered;
  }

  /** Adds a variable to a group, by default the last. */
  add(variable: tf.Variable, index = this.#everyGroup.length - 1): Parameter {
    checkVariable(variable);
    return this.#put(newParameter(variable, this.#groupAt(index)));
  }

  #put(parameter: Parameter): Parameter {
    parameter.group.parameters.push(parameter);
    this.#ordered = undefined;
    this.#byVariable.set(parameter.variable, parameter);
    return parameter;
  }

  /** Puts other lists of variables in the groups. Variables that were there before keep their state. */
  replace(lists: ReadonlyArray<readonly tf.Variable[]>): void {
    if (lists.length !== this.groups.length)
      throw new Error(
        `Trying to set ${lists.length} lists of parameters but there are ${this.groups.length} parameter groups.`,
      );
    this.#warnOfEmpty(lists);
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
      if (!variable.isDisposed) continue;
      clearEntries(parameter);
      this.#byVariable.delete(variable);
      left.add(parameter.group);
    }
    if (left.size === 0) return;
    this.#ordered = undefined;
    for (const {parameters} of left) {
      const living = parameters.filter(({variable}) => !variable.isDisposed);
      parameters.length = 0;
      for (const parameter of living) parameters.push(parameter);
    }
  }

  trains({variable, flags, kind, group: {frozen}}: Parameter): boolean {
    if (!isTrainable(variable) || frozen === 'wholly') return false;
    return frozen === 'no' || (flags.forceTrain ?? (this.treatment.trainBn && kind === 'normalization'));
  }

  decays({variable, flags, kind}: Parameter): boolean {
    const {wdBnBias, noWd} = this.treatment;
    return flags.doWd ?? !((!wdBnBias && kind !== undefined) || noWd?.(variable) === true);
  }

  /**
   * The flags of a parameter as they are saved. They also say what a configuration can't hold: the result of the
   * function `noWd`, and what follows from a kind that the variable's name does not tell.
   */
  flagsToSave(parameter: Parameter): Flags {
    const {variable, flags, kind} = parameter;
    const {noWd, trainBn} = this.treatment;
    if (kind !== kindByName(variable.name))
      return {doWd: this.decays(parameter), forceTrain: trainBn && kind === 'normalization', ...flags};
    return flags.doWd === undefined && noWd?.(variable) === true ? {...flags, doWd: false} : flags;
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
        this.ranges,
      ),
    );
  }

  /** Sets hypers of all groups. @throws where one of them can't be set; then nothing is set. */
  setHypers(values: Readonly<Record<string, HyperValue>>): void {
    const {hypers: first} = at(this.groups, 0);
    const known = Object.keys(first);
    const columns = Object.entries(values).map(([name, value]) => {
      if (!known.includes(name)) throw unknownHyper(name, known);
      return [name, checkedSpread(name, value, this.groups.length, first[name], this.ranges.get(name))] as const;
    });
    for (const [name, column] of columns) {
      this.groups.forEach(({hypers}, i) => {
        hypers[name] = at(column, i);
      });
      this.moving.release(name);
    }
  }

  freezeTo(n: number): void {
    if (!Number.isInteger(n))
      throw new Error(`freezeTo takes the index of the first group to train, a whole number; got ${n}.`);
    const count = this.groups.length;
    if (n < 0) this.#groupAt(n);
    this.frozenIdx = n >= 0 ? n : count + n;
    if (this.frozenIdx >= count) warn(`Freezing ${this.frozenIdx} groups; model has ${count}; whole model is frozen.`);
    this.groups.forEach((group, i) => {
      group.frozen = i < this.frozenIdx ? 'unless forced' : 'no';
    });
  }

  setFreeze(n: number, trainable: boolean, ignoreForceTrain: boolean): void {
    this.#groupAt(n).frozen = trainable ? 'no' : ignoreForceTrain ? 'wholly' : 'unless forced';
  }

  /** Warns of an empty group. It is mostly a mistake, but right in programs that compute their lists. */
  #warnOfEmpty(lists: ReadonlyArray<readonly tf.Variable[]>): void {
    const empty = lists.findIndex(list => list.length === 0);
    if (empty < 0 || this.#warnedOfEmpty) return;
    this.#warnedOfEmpty = true;
    warn(`the parameter group ${empty} is empty. Leave it out of \`params\`, or put parameters in it.`);
  }

  #groupAt(n: number): Group {
    const group = this.#everyGroup.at(n);
    if (group === undefined)
      throw new Error(`There is no parameter group ${n}; there are ${this.#everyGroup.length}.`);
    return group;
  }
}

function checkedSpread(name: string, value: HyperValue, n: number, now?: Scalar, range?: Range): Scalar[] {
  const column = spread(name, value, n);
  column.forEach(entry => {
    checkHyper(name, entry, now, range);
  });
  return column;
}
