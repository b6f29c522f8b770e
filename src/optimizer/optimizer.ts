import * as tf from '@tensorflow/tfjs-core';

import {fusedOn, graphOf} from '../fuse';
import {type Gradients, gradientsByVariable, GradientStore, type NamedGradients} from '../params/gradients';
import type {ParameterSet} from '../params/parameter_groups';
import {type ChangeOfCallbacks} from '../rule/chain';
import {registerChainedOps} from '../rule/chained_ops';
import type {Callback, HyperDefaults} from '../rule/declaration';
import {isInstance} from '../state/registered_class';
import {readConfig, writeConfig} from '../state/saved_config';
import type {NamedTensor} from '../state/saved_weights';
import type {StateDict} from '../state/state_dict';
import {type StateView, stateView} from '../state/state_view';
import {at} from '../util/at';
import {listOf} from '../util/iterable';
import {checkSettings} from '../util/settings_check';
import {BaseOptimizer} from './base_optimizer';
import {ruleOf} from './description';
import {Evaluation} from './evaluation';
import {warnLeftOut} from './left_out_variables';
import {trainingStateOf} from './new_training_state';
import {type ParamRow, paramRows} from './param_rows';
import type {Part} from './part';
import {type AnyCallback, type HyperNames, type HYPERS, type ListOf, numbersIn, type Settings} from './settings';
import type {TrainingState} from './training_state';
import {wasmTrainingHint} from './wasm_training_hint';

/** The weights of an optimizer, without a promise. The optimizer owns the tensors; its next step may change them. */
export let weightsNow: (optimizer: Optimizer) => NamedTensor[];
/** Whether the variables hold what `eval()` shows. */
export let isShowing: (optimizer: Optimizer) => boolean;

/**
 * An optimizer made of callbacks. It works wherever TensorFlow.js takes an optimizer of `tf.train`.
 *
 * A step runs the callbacks in order on each parameter that trains and has a gradient. All new values are computed
 * before the first one is written. A parameter without a gradient keeps its value, its state and its step count.
 * @example
 * ```ts
 * const opt = new Optimizer([weightDecay, averageGrad, momentumStep], {lr: 0.1, mom: 0.9, wd: 1e-4});
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * ```
 */
export class Optimizer<
  const C extends AnyCallback | readonly AnyCallback[] = readonly AnyCallback[],
