import * as tf from '@tensorflow/tfjs-core';

import {indexOf} from '../params/parameter';
import type {ParameterSet} from '../params/parameter_groups';
import {isTrainable} from '../params/trainable';
import {variablesOf} from '../params/variables_of';
import type {Scalar} from '../rule/declaration';
import {groupView} from '../rule/hypers';
import type {HyperValue} from '../rule/slice';
import type {ClearOptions, MovesHypers, ScheduleView} from '../schedule/moving';
import type {SchedulePolicy, Schedules} from '../schedule/schedule';
import type {ScheduleLength} from '../schedule/span';
import {at} from '../util/at';
import {isIterable} from '../util/iterable';
import {checkSwitch} from '../util/options';
import {quoted} from '../util/quoted';
import {shown} from '../util/shown';
import {checkIsVariable} from '../util/tensors';
import {warn} from '../util/warn';
import {description} from './description';
import type {SummaryRow} from './summary';

/** A parameter group: its variables, and its hypers by name. */
export type ParamGroup = {readonly params: readonly tf.Variable[]} & Record<string, Scalar | readonly tf.Variable[]>;

/** The name of the method by which Node's `console.log` prints an object. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/**
 * The part of an optimizer that deals with its parameter groups: their hypers, the schedules of hypers, and freezing.
 * It knows nothing about callbacks, state and steps.
 * @example
 * ```ts
 * const opt: BaseOptimizer = adam(1e-3, {params: [body, head]});
 * opt.setHyper('lr', [1e-4, 1e-3]); // one value per group
 * ```
 */
export abstract class BaseOptimizer extends tf.Optimizer {
  /** Replaces the inherited test of tfjs, by which every optimizer is an instance of every other one. */
  static override [Symbol.hasInstance](x: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(this, x);
  }

  protected abstract get set(): ParameterSet;
  /** The same, with loaded parameters that have not made a step yet. */
  protected abstract get offeredSet(): ParameterSet;
  /** The same. @throws where all parameters still wait for their variables, so that any answer would be wrong. */
  protected abstract get boundSet(): ParameterSet;
  /** Called when the user names the parameters. From then on no others are trained. */
  protected abstract setExplicit(): void;

  /**
   * The variables of each group. When it is set, there must be one list per group; variables that stay keep their
   * state.
   * @throws for what is not a list of lists of variables.
   */
  get paramLists(): tf.Variable[][] {
    return this.offeredSet.lists;
  }

  set paramLists(lists: Iterable<Iterable<tf.Variable>>) {
    const given: unknown = lists;
    const groups = isIterable<unknown>(given) ? [...lists] : undefined;
    if (groups?.every(list => isIterable<tf.Variable>(list)) !== true)
      throw new Error(`'paramLists' must be a list with one list of variables per group; got ${shown(given)}.`);
    this.set.replace(variablesOf(groups.map(list => [...list])));
    this.setExplicit();
  }

  /** Each group's variables and hypers. Writes to the hypers are checked and act on the next step. */
  get paramGroups(): ParamGroup[] {
    const {groups} = this.set;
    return this.hypers.map((hypers, i) =>
      groupView(
        hypers,
        at(groups, i).parameters.map(({variable}) => variable),
      ),
    );
  }

  /** Each group's hypers. Writes to them are checked and act on the next step. */
  get hypers(): Array<Record<string, Scalar>> {
    return this.set.hyperViews(() => this.set);
  }

  /**
   * Sets a hyper: one value for all groups, one value per group, or a `slice`. An object sets several hypers by name.
   * @throws for an unknown hyper, a value that it can't have, or a list that does not fit the groups; then nothing is
   *   set.
   */
  setHyper(name: string, value: HyperValue): void;
  setHyper(values: Readonly<Record<string, HyperValue>>): void;
  setHyper(name: string | Readonly<Record<string, HyperValue>>, value?: HyperValue): void {
    this.setHypers(typeof name === 'object' ? name : {[name]: value});
  }

  /** Sets several hypers as `setHyper` does. @throws where one can't be set; then nothing is set. */
  setHypers(values: Readonly<Record<string, HyperValue | undefined>>): void {
    this.set.setHypers(values);
  }

  /** The learning rate of the last group. Setting it sets that of all groups. The same as `learningRate`. */
  get lr(): number {
    return this.learningRate;
  }

  set lr(lr: number) {
    this.learningRate = lr;
  }

  /** The learning rate of the last group. Setting it sets that of all groups. The same as `lr`. */
  get learningRate(): number {
    const lr = this.set.groups
      .map(({hypers}) => hypers['lr'])
      .filter(rate => typeof rate === 'number')
      .at(-1);
    if (lr === undefined) throw new Error("This optimizer has no learning rate: no callback declares the hyper 'lr'.");
    return lr;
  }

  set learningRate(lr: number) {
    this.setHyper('lr', lr);
  }

  /** Sets the learning rate of all groups. */
  setLearningRate(lr: number): void {
    this.setHyper('lr', lr);
  }

  // Schedules

  /**
   * The schedules that the optimizer follows. Undefined without schedules, after their last step, and after every
   * scheduled hyper was set.
   */
  get schedule(): ScheduleView | undefined {
    return this.moving.view;
  }

  /** @internal Moves the hypers that follow schedules. The callbacks of `fit` use it. */
  get moving(): MovesHypers {
    return this.set.moving;
  }

