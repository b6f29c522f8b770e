import type * as tf from '@tensorflow/tfjs-core';

import type {ParameterSet} from '../params/parameter_groups';
import {quoted} from '../util/quoted';
import {isTensor} from '../util/tensors';
import type {Manifest} from './manifest';
import {matchVariables, UniqueNames} from './matching';
import type {SavedParameter} from './saved_weights';

/** Saved parameters on their way into an optimizer. First they wait for the weights, then each for its variable. */
export class Waiting {
  #manifest: Manifest | undefined;
  #waiting: readonly SavedParameter[] = [];
  /** Whether the state was forgotten. Then only groups and flags wait, and they need not match. */
  #afresh = false;

  /** The saved parameters that have no variable yet. */
  get parameters(): readonly SavedParameter[] {
    return this.#waiting;
  }

  /** To be called when a configuration was loaded. If it lists parameters, their weights must follow. */
  expect(manifest: Manifest): void {
    this.#manifest = manifest.length > 0 ? manifest : undefined;
  }

  /** The manifest whose weights have not been set yet. */
  get expected(): Manifest | undefined {
    return this.#manifest;
  }

  /** To be called when the weights were read. @param parameters those that have no variable yet. */
  arrived(parameters: readonly SavedParameter[]): void {
    this.clear();
    this.#waiting = parameters;
  }

  /** @throws where weights are missing, so that training would start without its saved state. */
  checkArrived(): void {
    if (this.#manifest === undefined) return;
    throw new Error(
      `The optimizer was loaded without its weights, which hold the state of ${this.#manifest.length} parameters. ` +
        'Save the model with {includeOptimizer: true}, call setWeights, or call clearState() to start without state.',
    );
  }

  /** @throws where saved parameters wait. */
  checkEmpty(): void {
    if (this.#waiting.length > 0)
      throw new Error(
        'The loaded optimizer has no variables yet. Get it by optimizerOf(model), or make a step first.',
      );
  }

  /** Whether there are saved parameters, and they fit these variables. */
  fits(variables: () => readonly tf.Variable[]): boolean {
    if (this.#waiting.length === 0) return false;
    const problems: string[] = [];
    const matched = matchVariables(this.#waiting, variables(), text => problems.push(text));
    return problems.length === 0 && matched.size > 0;
  }

  /**
   * Takes out the saved parameters that match these variables.
   * @param first whether no variable has been matched before.
   * @throws where nothing matches the first time, or where `matchVariables` throws; then nothing is taken.
   */
  claim(variables: readonly tf.Variable[], first: boolean): Map<tf.Variable, SavedParameter> {
    if (this.#waiting.length === 0 || variables.length === 0) return new Map();
    const matched = matchVariables(this.#waiting, variables, this.#afresh ? () => undefined : undefined);
    if (first && !this.#afresh && matched.size === 0) {
      throw new Error(
        `The loaded state fits none of the variables. Loaded: ${quoted(this.#waiting)}; given: ` +
          `${quoted(variables)}. Train the model that was saved, or call clearState() to start without saved state.`,
      );
    }
    const taken = new Set(matched.values());
    this.#waiting = this.#waiting.filter(parameter => !taken.has(parameter));
    return matched;
  }

  /** Forgets the state. The groups and flags of the saved parameters still wait for their variables. */
  forgetState(): void {
    const parameters =
      this.#manifest === undefined
        ? this.#waiting
        : this.#manifest.map(({name, shape, group}) => ({name, shape, group, flags: {}}));
    this.clear();
    this.#waiting = parameters.map(parameter => ({...parameter, entries: {}}));
    this.#afresh = true;
  }

  /** Forgets everything that waits, and disposes its tensors. */
  clear(): void {
    disposeState(this.#waiting);
    this.#waiting = [];
    this.#manifest = undefined;
    this.#afresh = false;
  }
}

/**
 * Finds the saved parameter of each bound variable.
 * @throws as `matchVariables` does; the tensors of all read parameters are then disposed.
 */
export function matchRead(
  read: readonly SavedParameter[],
  bound: ReadonlyArray<{readonly variable: tf.Variable}>,
): Map<tf.Variable, SavedParameter> {
  return matchVariables(
    read,
    bound.map(({variable}) => variable),
    text => {
      disposeState(read);
      throw new Error(text);
    },
  );
}

/** Disposes the state tensors of saved parameters. */
export function disposeState(parameters: readonly SavedParameter[]): void {
  for (const {entries} of parameters) for (const value of Object.values(entries)) if (isTensor(value)) value.dispose();
}

/**
 * The parameters that an optimizer saves: in each group those that it has, then those that wait. All get different
 * names; those that it has keep theirs.
 */
export function parametersToSave(set: ParameterSet, waiting: readonly SavedParameter[]): SavedParameter[] {
  const bound = set.parameters.map(parameter => {
    const {
      variable: {name, shape},
      group: {index: group},
      entries,
    } = parameter;
    return {name, shape, group, entries, flags: set.flagsToSave(parameter)};
  });
  const names = new UniqueNames(bound.map(({name}) => name));
  const others = waiting.map(parameter => ({...parameter, name: names.take(parameter.name)}));
  // A configuration lists them by group, and the weights must be in its order.
  return [...bound, ...others].sort((a, b) => a.group - b.group);
}
