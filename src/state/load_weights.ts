import type * as tf from '@tensorflow/tfjs-core';
import {dispose, keep, tidy} from '@tensorflow/tfjs-core';

import type {Parameter} from '../params/parameter';
import type {Chain} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import {isPlain, shown} from '../util/shown';
import {isTensor} from '../util/tensors';
import type {Manifest} from './manifest';
import {type NamedTensor, readWeights, type SavedParameter, type SavedState} from './saved_weights';
import {disposeState, matchRead} from './waiting';
import {listedByNames} from './weight_names';

/** The state that was read from weights, matched with the optimizer's variables. */
export interface Loaded extends SavedState {
  /** The saved state by variable. Undefined for a variable that had no saved state. */
  readonly own: ReadonlyMap<tf.Variable, SavedParameter | undefined>;
  /** The saved parameters that no variable matches now. */
  readonly waiting: readonly SavedParameter[];
}

/** What reading weights needs of their optimizer. */
export interface Loading {
  readonly chain: Chain;
  /**
   * The manifest of a loaded configuration whose weights have not been set yet. Without one, the weights are in the
   * order of `known`.
   */
  readonly expected: Manifest | undefined;
  /** The optimizer's own manifest. */
  readonly known: Manifest;
  /**
   * The parameters that the optimizer has. Called at once and again when the weights have been read, because variables
   * may be added or disposed in between.
   */
  readonly bound: () => readonly Parameter[];
  /** The hypers of each parameter group. */
  readonly hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>;
  /** @throws where the optimizer can no longer take weights. */
  readonly check: () => void;
}

/**
 * Reads the state from weights, as they are when this is called.
 * @throws where they do not belong to the optimizer; all tensors that were made are then disposed.
 */
export async function loadWeights(
  {chain, expected, known, bound, hypers, check}: Loading,
  weights: readonly NamedTensor[],
): Promise<Loaded> {
  checkForm(weights);
  const listed = expected === undefined ? listedByNames(chain, known, weights) : {manifest: expected, weights};
  const held = heldWeights(listed.weights);
  const before = bound().map(({variable}) => variable);
  let state: SavedState;
  try {
    state = await readWeights(chain, {...listed, weights: held}, hypers);
  } finally {
    dispose(held.map(({tensor}) => tensor));
  }
  const {parameters, shared} = state;
  const now = bound();
  let own: Loaded['own'];
  try {
    check();
    const byName = new Map(parameters.map(parameter => [parameter.name, parameter]));
    own =
      listed.manifest === known
        ? new Map(before.map(variable => [variable, byName.get(variable.name)]))
        : matchRead(parameters, now);
  } catch (error) {
    disposeState(parameters);
    dispose(Object.values(shared));
    throw error;
  }
  const taken = new Set(now.map(({variable}) => own.get(variable)));
  return {...state, own, waiting: parameters.filter(parameter => !taken.has(parameter))};
}

/** @throws for anything but a list of named tensors, such as a promise. */
function checkForm(weights: unknown): void {
  if (Array.isArray(weights) && weights.every(one => isPlain(one) && isTensor(one['tensor']))) return;
  throw new Error(
    `setWeights takes a list of {name, tensor}; got ${shown(weights)}. Write setWeights(await other.getWeights()).`,
  );
}

/** Copies of weights: the caller may change or dispose the originals while they are read. */
export function heldWeights(weights: readonly NamedTensor[]): NamedTensor[] {
  const held: NamedTensor[] = [];
  tidy(() => {
    for (const {name, tensor} of weights) held.push({name, tensor: tensor.clone()});
    return held.map(({tensor}) => keep(tensor));
  });
  return held;
}
