import * as tf from '@tensorflow/tfjs-core';

import {startShape} from '../fuse/start_shape';
import type {Flags} from '../params/parameter';
import {type Chain, chainIn, startIn} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import {at} from '../util/at';
import {own} from '../util/own';
import {isTensor} from '../util/tensors';
import type {Manifest} from './manifest';
import type {Named} from './matching';
import type {SavedNumbers} from './saved_numbers';

/** One element of an optimizer's weights. tfjs-core does not export this type. */
export type NamedTensor = Awaited<ReturnType<tf.Optimizer['getWeights']>>[number];

/** A parameter with its state, as a saved model holds it. */
export interface SavedParameter extends Named {
  readonly group: number;
  readonly entries: Record<string, tf.Tensor | number>;
  readonly flags: Flags;
}

/** Everything that the weights of an optimizer hold. */
export interface SavedState {
  readonly iterations: number;
  /** In the order of the manifest. */
  readonly parameters: readonly SavedParameter[];
  readonly common: Readonly<Record<string, number>>;
  /** The numbers of each group. Absent numbers start anew. */
  readonly groupState: ReadonlyArray<Readonly<Record<string, number>>>;
  /** The tensors of shared numbers, by key. Absent ones start anew. */
  readonly shared: Readonly<Record<string, tf.Tensor>>;
}

export const ITER = 'iter';
export const HOST = 'host';
/** What the names of tensors of shared numbers begin with. */
const SHARED = 'shared:';
const FLAG_NAMES = ['doWd', 'forceTrain'] as const;
const FLAGS: ReadonlyArray<boolean | undefined> = [undefined, false, true];

/** Weights, in the order of their manifest. */
export interface ListedWeights {
  readonly manifest: Manifest;
  readonly weights: readonly NamedTensor[];
}

/** The manifest of parameters: the order in which their state is saved. */
export function manifestOf(chain: Chain, parameters: readonly SavedParameter[]): Manifest {
  return parameters.map(({name, shape, group, entries}) => ({
    name,
    shape,
    group,
    tensors: [...chainIn(chain, group).state.keys()].filter(entry => isTensor(own(entries, entry))),
  }));
}

/**
 * Writes the weights:
 * - `iter`: the number of steps, an int32 scalar;
 * - `<variable>/<entry>`: the state tensors, which the optimizer still owns;
 * - `shared:<number>`: the numbers of a callback that belong to no parameter, by the first one's name;
 * - `host`: the flags and host numbers of all parameters, then the common numbers, then those of
 *   each group. An int32 tensor `[n, 2]` holds
 *   their float64 bits, so nothing is rounded. Its last row is their count and a checksum. It is left out where there
 *   are no numbers and flags, and where `iter` implies all of them.
 * @param saved owns the tensors `iter` and `host`.
 */
export function writeWeights(
  chain: Chain,
  {iterations, parameters, common, groupState, shared}: SavedState,
  saved: SavedNumbers,
): NamedTensor[] {
  const named: NamedTensor[] = [{name: ITER, tensor: saved.tensor(ITER, Int32Array.of(iterations), [])}];
  for (const {name, group, entries} of parameters) {
    for (const entry of chainIn(chain, group).state.keys()) {
      const tensor = own(entries, entry);
      if (isTensor(tensor)) named.push({name: `${name}/${entry}`, tensor});
    }
  }
  for (const {key} of chain.shared) {
    const tensor = own(shared, key);
    if (tensor !== undefined) named.push({name: SHARED + key, tensor});
  }
  // NaN: the number has not started.
  const rows = parameters.flatMap(({group, entries, flags}) => [
    ...FLAG_NAMES.map(flag => FLAGS.indexOf(flags[flag])),
    ...numberNames(chain, group).map(entry => Number(own(entries, entry) ?? NaN)),
  ]);
  for (const entry of chain.common) rows.push(own(common, entry) ?? NaN);
  groupState.forEach((numbers, i) => {
    for (const [name, start] of chainIn(chain, i).groupState) rows.push(own(numbers, name) ?? start);
  });
  const implied = impliedRows(chain, manifestOf(chain, parameters), iterations);
  if (rows.some((value, i) => !Object.is(value, implied[i])))
    named.push({name: HOST, tensor: saved.tensor(HOST, bitsOf(rows), [rows.length + 1, 2])});
  return named;
}

/**
 * Reads the state from weights. The tensors are copies that the caller owns.
 * @param hypers those of each group.
 * @throws where the weights do not fit the manifest: truncated, altered, or of another optimizer.
 */
