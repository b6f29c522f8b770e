import type * as tf from '@tensorflow/tfjs-core';
import {dispose, keep, tidy} from '@tensorflow/tfjs-core';

import type {Parameter} from '../params/parameter';
import type {Chain} from '../rule/chain';
import type {Manifest} from './manifest';
import type {NamedTensor} from './named_tensor';
import {readWeights, type SavedParameter, type SavedState} from './saved_weights';
import {disposeState, matchRead} from './waiting';
import {listedByNames} from './weight_names';

/** Weights that were read, with the parameters that they are for. */
export interface Loaded extends SavedState {
  /** The state of each variable that has some. */
  readonly own: ReadonlyMap<tf.Variable, SavedParameter | undefined>;
  /** The parameters of which there is no variable now. */
  readonly waiting: readonly SavedParameter[];
}

/** The optimizer that weights are for. */
export interface Loading {
  readonly chain: Chain;
  /**
   * The manifest of a configuration whose weights have not come; without one the weights are in the order of the
   * optimizer's own.
   */
  readonly expected: Manifest | undefined;
  /** The optimizer's own manifest. It begins with its variables. */
  readonly known: Manifest;
  /**
   * The parameters that it has; asked for at once and when the weights have been read, for variables may come and go
   * meanwhile.
   */
  readonly bound: () => readonly Parameter[];
  /** @throws where the optimizer can't take them any more. */
  readonly check: () => void;
}

/**
 * Reads weights as they are now.
 * @throws where they are not those of the optimizer; no tensor stays then.
 */
export async function loadWeights(
  {chain, expected, known, bound, check}: Loading,
  weights: readonly NamedTensor[],
): Promise<Loaded> {
  const listed = expected === undefined ? listedByNames(chain, known, weights) : {manifest: expected, weights};
  const held = heldWeights(listed.weights);
  const before = bound().map(({variable}) => variable);
  let state: SavedState | undefined;
  try {
    state = await readWeights(chain, {...listed, weights: held});
    check();
  } catch (error) {
    disposeState(state?.parameters ?? []);
    throw error;
  } finally {
    dispose(held.map(({tensor}) => tensor));
  }
  const {parameters} = state;
  const now = bound();
  const own =
    listed.manifest === known
      ? new Map(before.map((variable, i) => [variable, parameters[i]]))
      : matchRead(parameters, now);
  const taken = new Set(now.map(({variable}) => own.get(variable)));
  return {...state, own, waiting: parameters.filter(parameter => !taken.has(parameter))};
}

/** The same weights in tensors of our own, for the caller's may change or go while they are read. */
export function heldWeights(weights: readonly NamedTensor[]): NamedTensor[] {
  const held: NamedTensor[] = [];
  tidy(() => {
    for (const {name, tensor} of weights) held.push({name, tensor: tensor.clone()});
    return held.map(({tensor}) => keep(tensor));
  });
  return held;
}
