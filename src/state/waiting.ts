import type * as tf from '@tensorflow/tfjs-core';

import type {ParameterSet} from '../params/parameter_groups';
import {quoted} from '../util/quoted';
import {isTensor} from '../util/tensors';
import type {Manifest} from './manifest';
import {matchVariables, UniqueNames} from './matching';
import type {SavedParameter} from './saved_weights';

/** Saved parameters on their way into an optimizer: first they wait for the weights, then each for its variable. */
export class Waiting {
  #manifest: Manifest | undefined;
  #waiting: readonly SavedParameter[] = [];
  /** Whether the state was given up, so that only groups and flags wait: they are taken where they fit. */
  #afresh = false;

  /** The saved parameters that have no variable yet. */
  get parameters(): readonly SavedParameter[] {
    return this.#waiting;
  }

  /** A configuration was loaded; where it lists parameters, their weights are to come. */
  expect(manifest: Manifest): void {
    this.#manifest = manifest.length > 0 ? manifest : undefined;
  }

  /** The manifest whose weights have not come. */
  get expected(): Manifest | undefined {
    return this.#manifest;
  }

  /** The weights have come; these parameters have no variable yet. */
  arrived(parameters: readonly SavedParameter[]): void {
    this.clear();
    this.#waiting = parameters;
  }

  /** @throws where training would start without the state that the configuration promises. */
  checkArrived(): void {
    if (this.#manifest === undefined) return;
    throw new Error(
      `The optimizer was loaded without its weights, which hold the state of ${this.#manifest.length} parameters. ` +
        'Save the model with {includeOptimizer: true}, call setWeights, or call clearState() to start afresh.',
    );
  }

  /**
   * Takes out the saved parameters that these variables are.
   * @param first whether no variable has been matched yet.
   * @throws where none is, though it is the first time; or as `matchVariables` does. Nothing is taken then.
   */
  claim(variables: readonly tf.Variable[], first: boolean): Map<tf.Variable, SavedParameter> {
    if (this.#waiting.length === 0 || variables.length === 0) return new Map();
    const matched = matchVariables(this.#waiting, variables, this.#afresh ? () => undefined : undefined);
    if (first && !this.#afresh && matched.size === 0) {
      throw new Error(
        `None of the variables is one whose state was loaded. Loaded: ${quoted(this.#waiting)}; handed in: ${quoted(variables)}. ` +
          'Train the model that was saved, or call clearState() to start afresh.',
      );
    }
    const taken = new Set(matched.values());
    this.#waiting = this.#waiting.filter(parameter => !taken.has(parameter));
    return matched;
  }

  /** Gives the state up. The groups and flags of the saved parameters go on waiting. */
  forgetState(): void {
    const forgotten = (
      this.#manifest?.map(({name, shape, group}) => ({name, shape, group, flags: {}})) ?? this.#waiting
    ).map(parameter => ({...parameter, entries: {}}));
    this.clear();
    this.#waiting = forgotten;
    this.#afresh = true;
  }

  /** Forgets what waits and frees its tensors. */
  clear(): void {
    disposeState(this.#waiting);
    this.#waiting = [];
    this.#manifest = undefined;
    this.#afresh = false;
  }
}

/**
 * Which of the parameters just read each bound one is. @throws as `matchVariables` does; what was read is freed then.
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

/** Frees the state of parameters that nothing takes. */
export function disposeState(parameters: readonly SavedParameter[]): void {
  for (const {entries} of parameters) for (const value of Object.values(entries)) if (isTensor(value)) value.dispose();
}

/** The parameters that an optimizer saves: those that it has, then those that wait, under names of their own. */
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
  return [...bound, ...waiting.map(parameter => ({...parameter, name: names.take(parameter.name)}))];
}
