import * as tf from '@tensorflow/tfjs-core';

import {fusedOn, graphOf} from '../fuse';
import {type Gradients, gradientsByVariable, GradientStore, type NamedGradients} from '../params/gradients';
import {ParameterSet} from '../params/parameter_groups';
import {variablesOf} from '../params/variables_of';
import {chainOf} from '../rule/chain';
import {registerChainedOps} from '../rule/chained_ops';
import type {Callback, HyperDecl, Scalar} from '../rule/declaration';
import type {NamedTensor} from '../state/named_tensor';
import {isInstance} from '../state/registered_class';
import {readConfig, writeConfig} from '../state/saved_config';
import type {StateDict} from '../state/state_dict';
import {type ParameterState, type StateView, stateView} from '../state/state_view';
import {at} from '../util/at';
import {checkCore} from '../util/core_copies';
import {checkSettings} from '../util/settings_check';
import {BaseOptimizer} from './base_optimizer';
import {Evaluation} from './evaluation';
import {isLossOfModel, warnLeftOut} from './left_out_variables';
import {type AnyCallback, hyperValues, type ListOf, listOf, numbersIn, type Settings, treatmentOf} from './settings';
import {TrainingState} from './training_state';
import {wasmTrainingHint} from './wasm_training_hint';

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

/** The weights of an optimizer without a promise; its own, which its next step may change. */
export let weightsNow: (optimizer: Optimizer) => NamedTensor[];

/**
 * An optimizer made of callbacks, which TensorFlow.js takes wherever it takes a `tf.train` optimizer.
 *
 * A step runs the callbacks in order on each parameter that trains and has a gradient; all new values are computed
 * before the first is written. A missing gradient leaves a parameter, its state and its step count alone.
 */
export class Optimizer<
  const C extends AnyCallback | readonly AnyCallback[] = readonly AnyCallback[],
