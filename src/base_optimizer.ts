import * as tf from '@tensorflow/tfjs-core';
import type {Callback, Scalar} from './callback';
import type {Chain} from './chain';
import {description} from './description';
import {isTrainable} from './enclosing';
import {fusedOn, graphOf} from './fuse';
import {GradientStore} from './gradients';
import type {ParameterSet} from './parameter_set';
import {type ParamGroups, variablesOf} from './params';
import {quoted} from './quoted';
import {type RunningSchedule, type ScheduleLength, startSchedule} from './schedule/running';
import type {SchedulePlan, Schedules} from './schedule/schedule';
import type {HyperValue} from './slice';
import type {ParameterState, StateView} from './state_view';
import type {SummaryRow} from './summary';
import {warn} from './warn';

/** One row of `allParams`. */
export interface ParamRow {
  /** The parameter. */
  readonly variable: tf.Variable;
  /** The index of the parameter's group. */
  readonly group: number;
  /** Whether it trains now. */
  readonly trainable: boolean;
  /** Its state and flags; the tensors are the optimizer's own. */
  readonly state: ParameterState;
  /** The hypers of its group: what is written to them is checked and acts on the next step. */
  readonly hypers: Record<string, Scalar>;
}

/** A parameter group: its variables and, by name, its hypers. */
export type ParamGroup = {readonly params: readonly tf.Variable[]} & Readonly<Record<string, Scalar | readonly tf.Variable[]>>;

/** How far an optimizer is in its schedules. */
export interface ScheduleView {
  /** How many steps the schedules take. */
  readonly steps: number;
  /** How many of them have been made. */
  readonly step: number;
  /** The value of each scheduled hyper, one a group, at a position from 0 (the start) to 1 (the end). */
  at(pos: number): Record<string, number[]>;
}

/** The method that Node's `console.log` asks an object for. */
const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** What an optimizer is before it does anything: parameters in groups, hypers, schedules, freezing. */
export abstract class BaseOptimizer extends tf.Optimizer {
  /** tfjs's own test, which is inherited otherwise, takes every optimizer for an instance of every other. */
  static override [Symbol.hasInstance](x: unknown): boolean {
    return Function.prototype[Symbol.hasInstance].call(this, x);
  }

  /** Gradients that `backward` adds up and `step` applies. */
  readonly grads = new GradientStore();
  /** The state of each variable, and the flags `doWd` and `forceTrain`. */
  abstract readonly state: StateView;
  protected abstract chain: Chain;
  protected abstract set: ParameterSet;
  /** Whether the parameters were named, so that others are not trained. */
  protected abstract explicit: boolean;
  /** Host numbers that all parameters have in common. */
  protected common: Record<string, number> = {};

  protected running: RunningSchedule | undefined;

  /** The callbacks of a step, in order. */
  get callbacks(): readonly Callback[] {
    return this.chain.callbacks;
  }

  /**
   * Where steps run fused: the name of the backend that is set, or `eager: ` and why they run as ordinary operations instead.
   * `tf.env().set('OPTIM_FUSING', false)` turns fusing off.
   */
  get fusedOn(): string {
    return fusedOn(this.chain);
  }

  /** What the last step computed, as text: the operations of each class of parameters. Empty before the first fused step. */
  graph(): string {
    return graphOf(this.chain);
  }

  /** The variables of each group. Setting it keeps the state of those that stay; there must be a list for each group. */
  get paramLists(): tf.Variable[][] {
    return this.set.groups.map(({parameters}) => parameters.map(({variable}) => variable));
  }

  set paramLists(lists: Iterable<Iterable<tf.Variable>>) {
    const groups: ParamGroups = [...lists].map(list => [...list]);
    this.set.replace(variablesOf(groups));
    this.explicit = true;
  }

  /** Each group's variables and hypers. */
  get paramGroups(): ParamGroup[] {
    return this.set.groups.map(({parameters, hypers}) => ({...hypers, params: parameters.map(({variable}) => variable)}));
  }

  /** Each group's hypers: what is written to them is checked and acts on the next step. */
  get hypers(): Array<Record<string, Scalar>> {
    return this.set.hyperViews();
  }

  /**
   * All parameters with group, state and hypers.
   * @param groups an index (from the end where negative) for one group; all without.
   * @param withGrad only those that have a gradient in `grads`.
   */
  allParams(groups?: number, withGrad = false): ParamRow[] {
    const hypers = this.hypers;
    const wanted = groups === undefined ? undefined : groups < 0 ? hypers.length + groups : groups;
    return this.set.all()
      .filter(({parameter: {variable}, index}) => (wanted === undefined || index === wanted) && (!withGrad || this.grads.get(variable) !== undefined))
      .map(place => {
        const {parameter: {variable}, index} = place;
        return {variable, group: index, trainable: this.set.trains(place), state: this.state.get(variable), hypers: hypers[index] ?? {}};
      });
  }

  /**
   * Sets a hyper: one value for all groups, one value per group, or a `slice`. An object of values by name sets several, all or none.
   * @throws for an unknown hyper, a value that it can't have, or a list that does not fit the groups; nothing is set then.
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

  /** The schedules that the optimizer follows. */
  get schedule(): ScheduleView | undefined {
    const {running} = this;
    return running === undefined ? undefined : {steps: running.state.steps, step: running.state.step, at: pos => running.at(pos)};
  }

  /**
   * Moves hypers from step to step, in place of the schedules that there were: before step i the hypers take their value at the position
   * `i/steps`, and after the last one they stay at the end. Saved with the optimizer, so that training goes on where it stopped.
   * @param schedules by hyper, such as `{lr: cos(1e-3, 1e-5)}`, or a plan such as `oneCycle()`.
   * @param length `steps`: how many steps (calls of `minimize`, `step` or `applyGradients`) the schedules take; `step`: how many of them have
   *   been made, default 0.
   * @throws for an unknown hyper or a value that a hyper can't have; nothing is changed then.
   */
  setSchedule(schedules: Schedules | SchedulePlan, length: ScheduleLength): void {
    const now = this.set.groups;
    const groups = now.map(group => ({...group, hypers: {...group.hypers}}));
    this.running?.goBack(groups);
    const started = startSchedule(schedules, groups, length);
    this.running?.goBack(now);
    this.running = started;
  }

  /** Ends the schedules. The hypers that they moved go back to what they were before; `keep` leaves them where they are. */
  clearSchedule({keep = false}: {readonly keep?: boolean} = {}): void {
    if (!keep) this.running?.goBack(this.set.groups);
    this.running = undefined;
  }

  /** Makes a step with the hypers that the schedules have for it. */
  protected onSchedule(step: () => void): void {
    const back = this.running?.move(this.set.groups);
    try {
      step();
    } catch (error) {
      back?.();
      throw error;
    }
    this.running?.advance();
  }

  // Freezing

  /** The first group that the last `freezeTo` left trainable. */
  get frozenIdx(): number {
    return this.set.frozenIdx;
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
    const fixed = this.set.all().map(({parameter: {variable}}) => variable).filter(variable => !isTrainable(variable));
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

  /** What the optimizer trains and how, one row a parameter. `console.table` prints it. */
  summary(): SummaryRow[] {
    return this.set.all().map(place => ({
      variable: place.parameter.variable.name, group: place.index, shape: place.parameter.variable.shape,
      trainable: this.set.trains(place), decay: this.set.decays(place.parameter), hypers: {...place.group.hypers},
    }));
  }
}
