import * as tf from '@tensorflow/tfjs-core';

import type {Flags} from '../params/parameter';
import type {Chain} from '../rule/chain';
import {startShape} from '../rule/starts';
import {own} from '../util/own';
import {isTensor} from '../util/tensors';
import type {Manifest} from './manifest';
import type {Named} from './matching';
import type {NamedTensor} from './named_tensor';
import type {SavedNumbers} from './saved_numbers';

/** A parameter with its state, as it goes into and comes out of a saved model. */
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
}

export const ITER = 'iter';
export const HOST = 'host';
const FLAG_NAMES = ['doWd', 'forceTrain'] as const;
const FLAGS: ReadonlyArray<boolean | undefined> = [undefined, false, true];

/** Weights with the manifest that they are in the order of. */
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
    tensors: [...chain.state.keys()].filter(entry => isTensor(own(entries, entry))),
  }));
}

/**
 * The weights: `iter`; the state tensors as `<variable>/<entry>`, which stay the optimizer's; and `host`, the flags
 * and host numbers of all parameters as float64 bits in an int32 `[n, 2]`, so that nothing is rounded, with a row at
 * the end that tells whether they were altered. There is no `host` without numbers and flags, nor where all numbers
 * are those that `iter` implies.
 * @param saved holds `iter` and `host`.
 */
export function writeWeights(
  chain: Chain,
  {iterations, parameters, common}: SavedState,
  saved: SavedNumbers,
): NamedTensor[] {
  const named: NamedTensor[] = [{name: ITER, tensor: saved.tensor(ITER, Int32Array.of(iterations), [])}];
  for (const {name, entries} of parameters) {
    for (const entry of chain.state.keys()) {
      const tensor = own(entries, entry);
      if (isTensor(tensor)) named.push({name: `${name}/${entry}`, tensor});
    }
  }
  const numbers = numberNames(chain);
  const rows = parameters.flatMap(({entries, flags}) => [
    ...FLAG_NAMES.map(flag => FLAGS.indexOf(flags[flag])),
    ...numbers.map(entry => Number(own(entries, entry) ?? NaN)),
  ]);
  for (const entry of chain.common) rows.push(own(common, entry) ?? NaN);
  const implied = impliedRows(chain, manifestOf(chain, parameters), iterations);
  if (rows.some((value, i) => !Object.is(value, implied[i])))
    named.push({name: HOST, tensor: saved.tensor(HOST, bitsOf(rows), [rows.length + 1, 2])});
  return named;
}

/**
 * The state that weights hold. Tensors are copies that the caller owns.
 * @throws where the weights are not those of the manifest: truncated, altered, of another optimizer.
 */
export async function readWeights(chain: Chain, {manifest, weights}: ListedWeights): Promise<SavedState> {
  const [iter, ...rest] = weights;
  if (iter === undefined || iter.name !== ITER)
    throw altered(`the first is '${iter?.name ?? 'nothing'}' instead of '${ITER}'`);
  if (iter.tensor.dtype !== 'int32' || iter.tensor.size !== 1)
    throw altered(`'${ITER}' is ${iter.tensor.dtype} of shape [${iter.tensor.shape}] instead of one int32`);
  const expected = manifest.reduce((sum, {tensors}) => sum + tensors.length, 0);
  const host = rest[expected];
  if (rest.length < expected || rest.length > expected + 1 || (host !== undefined && host.name !== HOST)) {
    throw altered(
      `there are ${rest.length} after '${ITER}' where ${expected} state tensors and at most one '${HOST}' belong`,
    );
  }
  const left = rest.values();
  const states = manifest.map(entry =>
    entry.tensors.map(state => [state, checkedTensor(chain, entry, state, left.next().value)] as const),
  );
  const [iterations] = await iter.tensor.data();
  if (iterations === undefined || iterations < 0) throw altered(`'${ITER}' is ${iterations}`);
  const rows =
    host === undefined ? impliedRows(chain, manifest, iterations) : numbersOf(host.tensor, await host.tensor.data());
  const {flagged, common} = readHost(chain, manifest, rows);
  const parameters = manifest.map(({name, shape, group}, i): SavedParameter => {
    const {flags = {}, entries = {}} = flagged[i] ?? {};
    return {
      name,
      shape,
      group,
      flags,
      entries: {
        ...entries,
        ...Object.fromEntries((states[i] ?? []).map(([state, tensor]) => [state, tf.keep(tensor.clone())])),
      },
    };
  });
  return {iterations, parameters, common};
}

