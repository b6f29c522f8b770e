import type * as tf from '@tensorflow/tfjs-core';

import type {External, Scalar} from '../rule/declaration';
import {checkHyper, hyperView, unknownHyper} from '../rule/hypers';
import type {Range} from '../rule/range';
import {type HyperValue, spread} from '../rule/slice';
import {Moving} from '../schedule/moving';
import {warn} from '../util/warn';
import {clearEntries, type Flags, type Group, newParameter, type Parameter} from './parameter';
import {isTrainable} from './trainable';
import {checkVariable} from './variables_of';
import {kindByName} from './weight_kind';

/** How an optimizer treats parameters by what they are. */
export interface Treatment {
  /** Normalization parameters train although their group is frozen. Default true. */
  readonly trainBn: boolean;
  /** Weight decay and L2 act on biases and normalization parameters too. Default false. */
  readonly wdBnBias: boolean;
  /** Parameters that weight decay and L2 leave alone besides. */
  readonly noWd: ((variable: tf.Variable) => boolean) | undefined;
}

/** The parameters of an optimizer in their groups, with each group's hypers and freezing. */
export class ParameterSet {
  /** As the original counts: the first group that `freezeTo` left trainable. */
  frozenIdx = 0;
  /** What moves the hypers by itself. */
  readonly moving: Moving;
  readonly #everyGroup: readonly Group[];
  readonly #byVariable = new Map<tf.Variable, Parameter>();
  #warnedOfEmpty = false;
  /** What `parameters` gives, until the parameters change. */
  #ordered: readonly Parameter[] | undefined;

  /**
   * @param lists the variables of each group; absent where the optimizer takes what it is first handed.
   * @param n the number of groups.
   * @param externals objects outside that hold some of the hypers.
   * @param ranges of the options, which can be set like hypers.
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
      hypers: Object.fromEntries(columns.map(([name, column]) => [name, column[i] ?? 0])),
    }));
    this.moving = new Moving(this.#everyGroup.map(({hypers}) => hypers));
    this.groups.forEach(({hypers}, i) => {
      externals.forEach(external => {
        external.link(hypers, i);
      });
    });
    this.#warnOfEmpty(lists ?? []);
    lists?.forEach((list, i) => {
      list.forEach(variable => this.add(variable, i));
    });
  }

  find(variable: tf.Variable): Parameter | undefined {
    return this.#byVariable.get(variable);
  }

  /** The groups with the parameters whose variables live. */
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

  /** Puts other lists of variables in the groups; those that stay keep their state. */
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
      for (const variable of lists[i] ?? []) {
        const known = before.get(variable);
        if (known === undefined) this.add(variable, i);
        else this.#put(Object.assign(known, {group}));
      }
    });
    for (const [variable, parameter] of before) if (!this.#byVariable.has(variable)) clearEntries(parameter);
  }

  /** Lets disposed variables go, with their state. */
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
   * The flags of a parameter, with what a configuration can't hold: the function `noWd`, and kinds that names don't
   * tell.
   */
  flagsToSave(parameter: Parameter): Flags {
    const {variable, flags, kind} = parameter;
    const {noWd, trainBn} = this.treatment;
    if (kind !== kindByName(variable.name))
      return {doWd: this.decays(parameter), forceTrain: trainBn && kind === 'normalization', ...flags};
    return flags.doWd === undefined && noWd?.(variable) === true ? {...flags, doWd: false} : flags;
  }

  /**
   * The hypers of each group; what is written to them is checked and acts on the next step.
   * @param check throws where the set is no longer that of the optimizer whose hypers these are.
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

  /** Sets hypers of all groups, all or none of them. */
  setHypers(values: Readonly<Record<string, HyperValue>>): void {
    const known = Object.keys(this.groups[0]?.hypers ?? {});
    const columns = Object.entries(values).map(([name, value]) => {
      if (!known.includes(name)) throw unknownHyper(name, known);
      return [
        name,
        checkedSpread(name, value, this.groups.length, this.groups[0]?.hypers[name], this.ranges.get(name)),
      ] as const;
    });
    for (const [name, column] of columns) {
      this.groups.forEach(({hypers}, i) => {
        hypers[name] = column[i] ?? 0;
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

  /** A group without parameters is an error in most cases, and none where lists are made by a program. */
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
