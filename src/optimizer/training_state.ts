import * as tf from '@tensorflow/tfjs-core';

import {type Job, step} from '../fuse';
import type {Gradients} from '../params/gradients';
import {clearEntries, type Parameter, replaceState} from '../params/parameter';
import {ParameterSet} from '../params/parameter_groups';
import {isTrainable} from '../params/trainable';
import {checkVariable} from '../params/variables_of';
import {type Chain, chainOf} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import {Lending} from '../state/lending';
import {loadWeights} from '../state/load_weights';
import type {NamedTensor} from '../state/named_tensor';
import {callbackList, type SavedConfig} from '../state/saved_config';
import {SavedNumbers} from '../state/saved_numbers';
import {manifestOf, type SavedParameter, writeWeights} from '../state/saved_weights';
import {checkStateDict, copies, type StateDict} from '../state/state_dict';
import {parametersToSave, Waiting} from '../state/waiting';
import {WeightSpace} from '../state/weight_space';
import {at} from '../util/at';
import {checkCore} from '../util/core_copies';
import {quoted} from '../util/quoted';
import {isTensor} from '../util/tensors';

/**
 * What an optimizer trains and what it has learnt: its callbacks, its parameters with their state, the numbers that
 * all of them have in common, and loaded state that waits for its variables. Another optimizer can take it over whole.
 */
export class TrainingState {
  /** Host numbers that all parameters have in common. */
  common: Record<string, number> = {};
  readonly #waiting = new Waiting();
  /** The tensors of `getWeights`. */
  readonly #lending = new Lending();
  /** Those of the last `getWeights` that are not state. */
  readonly #savedNumbers = new SavedNumbers(this.#lending);
  readonly #weightSpace = new WeightSpace();

  /** @param explicit whether the parameters were named, so that others are not trained. */
  constructor(
    public chain: Chain,
    public set: ParameterSet,
    public explicit: boolean,
  ) {}

