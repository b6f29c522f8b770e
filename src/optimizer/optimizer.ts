import * as tf from '@tensorflow/tfjs-core';

import {type Job, step} from '../fuse';
import {type Gradients, gradientsByVariable, type NamedGradients} from '../params/gradients';
import {clearEntries, type Parameter, replaceState} from '../params/parameter';
import {ParameterSet} from '../params/parameter_groups';
import {isTrainable} from '../params/trainable';
import {checkVariable, variablesOf} from '../params/variables_of';
import {type Chain, chainOf} from '../rule/chain';
import {registerChainedOps} from '../rule/chained_ops';
import type {Callback, HyperDecl, Scalar} from '../rule/declaration';
import {Lending} from '../state/lending';
import {loadWeights} from '../state/load_weights';
import type {NamedTensor} from '../state/named_tensor';
import {isInstance} from '../state/registered_class';
import {callbackList, readConfig, type SavedConfig, writeConfig} from '../state/saved_config';
import {SavedNumbers} from '../state/saved_numbers';
import {manifestOf, type SavedParameter, writeWeights} from '../state/saved_weights';
import {checkStateDict, copies, type StateDict} from '../state/state_dict';
import {type StateView, stateView} from '../state/state_view';
import {parametersToSave, Waiting} from '../state/waiting';
import {WeightSpace} from '../state/weight_space';
import {checkCore} from '../util/core_copies';
import {quoted} from '../util/quoted';
import {checkSettings} from '../util/settings_check';
import {isTensor} from '../util/tensors';
import {BaseOptimizer} from './base_optimizer';
import {Evaluation} from './evaluation';
import {isLossOfModel, warnLeftOut} from './left_out_variables';
import {type AnyCallback, hyperValues, type ListOf, listOf, numbersIn, type Settings, treatmentOf} from './settings';
import {wasmTrainingHint} from './wasm_training_hint';

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

  override readonly state: StateView;
  protected override chain: Chain;
  protected override set: ParameterSet;
  protected override explicit: boolean;
  #waiting = new Waiting();
  readonly #evaluation = new Evaluation();
  /** The tensors of `getWeights`. */
  #lending = new Lending();
  /** Those of the last `getWeights` that are not state. */
  #savedNumbers = new SavedNumbers(this.#lending);
  /** The variables that take part in this step, also for `everyParameter` callbacks; all without. */
  #considered: ReadonlySet<tf.Variable> | undefined;
  readonly #weightSpace = new WeightSpace();
  #warnedOfLeftOut = false;
  /** Why the optimizer can't be used any more. */
  #ended: string | undefined;

  /**
   * @param callbacks what a step does, in order; one callback instead of a list is taken too.
   * @param settings hypers (one value, one a group, or a `slice`), options by name, and `BaseSettings`.
   * @param declared hypers that the optimizer has beside those that its callbacks declare.
   * @throws for unknown or impossible hypers, callbacks that don't go together, or parameters that can't be trained.
   */
  constructor(callbacks: C, settings: Settings<ListOf<C>>, declared: HyperDecl = {}) {
    super();
    checkSettings('new Optimizer(callbacks, ', [settings], ['lr']);
    this.chain = chainOf(listOf(callbacks));
    const lists = settings.params === undefined ? undefined : variablesOf(settings.params);
    lists?.flat().forEach(checkCore);
    this.explicit = lists !== undefined;
    this.set = new ParameterSet(
      lists,
      lists?.length ?? 1,
      hyperValues(this.chain, settings, declared),
      treatmentOf(settings),
      this.chain.externals,
      this.chain.ranges,
    );
    this.state = stateView({
      chain: () => this.chain,
      common: () => this.common,
      known: variable => this.set.find(variable),
      bound: variable => {
        this.#bind([variable]);
        this.#keepLent();
        return this.#parameterOf(variable, `The variable '${variable.name}'`);
      },
    });
    registerChainedOps();
  }

  // Training

  /**
   * The loss and the gradients of the variables that train. Frozen ones cost no backpropagation.
   * @param f computes the loss, a scalar.
   * @param varList the variables to consider; without it the optimizer's own, or else all trainable variables that
   *   there are.
   * @throws where none of the list is a parameter of this optimizer.
   */
  override computeGradients(
    f: () => tf.Scalar,
    varList?: tf.Variable[],
  ): {value: tf.Scalar; grads: tf.NamedTensorMap} {
    this.#checkUsable();
    const variables = this.#toTrain(varList);
    if (this.explicit && !this.#warnedOfLeftOut && varList !== undefined) this.#findLeftOut(f, varList);
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
    this.#restartReplaced();
    const others = callbacks(this.common, this.set.groups[0]?.hypers ?? {});
    return others !== undefined && this.#run(chainOf(others), new Map());
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

  /** Shows what the callbacks evaluate to (weight averages, say) until `train`. No step can be made meanwhile. */
  eval(): void {
    this.#checkUsable();
    this.#evaluation.show(this.chain, this.set.parameters, this.common, parameter => this.set.decays(parameter));
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
    this.#waiting.checkArrived();
    this.#keepLent();
    this.#weightSpace.rebase(this.chain, this.set.parameters, this.#waiting.parameters);
  }

  /**
   * Notices from now on where others write the variables, as it does after a step, so that slow weights start anew
   * then. For after weights and state were put back together: before the first step after loading, weights that are
   * written are taken for those that belong to the state.
   */
  watchWeights(): void {
    for (const parameter of this.set.parameters) this.#weightSpace.watch(this.chain, parameter);
  }

  /**
   * Everything that the optimizer knows, by position. The tensors are copies that the caller owns.
   * @throws between `eval()` and `train()`.
   */
  stateDict(): StateDict {
    this.#checkAlive();
    this.#checkToSave();
    return {
      callbacks: callbackList(this.chain),
      state: this.set.parameters.map(({entries, flags}) => ({...copies(entries), ...flags})),
      hypers: this.moving.hypersToSave(),
      common: {...this.common},
      frozen: this.set.groups.map(({frozen}) => frozen),
      frozenIdx: this.set.frozenIdx,
      iterations: this.iterations,
      schedule: this.moving.state,
    };
  }

  /**
   * Takes over what `stateDict` gave; its tensors stay the caller's.
   * @throws where it is of another optimizer, other groups or other parameters; nothing is changed then.
   */
  loadStateDict(dict: StateDict): void {
    this.#checkUsable();
    checkStateDict(dict, this.chain, this.set.groups);
    this.chain = chainOf(this.chain.callbacks.map((cb, i) => cb.with(dict.callbacks[i]?.options ?? {})));
    // Copies, for the tensors may be this optimizer's own.
    const state = dict.state.map(copies);
    this.#keepLent();
    this.#waiting.clear();
    this.common = {...dict.common};
    this.set.parameters.forEach((parameter, i) => {
      replaceState(parameter);
      this.state.set(parameter.variable, state[i] ?? {});
    });
    tf.dispose(state.flatMap(entries => Object.values(entries)).filter(isTensor));
    this.set.groups.forEach((group, i) => {
      Object.assign(group.hypers, dict.hypers[i]);
      group.frozen = dict.frozen[i] ?? 'no';
    });
    this.set.frozenIdx = dict.frozenIdx;
    this.moving.load(dict.schedule);
    this.iterations_ = dict.iterations;
  }

  /**
   * Forgets all state but the flags `doWd` and `forceTrain`; that which was loaded and waits for its variables too.
   */
  clearState(): void {
    this.#keepLent();
    for (const parameter of this.set.parameters) clearEntries(parameter);
    this.#waiting.forgetState();
    this.common = {};
  }

  // Saving

  /**
   * Callbacks with options, hypers, groups and freezing, as tfjs saves them. The state is in `getWeights`.
   * @throws between `eval()` and `train()`.
   */
  override getConfig(): tf.serialization.ConfigDict {
    this.#checkToSave();
    const {
      groups,
      frozenIdx,
      treatment: {trainBn, wdBnBias},
    } = this.set;
    return writeConfig({
      callbacks: this.chain.callbacks,
      hypers: this.moving.hypersToSave(),
      frozen: groups.map(({frozen}) => frozen),
      frozenIdx,
      trainBn,
      wdBnBias,
      explicit: this.explicit,
      schedule: this.moving.state,
      manifest: this.#waiting.expected ?? manifestOf(this.chain, this.#toSave()),
    });
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
      const values = saved.hypers[0] ?? {};
      // The class's own constructor would compose afresh; what was saved is the composition.
      const made: unknown = Reflect.construct(
        Optimizer,
        [saved.callbacks, {...values, trainBn, wdBnBias}, numbersIn(values)],
        cls,
      );
      if (!(made instanceof Optimizer) || !isInstance(cls, made))
        throw new Error(`${cls.className} is no optimizer of tfjs-optim.`);
      made.#restore(saved);
      return made;
    } catch (error) {
      for (const {declaration} of revived) declaration.external?.dispose();
      throw error;
    }
  }

  /**
   * `iter`, the state and the host numbers, as they are now. The tensors belong to the optimizer: read or copy them as
   * soon as they are there, for the next step may change them.
   * @throws between `eval()` and `train()`.
   */
  override getWeights(): Promise<NamedTensor[]> {
    const weights = this.#weights();
    void this.#lending.lend(weights.map(({tensor}) => tensor));
    return Promise.resolve(weights);
  }

  /**
   * Takes over what `getWeights` gave, each parameter's state as soon as its variable is handed in.
   * @throws where the weights are not those of the configuration; nothing is changed then.
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    this.#checkUsable();
    const {iterations, common, own, waiting} = await loadWeights(
      {
        chain: this.chain,
        expected: this.#waiting.expected,
        known: manifestOf(this.chain, this.#toSave()),
        bound: () => this.set.parameters,
        check: () => {
          this.#checkUsable();
        },
      },
      weights,
    );
    this.#keepLent();
    for (const parameter of this.set.parameters) replaceState(parameter, own.get(parameter.variable));
    this.#waiting.arrived(waiting);
    this.iterations_ = iterations;
    this.common = {...common};
  }

  /**
   * Takes in variables before their first step, each in the group that it was saved in; new ones in the last group.
   * @throws where none is one whose state was loaded, or one can't be trained.
   */
  attach(variables: Iterable<tf.Variable>): void {
    this.#checkUsable();
    this.#bind([...variables], true);
  }

  /**
   * Frees all tensors of the optimizer, which can't be used afterwards. What another optimizer has taken over is that
   * one's to free.
   */
  override dispose(): void {
    this.train();
    if (this.#ended !== undefined) return;
    for (const parameter of this.set.parameters) clearEntries(parameter);
    for (const external of this.chain.externals) external.dispose();
    this.#waiting.clear();
    this.grads.zero(true);
    this.#savedNumbers.dispose();
    this.#lending.dispose();
    this.#ended = 'it is disposed. Make a new one';
  }

  /** Takes over everything from an optimizer whose callbacks this one's begin with; that one ends. */
  protected takeOver(inner: Optimizer): void {
    inner.#checkUsable();
    this.set = inner.set;
    this.#waiting = inner.#waiting;
    this.explicit = inner.explicit;
    this.common = inner.common;
    this.iterations_ = inner.iterations;
    this.#lending = inner.#lending;
    this.#savedNumbers = inner.#savedNumbers;
    inner.grads.zero(true);
    inner.#ended = `it is part of a ${this.getClassName()} now. Use that one`;
    const refuse = (): void => {
      inner.#checkAlive();
    };
    for (const field of ['set', 'common', 'grads']) Object.defineProperty(inner, field, {get: refuse, set: refuse});
  }

  #restore({hypers, frozen, frozenIdx, explicit, schedule, manifest}: SavedConfig): void {
    const columns = new Map(Object.keys(hypers[0] ?? {}).map(name => [name, hypers.map(values => values[name] ?? 0)]));
    this.set = new ParameterSet(
      undefined,
      hypers.length,
      columns,
      this.set.treatment,
      this.chain.externals,
      this.chain.ranges,
    );
    this.set.groups.forEach((group, i) => {
      group.frozen = frozen[i] ?? 'no';
    });
    this.set.frozenIdx = frozenIdx;
    this.explicit = explicit;
    this.moving.load(schedule);
    this.#waiting.expect(manifest);
  }

  static {
    weightsNow = optimizer => optimizer.#weights();
  }

  #weights(): NamedTensor[] {
    this.#checkAlive();
    this.#checkToSave();
    this.#waiting.checkArrived();
    const {chain, iterations, common} = this;
    return writeWeights(chain, {iterations, parameters: this.#toSave(), common}, this.#savedNumbers);
  }

  /** To be called before state is written or disposed: what was handed out just now stays as it is. */
  #keepLent(): void {
    this.#lending.replace(() => [...this.set.parameters, ...this.#waiting.parameters].map(({entries}) => entries));
  }

  #toSave(): SavedParameter[] {
    return parametersToSave(this.set, this.#waiting.parameters);
  }

  #checkAlive(): void {
    if (this.#ended !== undefined) throw new Error(`This optimizer can't be used any more: ${this.#ended}.`);
  }

  #checkUsable(): void {
    this.#checkAlive();
    if (this.#evaluation.active)
      throw new Error('The parameters shown are those of eval(); call train() before the next step.');
  }

  /** What is saved goes with the weights as they are: these have to be the trained ones, and the state theirs. */
  #checkToSave(): void {
    this.#evaluation.checkTrained();
    this.#restartReplaced();
  }

  #restartReplaced(): void {
    this.#keepLent();
    this.#weightSpace.restartReplaced(this.chain, this.set.parameters, variable => this.isFrozen(variable));
  }

  /** The variables to differentiate by. */
  #toTrain(varList: readonly tf.Variable[] | undefined): tf.Variable[] {
    const named =
      varList ??
      (this.explicit && this.set.parameters.length > 0
        ? this.set.parameters.map(({variable}) => variable)
        : Object.values(tf.engine().registeredVariables).filter(
            ({trainable, dtype}) => trainable && dtype === 'float32',
          ));
    this.#bind(named);
    const mine = named.flatMap(variable => this.set.find(variable) ?? []);
    if (mine.length === 0) {
      throw new Error(
        `None of the variables to train (${quoted(named)}) is a parameter of this optimizer (${quoted(this.paramLists.flat())}).`,
      );
    }
    if (varList !== undefined && !named.some(isTrainable))
      throw new Error(`None of the variables to train (${quoted(named)}) is trainable.`);
    return mine.filter(parameter => this.set.trains(parameter)).map(({variable}) => variable);
  }

  /** Warns once where a model trains what is none of the parameters. A list that the user gave is taken as it is. */
  #findLeftOut(f: () => tf.Scalar, variables: readonly tf.Variable[]): void {
    const leftOut = variables.filter(variable => variable.trainable && this.set.find(variable) === undefined);
    if (leftOut.length === 0 || !isLossOfModel(f)) return;
    this.#warnedOfLeftOut = true;
    warnLeftOut(leftOut);
  }

  /**
   * Takes in variables that are new: with their saved state where there is one, else fresh unless the parameters were
   * named already.
   */
  #bind(variables: readonly tf.Variable[], naming = false): void {
    this.#checkAlive();
    this.#waiting.checkArrived();
    const fresh = variables.filter(variable => this.set.find(variable) === undefined);
    fresh.forEach(checkCore);
    fresh.forEach(checkVariable);
    const matched = this.#waiting.claim(fresh, this.set.parameters.length === 0);
    for (const variable of fresh) {
      const saved = matched.get(variable);
      if (saved === undefined && this.explicit && !naming) continue;
      replaceState(this.set.add(variable, saved?.group), saved);
    }
  }

  #update(gradients: Gradients): void {
    this.#bind([...gradients.keys()]);
    for (const variable of gradients.keys())
      if (this.set.find(variable) === undefined)
        this.#parameterOf(variable, `There is a gradient for '${variable.name}', which`);
    this.#restartReplaced();
    this.onSchedule(() => {
      this.#run(this.chain, gradients);
    });
    this.incrementIterations();
  }

  /** @returns whether there was anything to run on. */
  #run(chain: Chain, gradients: Gradients): boolean {
    const jobs: Job[] = [];
    for (const parameter of this.set.parameters) {
      const {
        variable,
        entries,
        group: {hypers, index: group},
      } = parameter;
      if (!this.#takesPart(variable)) continue;
      this.#weightSpace.watch(chain, parameter);
      const trains = this.set.trains(parameter);
      const grad = trains ? gradients.get(variable) : undefined;
      if (grad !== undefined || chain.everyParameter)
        jobs.push({variable, group, grad, trains, doWd: this.set.decays(parameter), hypers, entries});
    }
    this.#keepLent();
    if (jobs.length > 0) step(chain, jobs, this.common);
    return jobs.length > 0;
  }

  /** One without elements has nothing to update, and tfjs's kernels fail on its sums. */
  #takesPart(variable: tf.Variable): boolean {
    return variable.size > 0 && this.#considered?.has(variable) !== false;
  }

  /** @throws where the variable is none of the optimizer's. */
  #parameterOf(variable: tf.Variable, what: string): Parameter {
    const parameter = this.set.find(variable);
    if (parameter === undefined)
      throw new Error(`${what} is not among the \`params\` of this optimizer (${quoted(this.paramLists.flat())}).`);
    return parameter;
  }
}
