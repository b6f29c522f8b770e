import * as tf from '@tensorflow/tfjs-core';

import type {ParameterSet} from '../params/parameter_groups';
import {isTrainable} from '../params/trainable';
import {type ParamGroups, variablesOf} from '../params/variables_of';
import type {Scalar} from '../rule/declaration';
import {groupView} from '../rule/hypers';
import type {HyperValue} from '../rule/slice';
import type {Moving, ScheduleView} from '../schedule/moving';
import type {ScheduleLength} from '../schedule/running';
import type {SchedulePolicy, Schedules} from '../schedule/schedule';
import {at} from '../util/at';
import {quoted} from '../util/quoted';
import {warn} from '../util/warn';
import {description} from './description';
import type {SummaryRow} from './summary';

/** A parameter group: its variables and, by name, its hypers. */
export type ParamGroup = {readonly params: readonly tf.Variable[]} & Record<string, Scalar | readonly tf.Variable[]>;

/** The method that Node's `console.log` asks an object for. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/**
 * An optimizer as its parameter groups: their hypers, the schedules that move these, and freezing. It knows nothing of
 * callbacks, state and steps.
 */
export abstract class BaseOptimizer extends tf.Optimizer {
  /** tfjs's own test, which is inherited otherwise, takes every optimizer for an instance of every other. */
  static override [Symbol.hasInstance](x: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(this, x);
  }

  protected abstract get set(): ParameterSet;
  /** From now on the parameters are named, so that others are not trained. */
  protected abstract setExplicit(): void;

  /**
   * The variables of each group. Setting it keeps the state of those that stay; there must be a list for each group.
   */
  get paramLists(): tf.Variable[][] {
    return this.set.groups.map(({parameters}) => parameters.map(({variable}) => variable));
  }

  set paramLists(lists: Iterable<Iterable<tf.Variable>>) {
    const groups: ParamGroups = [...lists].map(list => [...list]);
    this.set.replace(variablesOf(groups));
    this.setExplicit();
  }

  /** Each group's variables and hypers: what is written to the hypers is checked and acts on the next step. */
  get paramGroups(): ParamGroup[] {
    const {paramLists} = this;
    return this.hypers.map((hypers, i) => groupView(hypers, at(paramLists, i)));
  }

  /** Each group's hypers: what is written to them is checked and acts on the next step. */
  get hypers(): Array<Record<string, Scalar>> {
    return this.set.hyperViews(() => this.set);
  }

  /**
   * Sets a hyper: one value for all groups, one value per group, or a `slice`. An object of values by name sets
   * several, all or none.
   * @throws for an unknown hyper, a value that it can't have, or a list that does not fit the groups; nothing is set
   *   then.
   */
  setHyper(name: string, value: HyperValue): void;
  setHyper(values: Readonly<Record<string, HyperValue>>): void;
  setHyper(name: string | Readonly<Record<string, HyperValue>>, value: HyperValue = NaN): void {
    this.setHypers(typeof name === 'object' ? name : {[name]: value});
  }

  /** `setHyper` for several hypers, all or none. */
  setHypers(values: Readonly<Record<string, HyperValue>>): void {
    this.set.setHypers(values);
  }

  /** The learning rate of the last group; setting it sets that of all. The same as `learningRate`. */
  get lr(): number {
    return this.learningRate;
  }

  set lr(lr: number) {
    this.learningRate = lr;
  }

  /** The learning rate of the last group; setting it sets that of all. The same as `lr`. */
  get learningRate(): number {
    const lr = this.set.groups.at(-1)?.hypers['lr'];
    if (typeof lr !== 'number') throw new Error("This optimizer has no hyper 'lr'.");
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
   * The schedules that the optimizer follows; undefined after their last step, and once every scheduled hyper was
   * set.
   */
  get schedule(): ScheduleView | undefined {
    return this.moving.view;
  }

  /** @internal What moves the hypers by itself, for the callbacks of `fit`. */
  get moving(): Moving {
    return this.set.moving;
  }

  /**
   * Moves hypers from step to step: before step i (from 0) the hypers take their value at the position `i/steps`.
   * After the last step they stay as they are, and `schedule` is undefined. Saved with the optimizer, so that
   * training goes on where it stopped.
   *
   * Setting a hyper (`setHyper`, `hypers`, `learningRate` and so on) ends its schedule, in the group that it is set
   * in; others go on. The schedules that run already end, and their hypers go back to what they were before.
   * @param schedules by hyper, such as `{lr: cos(1e-3, 1e-5)}`, or a plan such as `oneCycle()`.
   * @param length `steps`: how many steps (calls of `minimize`, `step` or `applyGradients`) the schedules take;
   *   `step`: how many of them have been made, default 0. With all of them made, the hypers take the values of the
   *   last one.
   * @throws for an unknown hyper or a value that a hyper can't have; nothing is changed then.
   */
  setSchedule(schedules: Schedules | SchedulePolicy, length: ScheduleLength): void {
    this.moving.start(schedules, length);
  }

  /**
   * Ends the schedules before their last step. The hypers that they move go back to what they were before; `keep`
   * leaves them where they are. What was set since stays, and after the last step this changes nothing.
   */
  clearSchedule({keep = false}: {readonly keep?: boolean} = {}): void {
    this.moving.clear(keep);
  }

  /** Makes a step with the hypers that the schedules have for it. */
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

  /** Whether the variable must not change now: its own `trainable` is false, or it is the optimizer's and frozen. */
  isFrozen(variable: tf.Variable): boolean {
    const parameter = this.set.find(variable);
    return parameter === undefined ? !variable.trainable : !this.set.trains(parameter);
  }

  /** Freezes the groups before `n` (counted from the end where negative) and thaws the others. */
  freezeTo(n: number): void {
    this.set.freezeTo(n);
  }

  /** Freezes all groups but the last. @throws with fewer than two groups. */
  freeze(): void {
    if (this.set.groups.length < 2) {
      throw new Error('freeze() needs two groups at least: give `params` as lists. freezeTo(1) freezes everything.');
    }
    this.set.freezeTo(-1);
  }

  /** Thaws all groups. A layer whose own `trainable` is false stays as it is. */
  unfreeze(): void {
    this.set.freezeTo(0);
    const fixed = this.set.parameters.map(({variable}) => variable).filter(variable => !isTrainable(variable));
    if (fixed.length > 0) {
      warn(`unfreeze() can't thaw ${quoted(fixed)}: set \`trainable = true\` on the layer and compile again.`);
    }
  }

  /** Freezes or thaws group `n` alone. Parameters that are forced to train do, unless `ignoreForceTrain`. */
  setFreeze(n: number, trainable: boolean, ignoreForceTrain = false): void {
    this.set.setFreeze(n, trainable, ignoreForceTrain);
  }

  /** The optimizer in one line: class, hypers, parameters of each group, steps. */
  override toString(): string {
    return description(this.getClassName(), this.set.groups, this.iterations);
  }

  /** What `console.log` prints in Node. */
  [INSPECT](): string {
    return this.toString();
  }

  /** What the optimizer trains and how, one row per parameter. `console.table` prints it. */
  summary(): SummaryRow[] {
    return this.set.parameters.map(parameter => ({
      variable: parameter.variable.name,
      group: parameter.group.index,
      shape: parameter.variable.shape,
      trainable: this.set.trains(parameter),
      decay: this.set.decays(parameter),
      hypers: {...parameter.group.hypers},
    }));
  }
}