  /**
   * Starts schedules, which move hypers from step to step. Before step i, counted from 0, each scheduled hyper takes
   * its schedule's value at the position `i/steps`. After the last step the hypers keep their values, and `schedule`
   * is undefined. Schedules are saved with the optimizer, so training can continue where it stopped.
   *
   * Setting a hyper (`setHyper`, `hypers`, `learningRate` and so on) ends its schedule in the groups where it is set.
   * Other schedules continue. Schedules that run already end now, and their hypers return to their earlier values.
   * @param schedules schedules by hyper, such as `{lr: cos(1e-3, 1e-5)}`, or a plan such as `oneCycle()`.
   * @param length in steps or in time. `steps`: how many steps (calls of `minimize`, `step` or `applyGradients`) the
   *   schedules take. `step`: how many of these steps have been made; default 0. If it equals `steps`, the hypers take
   *   the values of the last step. `minutes` or `seconds`: the time that they take, from the first step on. The
   *   position of a step is then the share of this time that was spent before it. The first step after the time is
   *   over takes the values of the end, which stay. `spent`: how many seconds have been spent; default 0. See
   * `pauseSchedule`.
   * @throws for an unknown hyper or a value that a hyper can't have; then nothing is changed.
   */
  setSchedule(schedules: Schedules | SchedulePolicy, length: ScheduleLength): void {
    this.moving.start(schedules, length);
  }

  /**
   * Ends the schedules before their last step. Their hypers return to their values before the schedules; with `keep`
   * (default false) they keep their present values. Hypers that were set since then stay as they are. After the last
   * step this changes nothing.
   * @throws for an unknown option, and where `keep` is not true or false.
   */
  clearSchedule(options: ClearOptions = {}): void {
    this.moving.clear(options);
  }

  /**
   * Stops the clock of schedules by time until the next step. All time between two steps counts otherwise, also where
   * nothing trains. The time between saving and loading does not count. The time between two calls of `fit` does not
   * count, either, where they have callbacks of this package. Changes nothing for schedules by steps.
   */
  pauseSchedule(): void {
    this.moving.pause();
  }

  /** Makes a step with the scheduled hypers. If it throws, the hypers return to their values before the step. */
  protected onSchedule(step: () => void): void {
    const back = this.moving.begin();
    try {
      step();
    } catch (error) {
      back();
      throw error;
    }
    this.moving.advance();
  }

  // Freezing

  /** The first group that the last `freezeTo` left trainable. */
  get frozenIdx(): number {
    return this.set.frozenIdx;
  }

  /**
   * Whether the variable must not change now: its `trainable` is false, or it is a parameter and frozen.
   * @throws for a loaded optimizer that has no variables yet: `optimizerOf(model)` gives it those of the model.
   */
  isFrozen(variable: tf.Variable): boolean {
    checkIsVariable(variable);
    const set = this.boundSet;
    const parameter = set.find(variable);
    return parameter === undefined ? !variable.trainable : !set.trains(parameter);
  }

  /** Freezes the groups before `n` and thaws the others. A negative `n` counts from the end. */
  freezeTo(n: number): void {
    this.set.freezeTo(n);
  }

  /** Freezes all groups but the last. @throws with fewer than two groups. */
  freeze(): void {
    if (this.set.count < 2) {
      throw new Error(
        'freeze() needs at least two groups; give `params` as lists. To freeze everything, call freezeTo(1).',
      );
    }
    this.set.freezeTo(-1);
  }

  /** Thaws all groups. Layers whose `trainable` is false stay frozen; a warning names their variables. */
  unfreeze(): void {
    this.set.freezeTo(0);
    const fixed = this.set.parameters.map(({variable}) => variable).filter(variable => !isTrainable(variable));
    if (fixed.length > 0) {
      warn(`unfreeze() can't thaw ${quoted(fixed)}: set \`trainable = true\` on the layer and compile again.`);
    }
  }

  /**
   * Freezes or thaws group `n` only. Parameters with the flag `forceTrain` still train in a frozen group, unless
   * `ignoreForceTrain` is true.
   * @throws where there is no such group, and where the others are not true or false.
   */
  setFreeze(n: number, trainable: boolean, ignoreForceTrain = false): void {
    checkSwitch('trainable', trainable);
    checkSwitch('ignoreForceTrain', ignoreForceTrain);
    this.set.setFreeze(n, trainable, ignoreForceTrain);
  }

  /** What `toString` calls it. */
  protected get title(): string {
    return this.getClassName();
  }

  /** The optimizer in one line: its class or rule, hypers, number of parameters in each group, and steps. */
  override toString(): string {
    return description(this.title, this.set.groups, this.set.lists, this.iterations);
  }

  /** The text that `console.log` prints in Node. */
  [INSPECT](): string {
    return this.toString();
  }

  /**
   * What the optimizer trains and how, one row per parameter. `console.table` prints it.
   * @throws for a loaded optimizer that has no variables yet: `optimizerOf(model)` gives it those of the model.
   */
  summary(): SummaryRow[] {
    return this.boundSet.parameters.map(parameter => ({
      variable: parameter.variable.name,
      group: indexOf(parameter.group),
      ...(parameter.group.of && {part: parameter.group.of.part, partName: parameter.group.of.name}),
      shape: parameter.variable.shape,
      trainable: this.set.trains(parameter),
      decay: this.set.decays(parameter),
      hypers: {...parameter.group.hypers},
    }));
  }
}