export async function readWeights(
  chain: Chain,
  {manifest, weights}: ListedWeights,
  hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>,
): Promise<SavedState> {
  const [iter, ...others] = weights;
  const rest = others.filter(({name}) => !isShared(name));
  if (iter?.name !== ITER) throw altered(`the first is ${nameOf(iter)} instead of '${ITER}'`);
  if (iter.tensor.dtype !== 'int32' || iter.tensor.size !== 1)
    throw altered(`'${ITER}' is ${iter.tensor.dtype} of shape [${iter.tensor.shape}] instead of one int32`);
  const expected = manifest.reduce((sum, {tensors}) => sum + tensors.length, 0);
  const host = rest[expected];
  if (rest.length < expected || rest.length > expected + 1 || (host !== undefined && host.name !== HOST)) {
    throw altered(
      `'${ITER}' is followed by ${rest.length} weights instead of ${expected} state tensors and at most one '${HOST}'`,
    );
  }
  const left = rest.values();
  const states = manifest.map(entry =>
    entry.tensors.map(state => [state, checkedTensor(chain, hypers, entry, state, left.next().value)] as const),
  );
  const lists = others.filter(({name}) => isShared(name)).map(weight => checkedShared(chain, weight));
  const twice = lists.find(([key], i) => lists.findIndex(([other]) => other === key) < i);
  if (twice !== undefined) throw altered(`'${SHARED}${twice[0]}' appears twice`);
  const [iterations] = await iter.tensor.data();
  if (iterations === undefined || iterations < 0) throw altered(`'${ITER}' is ${iterations}`);
  const rows =
    host === undefined ? impliedRows(chain, manifest, iterations) : numbersOf(host.tensor, await host.tensor.data());
  const {flagged, common, groupState} = readHost(chain, manifest, rows, hypers.length);
  const parameters = manifest.map(({name, shape, group}, i): SavedParameter => {
    const {flags, numbers} = at(flagged, i);
    const tensors = at(states, i).map(([state, tensor]) => [state, tf.keep(tensor.clone())] as const);
    return {name, shape, group, flags, entries: {...numbers, ...Object.fromEntries(tensors)}};
  });
  const shared = Object.fromEntries(lists.map(([key, tensor]) => [key, tf.keep(tensor.clone())]));
  return {iterations, parameters, common, groupState, shared};
}

/** Whether a weight holds shared numbers. No weight of a variable is called so, because those end with an entry. */
export function isShared(name: string): boolean {
  return name.startsWith(SHARED) && !name.includes('/');
}

function checkedShared({shared}: Chain, {name, tensor}: NamedTensor): readonly [key: string, tf.Tensor] {
  const known = shared.find(({key}) => name === SHARED + key);
  if (known === undefined) throw altered(`'${name}' belongs to no callback of this optimizer`);
  const {key, names} = known;
  if (tensor.dtype !== 'float32' || !tf.util.arraysEqual(tensor.shape, [names.length]))
    throw altered(
      `'${name}' is ${tensor.dtype} of shape [${tensor.shape}] instead of float32 of shape [${names.length}]`,
    );
  return [key, tensor];
}

function checkedTensor(
  chain: Chain,
  hypers: ReadonlyArray<Readonly<Record<string, Scalar>>>,
  {name, shape, group}: Manifest[number],
  state: string,
  weight: NamedTensor | undefined,
): tf.Tensor {
  const full = `${name}/${state}`;
  if (weight?.name !== full) throw altered(`expected '${full}' but found ${nameOf(weight)}`);
  const found = startIn(chainIn(chain, group), state, at(hypers, group));
  if (typeof found?.start !== 'function') throw notState(chain, full);
  // A start that does not tell its shape accepts every shape.
  const wanted = startShape(found.start, shape, found.options) ?? weight.tensor.shape;
  if (weight.tensor.dtype !== 'float32' || !tf.util.arraysEqual([...wanted], weight.tensor.shape)) {
    throw altered(
      `'${full}' is ${weight.tensor.dtype} of shape [${weight.tensor.shape}] instead of float32 of shape [${wanted}]`,
    );
  }
  return weight.tensor;
}

/**
 * The rows that `host` would have where it is left out. Then no flag is set. Without host numbers there is nothing
 * else to save. A wrapped `tf.train` optimizer can have numbers: each is the number of steps, `iter`, of a parameter
 * with state. So its weights stay those that users know from `tf.train`.
 */