> extends BaseOptimizer {
  /** The name by which saved models find the class. */
  static get className(): string {
    return 'TfjsOptimOptimizer';
  }

  /**
   * The hypers that the class declares beside those of its callbacks, with defaults: what an optimizer gets on loading
   * where the file lacks one. A class of your own that hands hypers to the constructor as `declared` overrides it.
   */
  static get declaredHypers(): HyperDecl {
    return {};
  }

  readonly #grads = new GradientStore();
  /** The state of each variable, and the flags `doWd` and `forceTrain`. */
  readonly state: StateView;
  /** Absent where another optimizer has taken it over. */
  #trainingState: TrainingState | undefined;
  readonly #evaluation = new Evaluation();
  /** The variables that take part in this step, also for `everyParameter` callbacks; all without. */
  #considered: ReadonlySet<tf.Variable> | undefined;
  #warnedOfLeftOut = false;
  /** Why the optimizer can't be used any more. */
  #ended: string | undefined;

  /**
   * @param callbacks what a step does, in order; one callback instead of a list is taken too.
   * @param settings hypers (one value, one value per group, or a `slice`), options by name, and `BaseSettings`.
   * @param declared hypers that the optimizer has beside those that its callbacks declare.
   * @throws for unknown or impossible hypers, callbacks that don't go together, or parameters that can't be trained.
   */
  constructor(callbacks: C, settings: Settings<ListOf<C>>, declared: HyperDecl = {}) {
    super();
    checkSettings('new Optimizer(callbacks, ', [settings], ['lr']);
    const chain = chainOf(listOf(callbacks));
    const lists = settings.params === undefined ? undefined : variablesOf(settings.params);
    lists?.flat().forEach(checkCore);
    const values = hyperValues(chain, settings, declared);
    const {externals, ranges} = chain;
    const set = new ParameterSet(lists, lists?.length ?? 1, values, treatmentOf(settings), externals, ranges);
    this.#trainingState = new TrainingState(chain, set, lists !== undefined);
    this.state = stateView({
      chain: () => this.#training.chain,
      common: () => this.#training.common,
      known: variable => this.#training.set.find(variable),
      bound: variable => {
        this.#checkAlive();
        this.#training.bind([variable]);
        this.#training.keepLent();
        return this.#training.parameterOf(variable, `The variable '${variable.name}'`);
      },
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

  protected override get set(): ParameterSet {
    return this.#training.set;
  }

  protected override setExplicit(): void {
    this.#training.explicit = true;
  }

  /**
   * Where steps run fused: the name of the backend that is set, or `eager: ` and why they run as ordinary operations
   * instead. `tf.env().set('OPTIM_FUSING', false)` turns fusing off.
   */
  get fusedOn(): string {
    return fusedOn(this.#training.chain);
  }

  /**
   * What the last step computed, as text: the operations of each bucket of parameters. Empty before the first fused
   * step.
   */
  graph(): string {
    return graphOf(this.#training.chain);
  }

  /**
   * All parameters with group, state and hypers.
   * @param groups an index (from the end where negative) for one group; all without.
   * @param withGrad only those that have a gradient in `grads`.
   */
  allParams(groups?: number, withGrad = false): ParamRow[] {
    const hypers = this.hypers;
    const wanted = groups === undefined ? undefined : groups < 0 ? hypers.length + groups : groups;
    return this.set.parameters
      .filter(
        ({variable, group: {index}}) =>
          (wanted === undefined || index === wanted) && (!withGrad || this.grads.get(variable) !== undefined),
      )
      .map(parameter => {
        const {
          variable,
          group: {index},
        } = parameter;
        return {
          variable,
          group: index,
          trainable: this.set.trains(parameter),
          state: this.state.get(variable),
          hypers: at(hypers, index),
        };
      });
  }

  // Training

  /**
   * The loss and the gradients of the variables that train. Frozen ones cost no backpropagation.
   * @param f computes the loss, a scalar.
   * @param varList the variables to consider; without it the optimizer's own, or else all trainable variables.
   * @throws where none of the list is a parameter of this optimizer.
   */
  override computeGradients(
    f: () => tf.Scalar,
    varList?: tf.Variable[],
  ): {value: tf.Scalar; grads: tf.NamedTensorMap} {
    this.#checkUsable();
    const variables = this.#training.variablesToTrain(varList);
    if (this.#training.explicit && !this.#warnedOfLeftOut && varList !== undefined) this.#findLeftOut(f, varList);
    if (variables.length === 0) return {value: tf.tidy(f), grads: {}};
    return wasmTrainingHint(() => tf.variableGrads(f, variables));
  }

  /**
   * Computes the gradients of `f` and updates the variables.
   * @param varList the variables to consider, as for `computeGradients`; others stay as they are, whatever their
   *   state.
   * @returns with `returnCost` the loss, the caller's to dispose.
   */
  override minimize(f: () => tf.Scalar, returnCost = false, varList?: tf.Variable[]): tf.Scalar | null {
    this.#considered = varList && new Set(varList);
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
   * Updates the variables. @param variableGradients the gradients, by variable name or as a list; those without a
   * tensor are skipped.
   */
  override applyGradients(variableGradients: NamedGradients): void {
    this.#checkUsable();
    this.#update(gradientsByVariable(variableGradients));
  }

  /**
   * Computes the gradients of `f` and adds them to `grads`.
   * @returns the loss, the caller's to dispose.
   */
  backward(f: () => tf.Scalar, variables?: tf.Variable[]): tf.Scalar {
    const {value, grads} = this.computeGradients(f, variables);
    for (const [variable, gradient] of gradientsByVariable(grads)) this.grads.add(variable, gradient);
    tf.dispose(grads);
    return value;
  }

  /**
   * @internal Makes a step without gradients, by other callbacks on the same state; schedules and `iterations` stay.
   * @param callbacks gives them, of the numbers that all parameters have in common and the hypers of the first group.
   * @returns whether there was such a step.
   */
  stepBy(
    callbacks: (
      common: Readonly<Record<string, number>>,
      hypers: Readonly<Record<string, Scalar>>,
    ) => readonly Callback[] | undefined,
  ): boolean {
    this.#checkUsable();
    const training = this.#training;
    training.restartReplaced();
    const others = callbacks(training.common, at(training.set.groups, 0).hypers);
    return others !== undefined && training.run(chainOf(others), new Map(), this.#considered);
  }

  /** Updates the variables from `grads`, which stay as they are until `zeroGrad`. */
  step(): void {
    this.#checkUsable();
    this.#update(this.grads.all());
  }

  /**
   * Frees the gradients, so that `step` does nothing; with `setToNone` false they become zeros, with which a step
   * still decays.
   */
  zeroGrad(setToNone = true): void {
    this.grads.zero(setToNone);
  }

  /** Shows what the callbacks evaluate to, such as weight averages, until `train`. No step can be made meanwhile. */
  eval(): void {
    this.#checkUsable();
    const {chain, set, common} = this.#training;
    this.#evaluation.show(chain, set.parameters, common, parameter => set.decays(parameter));
  }

  /** Puts the trained parameters back after `eval`. */
  train(): void {
    this.#evaluation.restore();
  }

  // State

  /**
   * Has the state that holds points in weight space (slow weights, averages, and what own callbacks start as `copy`
   * or declare so) start anew from the weights as they are at the next step. For after weights were replaced:
   * `setWeights`, `assign`, a federated round.
   * @throws between `eval()` and `train()`.
   */
  rebase(): void {
    this.#checkUsable();
    this.#training.rebase();
  }

  /**
   * Notices from now on where others write the variables, as it does after a step, so that slow weights start anew
   * then. For after weights and state were put back together: before the first step after loading, weights that are
   * written count as those that belong to the state.
   */
  watchWeights(): void {
    this.#training.watchWeights();
  }

  /**
   * Everything that the optimizer knows, by position. The tensors are copies that the caller owns.
   * @throws between `eval()` and `train()`.
   */
  stateDict(): StateDict {
    this.#checkAlive();
    this.#checkToSave();
    return this.#training.toDict(this.iterations);
  }

  /**
   * Takes over what `stateDict` gave; its tensors stay the caller's.
   * @throws where it is of another optimizer, other groups or other parameters; nothing is changed then.
   */
  loadStateDict(dict: StateDict): void {
    this.#checkUsable();
    this.#training.loadDict(dict, (variable, values) => {
      this.state.set(variable, values);
    });
    this.iterations_ = dict.iterations;
  }

  /**
   * Forgets all state but the flags `doWd` and `forceTrain`; that which was loaded and waits for its variables too.
   */
  clearState(): void {
    this.#training.clear();
  }

  // Saving

  /**
   * Callbacks with options, hypers, groups and freezing, as tfjs saves them. The state is in `getWeights`.
   * @throws between `eval()` and `train()`.
   */
  override getConfig(): tf.serialization.ConfigDict {
    this.#checkToSave();
    return writeConfig(this.#training.toConfig());
  }

  /** Makes an optimizer from what `getConfig` gave. Where it had trained, `setWeights` has to follow. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const revived: Callback[] = [];
    try {
      const saved = readConfig(config, revived, cls);
      const {trainBn, wdBnBias} = saved;
      const values = at(saved.hypers, 0);
      // The class's own constructor would compose afresh; what was saved is the composition.
      const made: unknown = Reflect.construct(
        Optimizer,
        [saved.callbacks, {...values, trainBn, wdBnBias}, numbersIn(values)],
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
   * `iter`, the state and the host numbers, as they are now. The tensors belong to the optimizer: read or copy them as
   * soon as they are there, because the next step may change them.
   * @throws between `eval()` and `train()`.
   */
  override getWeights(): Promise<NamedTensor[]> {
    const weights = this.#weights();
    this.#training.lend(weights);
    return Promise.resolve(weights);
  }

  /**
   * Takes over what `getWeights` gave, each parameter's state as soon as its variable is handed in.
   * @throws where the weights are not those of the configuration; nothing is changed then.
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    this.#checkUsable();
    this.iterations_ = await this.#training.loadWeights(weights, () => {
      this.#checkUsable();
    });
  }

  /**
   * Takes in variables before their first step, each in the group that it was saved in; new ones in the last group.
   * @throws where none is one whose state was loaded, or one can't be trained.
   */
  attach(variables: Iterable<tf.Variable>): void {
    this.#checkUsable();
    this.#training.bind([...variables], true);
  }

  /**
   * Frees all tensors of the optimizer, which can't be used afterwards. What another optimizer has taken over is that
   * one's to free.
   */
  override dispose(): void {
    this.train();
    if (this.#ended !== undefined) return;
    this.#trainingState?.dispose();
    this.#grads.zero(true);
    this.#ended = 'it is disposed. Make a new one';
  }

  /** Takes over everything from an optimizer whose callbacks this one's begin with; that one ends. */
  protected takeOver(inner: Optimizer): void {
    inner.#checkUsable();
    const {chain} = this.#training;
    this.#trainingState = Object.assign(inner.#training, {chain});
    this.iterations_ = inner.iterations;
    inner.#grads.zero(true);
    inner.#trainingState = undefined;
    inner.#ended = `it is part of a ${this.getClassName()} now. Use that one`;
  }

  static {
    weightsNow = optimizer => optimizer.#weights();
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
      throw new Error('The parameters shown are those of eval(); call train() before the next step.');
  }

  /** What is saved goes with the weights as they are: these have to be the trained ones, and the state theirs. */
  #checkToSave(): void {
    this.#evaluation.checkTrained();
    this.#training.restartReplaced();
  }

  /** Warns once where a model trains variables that are not parameters. A list from the user is not checked. */
  #findLeftOut(f: () => tf.Scalar, variables: readonly tf.Variable[]): void {
    const leftOut = variables.filter(variable => variable.trainable && this.set.find(variable) === undefined);
    if (leftOut.length === 0 || !isLossOfModel(f)) return;
    this.#warnedOfLeftOut = true;
    warnLeftOut(leftOut);
  }

  #update(gradients: Gradients): void {
    const training = this.#training;
    training.bind([...gradients.keys()]);
    for (const variable of gradients.keys())
      training.parameterOf(variable, `There is a gradient for '${variable.name}', which`);
    training.restartReplaced();
    this.onSchedule(() => {
      training.run(training.chain, gradients, this.#considered);
    });
    this.incrementIterations();
  }
}
