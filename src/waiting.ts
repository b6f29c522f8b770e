import type * as tf from '@tensorflow/tfjs-core';
import {matchVariables} from './matching';
import type {ManifestEntry} from './saved_config';
import type {SavedParameter} from './saved_weights';
import {isTensor} from './tensors';

/** Saved parameters on their way into an optimizer: first they wait for the weights, then each for its variable. */
export class Waiting {
  private manifest: readonly ManifestEntry[] | undefined;
  private waiting: SavedParameter[] = [];

  /** The saved parameters that have no variable yet. */
  get parameters(): readonly SavedParameter[] {
    return this.waiting;
  }

  /** A configuration was loaded; where it lists parameters, their weights are to come. */
  expect(manifest: readonly ManifestEntry[]): void {
    this.manifest = manifest.length > 0 ? manifest : undefined;
  }

  /** The manifest whose weights have not come. */
  get expected(): readonly ManifestEntry[] | undefined {
    return this.manifest;
  }

  arrived(parameters: readonly SavedParameter[]): void {
    this.clear();
    this.waiting = [...parameters];
  }

  /** @throws where training would start without the state that the configuration promises. */
  checkArrived(): void {
    if (this.manifest === undefined) return;
    throw new Error(`The optimizer was loaded without its weights, which hold the state of ${this.manifest.length} parameters. ` +
      'Save the model with {includeOptimizer: true}, call setWeights, or call clearState() to start afresh.');
  }

  /**
   * Takes out the saved parameters that these variables are.
   * @param first whether no variable has been matched yet.
   * @throws where none is, though it is the first time; or as `matchVariables` does. Nothing is taken then.
   */
  claim(variables: readonly tf.Variable[], first: boolean): Map<tf.Variable, SavedParameter> {
    if (this.waiting.length === 0 || variables.length === 0) return new Map();
    const matched = matchVariables(this.waiting, variables);
    if (first && matched.size === 0) {
      throw new Error(`None of the variables is one whose state was loaded. Loaded: ${names(this.waiting)}; handed in: ${names(variables)}. ` +
        'Train the model that was saved, or call clearState() to start afresh.');
    }
    const taken = new Set(matched.values());
    this.waiting = this.waiting.filter(parameter => !taken.has(parameter));
    return matched;
  }

  /** Forgets what waits and frees its tensors. */
  clear(): void {
    for (const {entries} of this.waiting) for (const value of Object.values(entries)) if (isTensor(value)) value.dispose();
    this.waiting = [];
    this.manifest = undefined;
  }
}

function names(list: ReadonlyArray<{readonly name: string}>): string {
  return list.map(({name}) => `'${name}'`).join(', ');
}