function impliedRows(chain: Chain, manifest: Manifest, iterations: number): number[] {
  const hasNumbers = manifest.some(({group}) => numberNames(chain, group).length > 0);
  if (hasNumbers && (chain.externals.length === 0 || chain.common.size > 0)) return [];
  return manifest.flatMap(({tensors, group}) => [
    ...FLAG_NAMES.map(() => 0),
    ...numberNames(chain, group).map(() => (tensors.length > 0 ? iterations : NaN)),
  ]);
}

function readHost(chain: Chain, manifest: Manifest, rows: readonly number[], groups: number) {
  const wanted = manifest.map(({group}) => numberNames(chain, group));
  const commonAt = wanted.reduce((sum, {length}) => sum + FLAG_NAMES.length + length, 0);
  const groupsAt = commonAt + chain.common.size;
  const namesOfGroups = Array.from({length: groups}, (_, i) => [...chainIn(chain, i).groupState.keys()]);
  const total = namesOfGroups.reduce((sum, {length}) => sum + length, groupsAt);
  // Weights that were saved before callbacks had numbers of groups lack them.
  if (rows.length !== total && rows.length !== groupsAt)
    throw altered(`'${HOST}' holds ${rows.length} numbers instead of ${total}`);
  let next = 0;
  const flagged = wanted.map(numbers => {
    const row = rows.slice(next, (next += FLAG_NAMES.length + numbers.length));
    const flags: Flags = {};
    for (const [j, name] of FLAG_NAMES.entries()) {
      const code = at(row, j);
      if (!(code in FLAGS)) throw altered(`'${HOST}' has the flag ${code}`);
      const value = FLAGS[code];
      if (value !== undefined) flags[name] = value;
    }
    return {flags, numbers: pick(numbers, row.slice(FLAG_NAMES.length))};
  });
  const common = pick([...chain.common], rows.slice(commonAt, groupsAt));
  next = groupsAt;
  const groupState =
    rows.length === groupsAt ? [] : namesOfGroups.map(names => pick(names, rows.slice(next, (next += names.length))));
  return {flagged, common, groupState};
}

/** Numbers by name. NaN means that the number has not started, so it is left out. */
function pick(names: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name, i) => {
      const value = at(values, i);
      if (value === Infinity || value === -Infinity) throw altered(`'${HOST}' has ${value} for '${name}'`);
      return Number.isNaN(value) ? [] : [[name, value]];
    }),
  );
}

/** The names of the host numbers of each parameter in a group. */
function numberNames(chain: Chain, group: number): string[] {
  const {state, common} = chainIn(chain, group);
  return [...state]
    .filter(([entry, start]) => typeof start === 'number' && !common.has(entry))
    .map(([entry]) => entry);
}

/** The float64 bits of the rows, then their count and checksum. */
function bitsOf(rows: readonly number[]): Int32Array {
  const bits = new Int32Array(Float64Array.from(rows).buffer);
  const checked = new Int32Array(bits.length + 2);
  checked.set(bits);
  checked.set([rows.length, checksum(bits)], bits.length);
  return checked;
}

function numbersOf(tensor: tf.Tensor, bits: ArrayLike<number>): number[] {
  const {dtype, rank, shape} = tensor;
  if (dtype !== 'int32' || rank !== 2 || shape[1] !== 2)
    throw altered(`'${HOST}' is ${dtype} of shape [${shape}] instead of int32 of shape [n,2]`);
  const rows = Int32Array.from(bits).slice(0, -2);
  if (bits[rows.length] !== rows.length / 2 || bits[rows.length + 1] !== checksum(rows))
    throw altered(`'${HOST}' does not fit its checksum`);
  return [...new Float64Array(rows.buffer)];
}

/** FNV-1a over 32-bit words (Fowler, Noll & Vo, 1991). */
function checksum(words: Int32Array): number {
  return words.reduce((hash, word) => Math.imul(hash ^ word, 0x01000193), 0x811c9dc5) | 0;
}

function nameOf(weight: NamedTensor | undefined): string {
  return weight === undefined ? 'nothing' : `'${weight.name}'`;
}

/** The error for a weight that is not state. */
export function notState(chain: Chain, name: string): Error {
  return altered(
    `'${name}' is not state of this optimizer, which has ${[...chain.state.keys()].join(', ') || 'none'}`,
  );
}

/** The error for weights that do not fit. */
export function altered(what: string): Error {
  return new Error(
    `These are not the weights that belong to this optimizer, or they are truncated or altered: ${what}.`,
  );
}