function checkedTensor(
  chain: Chain,
  {name, shape}: Manifest[number],
  state: string,
  weight: NamedTensor | undefined,
): tf.Tensor {
  const full = `${name}/${state}`;
  if (weight?.name !== full) throw altered(`'${weight?.name ?? 'nothing'}' stands where '${full}' belongs`);
  const start = chain.state.get(state);
  if (typeof start !== 'function') throw notState(chain, full);
  const wanted = startShape(start, shape) ?? weight.tensor.shape;
  if (weight.tensor.dtype !== 'float32' || !tf.util.arraysEqual([...wanted], weight.tensor.shape)) {
    throw altered(
      `'${full}' is ${weight.tensor.dtype} of shape [${weight.tensor.shape}] instead of float32 of shape [${wanted}]`,
    );
  }
  return weight.tensor;
}

/**
 * The rows that `host` would have where it is left out: none but flags that are not set. Users know the weights of
 * `tf.train` optimizers, with the one number `iter`: a wrapped one that has nothing else to tell keeps to that, and
 * `iter` stands for the numbers of each parameter with state.
 */
function impliedRows(chain: Chain, manifest: Manifest, iterations: number): number[] {
  const numbers = numberNames(chain);
  if (numbers.length > 0 && (chain.externals.length === 0 || chain.common.size > 0)) return [];
  return manifest.flatMap(({tensors}) => [
    ...FLAG_NAMES.map(() => 0),
    ...numbers.map(() => (tensors.length > 0 ? iterations : NaN)),
  ]);
}

function readHost(chain: Chain, manifest: Manifest, rows: readonly number[]) {
  const numbers = numberNames(chain);
  const width = FLAG_NAMES.length + numbers.length;
  const total = manifest.length * width + chain.common.size;
  if (rows.length !== total) throw altered(`'${HOST}' holds ${rows.length} numbers instead of ${total}`);
  const flagged = manifest.map((_, i) => {
    const row = rows.slice(i * width, (i + 1) * width);
    const flags: Flags = {};
    FLAG_NAMES.forEach((name, j) => {
      const code = row[j] ?? 0;
      if (!(code in FLAGS)) throw altered(`'${HOST}' has the flag ${code}`);
      const value = FLAGS[code];
      if (value !== undefined) flags[name] = value;
    });
    return {flags, entries: pick(numbers, row.slice(FLAG_NAMES.length))};
  });
  return {flagged, common: pick([...chain.common], rows.slice(manifest.length * width))};
}

/** Numbers by name; NaN stands for one that has not started. */
function pick(names: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name, i) => {
      const value = values[i];
      if (value === Infinity || value === -Infinity) throw altered(`'${HOST}' says that '${name}' is ${value}`);
      return value === undefined || Number.isNaN(value) ? [] : [[name, value]];
    }),
  );
}

function numberNames(chain: Chain): string[] {
  return [...chain.state]
    .filter(([entry, start]) => typeof start === 'number' && !chain.common.has(entry))
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

/** The error for a weight that no callback keeps. */
export function notState(chain: Chain, name: string): Error {
  return altered(
    `'${name}' is no state of this optimizer, which keeps ${[...chain.state.keys()].join(', ') || 'none'}`,
  );
}

/** The error for weights that don't fit. */
export function altered(what: string): Error {
  return new Error(
    `These are not the weights that belong to this optimizer, or they are truncated or altered: ${what}.`,
  );
}
