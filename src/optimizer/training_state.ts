import * as tf from '@tensorflow/tfjs-core';

import {checkPlaceOfSkips} from '../callbacks/skip_settings';
import {type Job, sharingOf, step} from '../fuse';
import type {Gradients} from '../params/gradients';
import {clearEntries, type Group, type Parameter, replaceState} from '../params/parameter';
import type {ParameterSet} from '../params/parameter_groups';
import {isTrainable} from '../params/trainable';
import {checkVariable} from '../params/variables_of';
import {type Chain, chainIn, chainOf, type ChangeOfCallbacks} from '../rule/chain';
import {GroupNumbers} from '../rule/group_numbers';
import {Lending} from '../state/lending';
import {loadWeights} from '../state/load_weights';
import {callbackList, type SavedConfig} from '../state/saved_config';
import {SavedNumbers} from '../state/saved_numbers';
import {manifestOf, type NamedTensor, type SavedParameter, writeWeights} from '../state/saved_weights';
import {chainOfDict, copies, type StateDict} from '../state/state_dict';
import type {StateView} from '../state/state_view';
import {parametersToSave, Waiting} from '../state/waiting';
import {WeightSpace} from '../state/weight_space';
import {at} from '../util/at';
import {checkCore} from '../util/core_copies';
import {memo} from '../util/memo';
import {quoted} from '../util/quoted';
import {checkVariables, isTensor} from '../util/tensors';
import type {Part} from './part';
import {savedGroups} from './saved_groups';

/**
 * What an optimizer trains and what it has learned: its callbacks, its parameters with their state, the host numbers
 * that all parameters share, and loaded state that waits for its variables. Another optimizer can take over all of it.
 */
export class TrainingState {
  /** Shows the parts of a partition. Absent elsewhere. @param check throws where the caller no longer owns this. */
  parts?: (check: () => unknown) => readonly Part[];
  /** The variables of the model that the optimizer was loaded with. A step may show that its state has others. */
  offered: () => readonly tf.Variable[] = () => [];
  /** Host numbers that all parameters share. */
  common: Record<string, number> = {};
  /** The numbers of each group that callbacks declare. Numbers that have not started are absent. */
  #groupState: Array<Readonly<Record<string, number>>> = [];
  /** The numbers that belong to no parameter: one tensor per callback, by key. Absent until a step replaced them. */
  #shared: Record<string, tf.Tensor> = {};
  readonly #waiting = new Waiting();
  /** Lends the tensors of `getWeights`. */
  readonly #lending = new Lending();
  /** The tensors of the last `getWeights` that are not state. */
  readonly #savedNumbers = new SavedNumbers(this.#lending);
  readonly #weightSpace = new WeightSpace();

  /**
   * @param explicit whether the user named the parameters. Then no others are trained.
   * @param rules the rules of the table that it was made with, as far as bundles can leave them out.
   */
  constructor(
    public chain: Chain,
    public set: ParameterSet,
    public explicit: boolean,
    public rules: readonly string[],
  ) {
    checkPlaceOfSkips(chain);
  }

  /**
   * Adds the new ones of these variables, with their saved state. A variable without saved state is added only where
   * the user did not name the parameters.
   * @param naming whether the user names these variables now, so that all of them are added.
   * @returns those that are not parameters.
   * @throws where saved weights are missing, where saved state fits none of the first variables, and for a variable
   *   that can't be trained.
   */
  bind(variables: readonly tf.Variable[], naming = false): tf.Variable[] {
    this.#waiting.checkArrived();
    const fresh = variables.filter(variable => this.set.find(variable) === undefined);
    if (fresh.length === 0) return [];
    fresh.forEach(checkCore);
    fresh.forEach(checkVariable);
    const matched = this.#waiting.claim(fresh, this.set.parameters.length === 0);
    for (const variable of fresh) {
      const saved = matched.get(variable);
      if (saved === undefined && this.explicit && !naming) continue;
      replaceState(this.set.add(variable, saved?.group), saved);
    }
    this.set.joined();
    return fresh.filter(variable => this.set.find(variable) === undefined);
  }