> extends BaseOptimizer {
  /** The name by which saved models find the class. */
  static get className(): string {
    return 'TfjsOptimOptimizer';
  }

  /**
   * The hypers that the class declares besides those of its callbacks, with their defaults. Loading uses a default
   * where the file lacks the hyper. Your own class must override this if it passes `declared` to the constructor.
   */
  static get declaredHypers(): HyperDefaults {
    return {};
  }

  /** Only for the compiler: the names of the hypers. */
  declare readonly [HYPERS]?: HyperNames<ListOf<C>>;

  readonly #grads = new GradientStore();
  /** The state of each variable, and the flags `doWd` and `forceTrain`. */
  readonly state: StateView;
  /** Absent after another optimizer has taken it over. */
  #trainingState: TrainingState | undefined;
  readonly #evaluation = new Evaluation();
  /** The variables that take part in this step, also for `everyParameter` callbacks; all if undefined. */
  #considered: ReadonlySet<tf.Variable> | undefined;
  #warnedOfLeftOut = false;
  /** Why the optimizer can no longer be used. Undefined while it can. */
  #ended: string | undefined;

  /**
   * @param callbacks the callbacks of a step, in order. One callback counts as a list of one.
   * @param settings hypers (one value, one value per group, or a `slice`), options by name, and `BaseSettings`.
   * @param declared hypers that the optimizer has besides those that its callbacks declare.
   * @param rules the rules of the table that it is made with, as far as bundles can leave them out.
   * @throws for unknown or impossible hypers, callbacks that don't go together, or parameters that can't be trained.
   */
  constructor(callbacks: C, settings: Settings<ListOf<C>>, declared: HyperDefaults = {}, rules: string[] = []) {
    super();
    checkSettings('new Optimizer(callbacks, ', [settings], {lr: 0.1});
    this.#trainingState = trainingStateOf(callbacks, {...settings}, declared, rules, new.target === Optimizer);
    const bound = (variable: tf.Variable) => {
      this.#checkAlive();
      this.#training.bind([variable]);
      this.#training.keepLent();
      return this.#training.parameterOf(variable, `The variable '${variable.name}'`);
    };
    this.state = stateView({
      chain: () => this.#training.chain,
      common: () => this.#training.common,
      known: variable => this.#training.set.find(variable),
      read: variable => this.boundSet.find(variable),
      bound,
      // Only in a partition the group matters. There it may come with saved state.
      groupOf: variable =>
        this.#training.chain.division === undefined ? at(this.#training.set.groups, 0) : bound(variable).group,
    });
    registerChainedOps();
  }

  /** The callbacks of a step, in order. */
  get callbacks(): readonly Callback[] {
    return this.#training.chain.callbacks;
  }

  /** Gradients that `backward` adds up and `step` applies. */
  get grads(): GradientStore {
    if (this.#trainingState === undefined) throw this.#cannotBeUsed();
    return this.#grads;
  }

  protected override get title(): string {
    return ruleOf(this.#training) ?? super.title;
  }

  protected override get set(): ParameterSet {
    return this.#training.set;
  }

  protected override get offeredSet(): ParameterSet {
    return this.#training.bindOffered();
  }

  protected override get boundSet(): ParameterSet {
    return this.#training.checkBound();
  }

  protected override setExplicit(): void {
    this.#training.explicit = true;
  }

  /**
   * Where steps run fused: the name of the present backend. Otherwise `eager: ` with the reason why steps run as
   * ordinary operations. `tf.env().set('OPTIM_FUSING', false)` turns fusing off.
   */
  get fusedOn(): string {
    return fusedOn(this.#training.chain);
  }

  /**
   * The operations that the last step computed for each bucket of parameters, as text. Empty before the first fused
   * step.
   */
  graph(): string {
    return graphOf(this.#training.chain);
  }

  /**
   * The parameters with their group, state and hypers.
   * @param groups the index of one group, where a negative index counts from the end. Default: all groups.
   * @param withGrad whether to return only parameters that have a gradient in `grads`. Default false.
   * @throws for a loaded optimizer that has no variables yet: `optimizerOf(model)` gives it those of the model.
   */
  allParams(groups?: number, withGrad = false): ParamRow[] {
    return paramRows(this.boundSet, this, groups, withGrad);
  }

  // Training

  /**
   * The loss and the gradients of the variables that train. Frozen variables cost no backpropagation.
   * @param f computes the loss, a scalar.
   * @param varList the variables to consider. Default: the optimizer's `params`, or without those all trainable
   *   variables.
   * @returns the loss and the gradients by variable name. The caller must dispose them.
   * @throws where no considered variable is a parameter of this optimizer, or none of `varList` is trainable.
   */
  override computeGradients(
    f: () => tf.Scalar,
    varList?: tf.Variable[],
  ): {value: tf.Scalar; grads: tf.NamedTensorMap} {
    this.#checkUsable();
    const variables = this.#training.variablesToTrain(varList);
    // tfjs takes null for an absent list.
    if (this.#training.explicit && varList && !this.#warnedOfLeftOut)
      this.#warnedOfLeftOut = warnLeftOut(f, varList, this.set);
    if (variables.length === 0) return {value: tf.tidy(f), grads: {}};
    return wasmTrainingHint(() => tf.variableGrads(f, variables));
  }

  /**
   * Computes the gradients of `f` and updates the variables.
   * @param f computes the loss, a scalar.
   * @param returnCost whether to return the loss. Default false.
   * @param varList the variables to consider, as in `computeGradients`. Other variables and their state do not change.
   * @returns the loss if `returnCost` is true, which the caller must dispose; otherwise null.
   */
  override minimize(f: () => tf.Scalar, returnCost = false, varList?: tf.Variable[]): tf.Scalar | null {
    // `computeGradients` refuses what is not a list.
    this.#considered = Array.isArray(varList) ? new Set(varList) : undefined;
    try {
      const [cost = null] = tf.tidy((): tf.Scalar[] => {
        const value = super.minimize(f, returnCost, varList);
        return value === null ? [] : [value];
      });
      return cost;
    } finally {
      this.#considered = undefined;
    }
  }

  /**
   * Updates the variables.
   * @param variableGradients the gradients by variable name, or as a list. Entries without a tensor are skipped.
   * @throws for a gradient that does not fit its variable, or whose variable is not a parameter.
   */
  override applyGradients(variableGradients: NamedGradients): void {
    this.#checkUsable();
    this.#update(gradientsByVariable(variableGradients));
  }

  /**
   * Computes the gradients of `f` and adds them to `grads`.
   * @param variables the variables to consider, as in `computeGradients`.
   * @returns the loss, which the caller must dispose.
   */
  backward(f: () => tf.Scalar, variables?: tf.Variable[]): tf.Scalar {
    const {value, grads} = this.computeGradients(f, variables);
    for (const [variable, gradient] of gradientsByVariable(grads)) this.grads.add(variable, gradient);
    tf.dispose(grads);
    return value;
  }

  /**
   * @internal Makes a step with other callbacks on the same state, without gradients. Schedules and `iterations` stay.
   * @param change returns these callbacks, or undefined for no step.
   * @returns whether a step was made.
   */
  stepBy(change: ChangeOfCallbacks): boolean {
    this.#checkUsable();
    const training = this.#training;
    training.restartReplaced();
    return training.runBy(change, this.#considered);
  }

  /** Updates the variables with the gradients in `grads`. Those stay there until `zeroGrad`. */
  step(): void {
    this.#checkUsable();
    this.#update(this.grads.all());
  }

  /**
   * Disposes the gradients in `grads`. Then `step` changes no parameter.
   * @param setToNone with false, the gradients become zeros, so a step still decays. Default true.
   */
  zeroGrad(setToNone = true): void {
    this.grads.zero(setToNone);
  }

  /**
   * Writes to the variables what the callbacks evaluate to, such as weight averages, until `train()`. No step can be
   * made in between.
   * @throws for a loaded optimizer that has no variables yet: `optimizerOf(model)` gives it those of the model.
   */
  eval(): void {
    this.#checkUsable();
    this.#training.checkBound();
    this.#evaluation.show(this.#training);
  }

  /** Restores the trained weights after `eval()`. */
  train(): void {
    this.#evaluation.restore();
  }

  // State

  /**
   * Restarts the state that holds points in weight space: slow weights, averages, and entries of your own callbacks
   * that start as `copy` or declare `space: 'weight'`. It starts again from the weights as they are at the next step.
   * Call this after weights were replaced: by `setWeights`, `assign`, or a federated round.
   * @throws between `eval()` and `train()`.
   */
  rebase(): void {
    this.#checkUsable();
    this.#training.rebase();
  }

  /**
   * Watches from now on whether others write the variables, as the optimizer does after a step. If they do, slow
   * weights start anew. Call this after weights and state were both restored. Without it, weights that are written
   * before the first step after loading count as those that belong to the state.
   */
  watchWeights(): void {
    this.#training.watchWeights();
  }

  /**
   * The numbers that belong to no parameter, as callbacks declare them under `shared`, after the last step. Read from
   * the device.
   */
  async shared(): Promise<Record<string, number>> {
    this.#checkAlive();
    return this.#training.readShared();
  }

  /**
   * How many steps `skipNonFinite` and `maxGradNorm` have skipped. Read from the device.
   * @throws (rejects) where the optimizer has neither.
   */
  async skipped(): Promise<number> {
    this.#checkAlive();
    return this.#training.readSkipped();
  }

  /**
   * Everything that the optimizer has learned, by position. The tensors are copies that the caller owns.
   * @throws between `eval()` and `train()`, and for a loaded optimizer that has no variables yet.
   */
  stateDict(): StateDict {
    this.#checkAlive();
    this.#checkToSave();
    return this.#training.toDict(this.iterations);
  }

  /**
   * Loads what `stateDict` returned. The caller still owns its tensors.
   * @throws where it belongs to another optimizer, other groups or other parameters; then nothing is changed.
   */
  loadStateDict(dict: StateDict): void {
    this.#checkUsable();
    this.#training.loadDict(dict, this.state);
    this.iterations_ = dict.iterations;
  }

  /** Removes all state, also loaded state that waits for its variables. The flags `doWd` and `forceTrain` stay. */
  clearState(): void {
    this.#training.clear();
  }

  // Saving

  /**
   * Callbacks with options, hypers, groups, schedules and freezing, as tfjs saves them. `getWeights` has the state.
   * @throws between `eval()` and `train()`.
   */
  override getConfig(): tf.serialization.ConfigDict {
    this.#checkToSave();
    return writeConfig(this.#training.toConfig());
  }

  /** Makes an optimizer from what `getConfig` returned. If that optimizer had state, `setWeights` must follow. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const revived: Callback[] = [];
    try {
      const saved = readConfig(config, revived, cls);
      const {trainBn, wdBnBias} = saved;
      const values = at(saved.hypers, 0);
      // The base constructor, because that of the class would compose other callbacks than the saved ones.
      const made: unknown = Reflect.construct(
        Optimizer,
        [saved.chain.callbacks, {...values, trainBn, wdBnBias}, numbersIn(values)],
        cls,
      );
      if (!(made instanceof Optimizer) || !isInstance(cls, made))
        throw new Error(`${cls.className} must be an optimizer of tfjs-optim.`);
      made.#training.loadConfig(saved);
      return made;
    } catch (error) {
      for (const {declaration} of revived) declaration.external?.dispose();
      throw error;
    }
  }

  /**
   * `iter`, the state and the host numbers, as they are now. The optimizer owns the tensors. Read or copy them as soon
   * as the promise resolves, because the next step may change them.
   * @throws between `eval()` and `train()`.
   */
  override getWeights(): Promise<NamedTensor[]> {
    const weights = this.#weights();
    this.#training.lend(weights);
    return Promise.resolve(weights);
  }

  /**
   * Loads what `getWeights` returned. Each parameter gets its state when the optimizer is given its variable.
   * @throws (rejects) where the weights do not belong to the configuration; then nothing is changed.
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    this.#checkUsable();
    this.iterations_ = await this.#training.loadWeights(weights, () => {
      this.#checkUsable();
    });
  }

  /**
   * Adds variables before their first step. Each goes to the group in which it was saved; new ones go to the last
   * group.
   * @throws where the loaded state fits none of them, or where one can't be trained.
   */
  attach(variables: Iterable<tf.Variable>): void {
    this.#checkUsable();
    this.#training.bind(listOf(variables), true);
  }

  /** @internal Tells which variables loaded state may belong to, for what needs them before the next step. */
  offer(variables: () => readonly tf.Variable[]): void {
    if (this.#trainingState !== undefined) this.#trainingState.offered = variables;
  }

  /**
   * Disposes all tensors of the optimizer, which can't be used afterwards. Tensors that another optimizer has taken
   * over stay; that optimizer disposes them.
   */
  override dispose(): void {
    this.train();
    if (this.#ended !== undefined) return;
    this.#trainingState?.dispose();
    this.#grads.zero(true);
    this.#ended = 'it is disposed. Make a new one';
  }

  /**
   * Takes over everything from an optimizer, which then can't be used.
   * @param last the last of this one's callbacks. The others must be those of the optimizer, unless it is a partition.
   * @param rule the name of what adds that callback, as far as bundles can leave it out.
   */
  protected takeOver(inner: Optimizer, last: Callback, rule?: string): void {
    // It throws where the callbacks don't go together. Then nothing may have been taken.
    const chain = inner.#training.chain.division?.extended(last) ?? this.#training.chain;
    this.iterations_ = inner.iterations;
    const training = Object.assign(this.released(inner), {chain});
    if (rule !== undefined) training.rules = [...training.rules, rule];
    this.adopt(training);
  }

  /** What an optimizer has, which then can't be used. */
  protected released(inner: Optimizer): TrainingState {
    inner.#checkUsable();
    const training = inner.#training;
    inner.#grads.zero(true);
    inner.#trainingState = undefined;
    inner.#ended = `it is part of a ${this.getClassName()} now. Use that one`;
    return training;
  }

  /** The parts of a partition, or of the one that an optimizer is made over. Undefined elsewhere. */
  protected static partsIn(optimizer: Optimizer): readonly Part[] | undefined {
    return optimizer.#training.parts?.(() => optimizer.#training);
  }

  /** What another optimizer has. @throws where that can't be used. */
  protected trainingOf(other: Optimizer): TrainingState {
    other.#checkUsable();
    return other.#training;
  }

  /** Makes this what the optimizer has. */
  protected adopt(training: TrainingState): void {
    this.#trainingState = training;
  }

  /** The name of its class, by which saved models find it. What is made over a partition is saved as a partition. */
  override getClassName(): string {
    return this.#trainingState?.chain.division?.className ?? super.getClassName();
  }

  static {
    weightsNow = optimizer => optimizer.#weights();
    isShowing = optimizer => optimizer.#evaluation.active;
  }

  get #training(): TrainingState {
    if (this.#trainingState !== undefined) return this.#trainingState;
    throw this.#cannotBeUsed();
  }

  #weights(): NamedTensor[] {
    this.#checkAlive();
    this.#checkToSave();
    return this.#training.toWeights(this.iterations);
  }

  #cannotBeUsed(): Error {
    return new Error(`This optimizer can't be used any more: ${String(this.#ended)}.`);
  }

  #checkAlive(): void {
    if (this.#ended !== undefined) throw this.#cannotBeUsed();
  }

  #checkUsable(): void {
    this.#checkAlive();
    if (this.#evaluation.active)
      throw new Error('The variables hold the weights shown by eval(); call train() before the next step.');
  }

  /** Saved state belongs to the weights as they are now. They must be the trained ones, and the state must fit them. */
  #checkToSave(): void {
    this.#evaluation.checkTrained();
    this.#training.restartReplaced();
  }

  #update(gradients: Gradients): void {
    const training = this.#training;
    for (const variable of training.bind([...gradients.keys()]))
      training.parameterOf(variable, `There is a gradient for '${variable.name}', which`);
    training.restartReplaced();
    this.onSchedule(() => {
      training.run(training.chain, gradients, this.#considered);
    });
    this.incrementIterations();
  }
}