  /**
   * Takes in variables that are new: with their saved state where there is one. Without one, a variable joins only
   * where the parameters were not named, or where the caller names them now.
   */
  bind(variables: readonly tf.Variable[], naming = false): void {
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

  /**
   * The variables to differentiate by: of those that are considered, the parameters that train.
   * @throws where none of the list is a parameter, or none of it is trainable.
   */
  variablesToTrain(varList: readonly tf.Variable[] | undefined): tf.Variable[] {
    const named =
      varList ??
      (this.explicit && this.set.parameters.length > 0
        ? this.set.parameters.map(({variable}) => variable)
        : Object.values(tf.engine().registeredVariables).filter(
            ({trainable, dtype}) => trainable && dtype === 'float32',
          ));
    this.bind(named);
    const mine = named.flatMap(variable => this.set.find(variable) ?? []);
    if (mine.length === 0) {
      throw new Error(
        `None of the variables to train (${quoted(named)}) is a parameter of this optimizer ` +
          `(${quoted(this.set.parameters.map(({variable}) => variable))}).`,
      );
    }
    if (varList !== undefined && !named.some(isTrainable))
      throw new Error(`None of the variables to train (${quoted(named)}) is trainable.`);
    return mine.filter(parameter => this.set.trains(parameter)).map(({variable}) => variable);
  }

  /** @throws where the variable is not one of the parameters; `what` begins the message. */
  parameterOf(variable: tf.Variable, what: string): Parameter {
    const parameter = this.set.find(variable);
    if (parameter !== undefined) return parameter;
    const known = this.set.parameters.map(other => other.variable);
    throw new Error(`${what} is not among the \`params\` of this optimizer (${quoted(known)}).`);
  }

  /**
   * Runs a chain on the parameters that it concerns.
   * @param considered the variables that may take part; all of them where it is absent.
   * @returns whether there was a parameter to run on.
   */
  run(chain: Chain, gradients: Gradients, considered?: ReadonlySet<tf.Variable>): boolean {
    const jobs: Job[] = [];
    for (const parameter of this.set.parameters) {
      const {
        variable,
        entries,
        group: {hypers, index: group},
      } = parameter;
      // A variable without elements has nothing to update, and tfjs's kernels fail on its sums.
      if (variable.size === 0 || considered?.has(variable) === false) continue;
      this.#weightSpace.watch(chain, parameter);
      const trains = this.set.trains(parameter);
      const grad = trains ? gradients.get(variable) : undefined;
      if (grad !== undefined || chain.everyParameter)
        jobs.push({variable, group, grad, trains, doWd: this.set.decays(parameter), hypers, entries});
    }
    this.keepLent();
    if (jobs.length > 0) step(chain, jobs, this.common);
    return jobs.length > 0;
  }

  /** To be called before state is written or disposed: what was handed out just now stays as it is. */
  keepLent(): void {
    this.#lending.replace(() => [...this.set.parameters, ...this.#waiting.parameters].map(({entries}) => entries));
  }

  /** Has state that restarts by itself start anew where others wrote the variable since its last step. */
  restartReplaced(): void {
    this.keepLent();
    this.#weightSpace.restartReplaced(this.chain, this.set.parameters, parameter => !this.set.trains(parameter));
  }

  /** Has all state in weight space start anew. */
  rebase(): void {
    this.#waiting.checkArrived();
    this.keepLent();
    this.#weightSpace.rebase(this.chain, this.set.parameters, this.#waiting.parameters);
  }

  /** Notices from now on where others write the variables. */
  watchWeights(): void {
    for (const parameter of this.set.parameters) this.#weightSpace.watch(this.chain, parameter);
  }

  /** Everything by position. The caller owns the tensors. */
  toDict(iterations: number): StateDict {
    const {chain, common, set} = this;
    return {
      callbacks: callbackList(chain),
      state: set.parameters.map(({entries, flags}) => ({...copies(entries), ...flags})),
      hypers: set.moving.hypersToSave(),
      common: {...common},
      frozen: set.groups.map(({frozen}) => frozen),
      frozenIdx: set.frozenIdx,
      iterations,
      schedule: set.moving.state,
    };
  }

  /**
   * Takes over what `toDict` gave.
   * @param setState gives a variable its state and flags.
   * @throws where it is of another optimizer, other groups or other parameters; nothing is changed then.
   */
  loadDict(dict: StateDict, setState: (variable: tf.Variable, values: StateDict['state'][number]) => void): void {
    const {set} = this;
    checkStateDict(dict, this.chain, set.groups);
    this.chain = chainOf(this.chain.callbacks.map((cb, i) => cb.with(at(dict.callbacks, i).options)));
    // Copies, because the tensors may be this optimizer's own.
    const state = dict.state.map(copies);
    this.keepLent();
    this.#waiting.clear();
    this.common = {...dict.common};
    set.parameters.forEach((parameter, i) => {
      replaceState(parameter);
      setState(parameter.variable, at(state, i));
    });
    tf.dispose(state.flatMap(entries => Object.values(entries)).filter(isTensor));
    set.groups.forEach((group, i) => {
      Object.assign(group.hypers, dict.hypers[i]);
      group.frozen = at(dict.frozen, i);
    });
    set.frozenIdx = dict.frozenIdx;
    set.moving.load(dict.schedule);
  }

  /** Forgets all state but the flags; that which waits for its variables too. */
  clear(): void {
    this.keepLent();
    for (const parameter of this.set.parameters) clearEntries(parameter);
    this.#waiting.forgetState();
    this.common = {};
  }

  /** What the configuration of a saved optimizer holds. */
  toConfig(): SavedConfig {
    const {chain, explicit, set} = this;
    const {
      groups,
      frozenIdx,
      moving,
      treatment: {trainBn, wdBnBias},
    } = set;
    return {
      callbacks: chain.callbacks,
      hypers: moving.hypersToSave(),
      frozen: groups.map(({frozen}) => frozen),
      frozenIdx,
      trainBn,
      wdBnBias,
      explicit,
      schedule: moving.state,
      manifest: this.#waiting.expected ?? manifestOf(chain, this.#toSave()),
    };
  }

  /** Takes over a configuration. The weights of its parameters have to follow. */
  loadConfig({hypers, frozen, frozenIdx, explicit, schedule, manifest}: SavedConfig): void {
    const columns = new Map(
      Object.keys(at(hypers, 0)).map(name => [name, hypers.map(values => valueOf(values, name))] as const),
    );
    const {externals, ranges} = this.chain;
    this.set = new ParameterSet(undefined, hypers.length, columns, this.set.treatment, externals, ranges);
    this.set.groups.forEach((group, i) => {
      group.frozen = at(frozen, i);
    });
    this.set.frozenIdx = frozenIdx;
    this.explicit = explicit;
    this.set.moving.load(schedule);
    this.#waiting.expect(manifest);
  }

  /** `iter`, the state and the host numbers. The tensors are the optimizer's own, which its next step may change. */
  toWeights(iterations: number): NamedTensor[] {
    this.#waiting.checkArrived();
    const {chain, common} = this;
    return writeWeights(chain, {iterations, parameters: this.#toSave(), common}, this.#savedNumbers);
  }

  /** Keeps the tensors of `toWeights` as they are until the task that asked for them had its turn. */
  lend(weights: readonly NamedTensor[]): void {
    void this.#lending.lend(weights.map(({tensor}) => tensor));
  }

  /**
   * Takes over what `toWeights` gave.
   * @param check throws where the optimizer can't take weights any more.
   * @returns the number of steps.
   */
  async loadWeights(weights: readonly NamedTensor[], check: () => void): Promise<number> {
    const {iterations, common, own, waiting} = await loadWeights(
      {
        chain: this.chain,
        expected: this.#waiting.expected,
        known: manifestOf(this.chain, this.#toSave()),
        bound: () => this.set.parameters,
        check,
      },
      weights,
    );
    this.keepLent();
    for (const parameter of this.set.parameters) replaceState(parameter, own.get(parameter.variable));
    this.#waiting.arrived(waiting);
    this.common = {...common};
    return iterations;
  }

  /** Frees all tensors. */
  dispose(): void {
    for (const parameter of this.set.parameters) clearEntries(parameter);
    for (const external of this.chain.externals) external.dispose();
    this.#waiting.clear();
    this.#savedNumbers.dispose();
    this.#lending.dispose();
  }

  #toSave(): SavedParameter[] {
    return parametersToSave(this.set, this.#waiting.parameters);
  }
}

/** @throws where a group lacks a hyper that the first one has. */
function valueOf(hypers: Readonly<Record<string, Scalar>>, name: string): Scalar {
  const value = hypers[name];
  if (value === undefined) throw new Error(`The hyper '${name}' must be saved for every group; one lacks it.`);
  return value;
}