  /** Gives loaded state to the offered variables where it fits them, and has no others yet. */
  bindOffered(): ParameterSet {
    if (this.set.parameters.length === 0 && this.#waiting.fits(this.offered)) this.bind(this.offered());
    return this.set;
  }

  /** The same. @throws where all parameters still wait for their variables. */
  checkBound(): ParameterSet {
    if (this.bindOffered().parameters.length === 0) this.#waiting.checkEmpty();
    return this.set;
  }

  /**
   * The variables for which gradients are needed: those considered variables that are parameters and train.
   * @param varList the variables to consider; without it, the named parameters, or else all trainable variables.
   * @throws where no considered variable is trainable, or none is a parameter.
   */
  variablesToTrain(varList: readonly tf.Variable[] | undefined): tf.Variable[] {
    if (varList) checkVariables(varList);
    const named =
      varList ??
      (this.explicit && this.set.parameters.length > 0
        ? this.set.parameters.map(({variable}) => variable)
        : Object.values(tf.engine().registeredVariables).filter(
            ({trainable, dtype}) => trainable && dtype === 'float32',
          ));
    const none = (what: string) => new Error(`None of the variables to train (${quoted(named)}) is ${what}.`);
    if ((varList || named.length === 0) && !named.some(isTrainable))
      throw none('trainable. Set `trainable = true` on a layer, and compile again');
    this.bind(named);
    // Variables that are not parameters are left out.
    const mine = named.flatMap(variable => this.set.find(variable) ?? []);
    if (mine.length === 0)
      throw none(`a parameter of this optimizer (${quoted(this.set.parameters.map(({variable}) => variable))})`);
    return mine.filter(parameter => this.set.trains(parameter)).map(({variable}) => variable);
  }

  /** The parameter of a variable. @throws where it is not a parameter. @param what the start of the message. */
  parameterOf(variable: tf.Variable, what: string): Parameter {
    const parameter = this.set.find(variable);
    if (parameter !== undefined) return parameter;
    const known = this.set.parameters.map(other => other.variable);
    throw new Error(`${what} is not among the \`params\` of this optimizer (${quoted(known)}).`);
  }

  /**
   * Runs a chain on the parameters that have a gradient, or on all where a callback declares `everyParameter`.
   * @param considered the variables that may take part; all without it.
   * @returns whether there was any parameter to run on.
   */
  run(chain: Chain, gradients: Gradients, considered?: ReadonlySet<tf.Variable>): boolean {
    const jobs: Job[] = [];
    const numbers = new Map<Group, GroupNumbers>();
    const idle = new Set<Group>();
    for (const parameter of this.set.parameters) {
      const {variable, entries, group: own} = parameter;
      const {hypers, index: group} = own;
      // A variable without elements is skipped, because tfjs's kernels fail on its sums.
      if (variable.size === 0 || considered?.has(variable) === false) continue;
      this.#weightSpace.watch(chain, parameter);
      const trains = this.set.trains(parameter);
      const grad = trains ? gradients.get(variable) : undefined;
      const mine = chainIn(chain, group);
      if (grad !== undefined || mine.everyParameter)
        jobs.push({
          variable,
          group,
          grad,
          trains,
          doWd: this.set.decays(parameter),
          hypers,
          entries,
          groupNumbers: mine.groupState.size === 0 ? undefined : memo(numbers, own, () => this.numbersOf(own)),
        });
      else if (trains && mine.groupState.size > 0) idle.add(own);
    }
    // Before the step, because what throws here must change nothing.
    for (const own of idle)
      if (!numbers.has(own))
        numbers.set(own, this.numbersOf(own).advancedBy(chainIn(chain, own.index).callbacks, own.hypers));
    this.keepLent();
    if (jobs.length > 0) step(chain, jobs, this.common, this.#shared);
    for (const [{index}, {now}] of numbers) this.#groupState[index] = now;
    return jobs.length > 0;
  }

  /** The numbers of a group, as the last step left them. */
  numbersOf({index}: Group): GroupNumbers {
    return new GroupNumbers({
      ...Object.fromEntries(chainIn(this.chain, index).groupState),
      ...this.#groupState[index],
    });
  }

  /** Returns the shared numbers as scalars. To be called inside `tf.tidy`. */
  sharedScalars(): (entry: string) => tf.Tensor {
    return sharingOf(this.chain, this.#shared).run().before;
  }

  /** Reads the shared numbers, as they are now. */
  async readShared(): Promise<Record<string, number>> {
    const lists = this.chain.shared.map(async ({key, names, starts}): Promise<Array<[string, number]>> => {
      const values = (await this.#shared[key]?.data()) ?? starts;
      return names.map((name, i) => [name, at(values, i)]);
    });
    return Object.fromEntries((await Promise.all(lists)).flat());
  }

  /** Reads how many steps were skipped. @throws (rejects) where no callback can skip one. */
  async readSkipped(): Promise<number> {
    const {skipped} = await this.readShared();
    if (skipped === undefined || !this.chain.canSkip)
      throw new Error('This optimizer skips no steps; make it with {skipNonFinite: true} to count them.');
    return skipped;
  }

  #replaceShared(next: Record<string, tf.Tensor>): void {
    tf.dispose(this.#shared);
    this.#shared = next;
  }

  /**
   * Makes a step with other callbacks on the same state, without gradients.
   * @param considered as in `run`.
   * @returns whether a step was made.
   */
  runBy(change: ChangeOfCallbacks, considered?: ReadonlySet<tf.Variable>): boolean {
    this.checkBound();
    const {division, callbacks} = this.chain;
    const {common} = this;
    const hypers = this.set.groups.map(group => group.hypers);
    const others = division === undefined ? change(callbacks, common, at(hypers, 0)) : undefined;
    const chain = others === undefined ? division?.changed(change, common, hypers) : chainOf(others);
    return chain !== undefined && this.run(chain, new Map(), considered);
  }

  /** Must be called before state is written or disposed. Lent tensors then stay as they are. */
  keepLent(): void {
    this.#lending.replace(() => [
      ...[...this.set.parameters, ...this.#waiting.parameters].map(({entries}) => entries),
      this.#shared,
    ]);
  }

  /** Restarts the state that restarts by itself, where others wrote the variable since its last step. */
  restartReplaced(): void {
    this.keepLent();
    this.#weightSpace.restartReplaced(this.chain, this.set);
  }

  /** Restarts all state in weight space. */
  rebase(): void {
    this.#waiting.checkArrived();
    this.keepLent();
    this.#weightSpace.rebase(this.chain, this.set.parameters, this.#waiting.parameters);
  }

  /** Watches from now on whether others write the variables. */
  watchWeights(): void {
    for (const parameter of this.set.parameters) this.#weightSpace.watch(this.chain, parameter);
  }

  /** All state by position. The caller owns the tensors. */
  toDict(iterations: number): StateDict {
    this.checkBound();
    const {chain, common, set} = this;
    return {
      callbacks: callbackList(chain),
      state: set.parameters.map(({entries, flags}) => ({...copies(entries), ...flags})),
      hypers: set.moving.hypersToSave(),
      common: {...common},
      ...(chain.groupState.size === 0 ? {} : {groupState: set.groups.map(group => ({...this.numbersOf(group).now}))}),
      ...(chain.shared.length === 0 ? {} : {shared: copies(this.#shared)}),
      frozen: set.groups.map(({frozen}) => frozen),
      frozenIdx: set.frozenIdx,
      iterations,
      schedule: set.moving.state,
    };
  }

  /**
   * Loads what `toDict` returned.
   * @param view sets the state and flags of a variable.
   * @throws where it belongs to another optimizer, other groups or other parameters; then nothing is changed.
   */
  loadDict(dict: StateDict, view: Pick<StateView, 'set'>): void {
    const {set} = this;
    this.chain = chainOfDict(dict, this.chain, set.groups);
    // The tensors may be this optimizer's own, so they are copied before its state is disposed.
    const state = dict.state.map(copies);
    this.keepLent();
    this.#waiting.clear();
    this.common = {...dict.common};
    this.#groupState = [...(dict.groupState ?? [])];
    // Absent in a dict from before callbacks shared numbers: they start anew.
    const shared = copies(dict.shared ?? {});
    this.#replaceShared(Object.fromEntries(Object.entries(shared).map(([key, tensor]) => [key, tf.keep(tensor)])));
    // First the hypers: the shapes of state can depend on them.
    set.groups.forEach((group, i) => {
      Object.assign(group.hypers, at(dict.hypers, i));
      group.frozen = at(dict.frozen, i);
    });
    set.parameters.forEach((parameter, i) => {
      replaceState(parameter);
      view.set(parameter.variable, at(state, i));
    });
    tf.dispose(state.flatMap(entries => Object.values(entries)).filter(isTensor));
    set.frozenIdx = dict.frozenIdx;
    set.loadSchedule(dict.schedule);
  }

  /** Removes all state, also the loaded state that waits for its variables. The flags stay. */
  clear(): void {
    this.keepLent();
    for (const parameter of this.set.parameters) clearEntries(parameter);
    this.#waiting.forgetState();
    this.common = {};
    this.#groupState = [];
    this.#replaceShared({});
  }

  /** The content of the optimizer's saved configuration. */
  toConfig(): SavedConfig {
    const {chain, rules, explicit, set} = this;
    const {
      groups,
      frozenIdx,
      moving,
      treatment: {trainBn, wdBnBias},
    } = set;
    return {
      chain,
      rules,
      hypers: moving.hypersToSave(),
      frozen: groups.map(({frozen}) => frozen),
      frozenIdx,
      trainBn,
      wdBnBias,
      explicit,
      schedule: set.schedule,
      manifest: this.#waiting.expected ?? manifestOf(chain, this.#toSave()),
    };
  }

  /**
   * Loads a configuration. The weights of its parameters must follow.
   * @param set groups with the saved hypers.
   */
  loadConfig(config: SavedConfig, set = savedGroups(config, this.chain, this.set.treatment)): void {
    const {rules, frozen, frozenIdx, explicit, schedule, manifest} = config;
    this.set = set;
    this.rules = rules;
    this.set.groups.forEach((group, i) => {
      group.frozen = at(frozen, i);
    });
    this.set.frozenIdx = frozenIdx;
    this.explicit = explicit;
    this.set.loadSchedule(schedule);
    this.#groupState = [];
    this.#replaceShared({});
    this.#waiting.expect(manifest);
  }

  /** `iter`, the state and the host numbers. The optimizer owns the tensors; its next step may change them. */
  toWeights(iterations: number): NamedTensor[] {
    this.#waiting.checkArrived();
    const {chain, common, set} = this;
    const groupState = set.groups.map(group => this.numbersOf(group).now);
    const parameters = this.#toSave();
    return writeWeights(chain, {iterations, parameters, common, groupState, shared: this.#shared}, this.#savedNumbers);
  }

  /** Keeps the tensors of `toWeights` as they are until the task that asked for them has read them. */
  lend(weights: readonly NamedTensor[]): void {
    void this.#lending.lend(weights.map(({tensor}) => tensor));
  }

  /**
   * Loads what `toWeights` returned.
   * @param check throws where the optimizer can no longer take weights.
   * @returns the number of steps that the optimizer has made.
   */
  async loadWeights(weights: readonly NamedTensor[], check: () => void): Promise<number> {
    const {iterations, common, groupState, shared, own, waiting} = await loadWeights(
      {
        chain: this.chain,
        expected: this.#waiting.expected,
        known: manifestOf(this.chain, this.#toSave()),
        bound: () => this.set.parameters,
        hypers: this.set.groups.map(({hypers}) => hypers),
        check,
      },
      weights,
    );
    this.keepLent();
    for (const parameter of this.set.parameters) replaceState(parameter, own.get(parameter.variable));
    this.#waiting.arrived(waiting);
    this.common = {...common};
    this.#groupState = [...groupState];
    this.#replaceShared({...shared});
    return iterations;
  }

  /** Disposes all tensors. */
  dispose(): void {
    for (const parameter of this.set.parameters) clearEntries(parameter);
    for (const external of this.chain.externals) external.dispose();
    this.#waiting.clear();
    this.#replaceShared({});
    this.#savedNumbers.dispose();
    this.#lending.dispose();
  }

  #toSave(): SavedParameter[] {
    return parametersToSave(this.set, this.#waiting.parameters);
  }
}
