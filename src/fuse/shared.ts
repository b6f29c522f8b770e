/** The numbers that belong to no parameter: where a step finds them, and how it replaces them. */
import * as tf from '@tensorflow/tfjs-core';

import type {Chain, SharedEntries} from '../rule/chain';
import {SharedRun} from '../rule/shared_run';
import {at} from '../util/at';
import {memo} from '../util/memo';
import {own} from '../util/own';
import {NotFused, type TracedDraft} from './draft';
import type {Sharing} from './extras';
import {argsOf, type Output, reachable} from './graph';
import {type Job, temporary} from './job';
import {HiddenMistake, Recorder, type Session, Traced} from './traced';

/**
 * How many shared numbers one bucket computes. WebGPU binds eight buffers; some are the lists that these are computed
 * from.
 */
const MOST = 3;

/** The name by which graphs know the tensor of a callback's numbers. */
function inputNameOf({key}: SharedEntries): string {
  return temporary(`shared→${key}`);
}

/** The name of the temporary that holds an entry's new value. */
function newNameOf(entry: string): string {
  return temporary(`${entry}→shared`);
}

/** The numbers of an optimizer in one step. To be used inside `tf.tidy`. */
export class SharedTensors implements Sharing {
  readonly #runs: Array<SharedRun<tf.Tensor>> = [];
  readonly #entries: readonly SharedEntries[];
  readonly #stored: Record<string, tf.Tensor>;
  readonly #tensors = new Map<string, tf.Tensor>();

  /** @param stored one tensor per callback, by key. Absent until its first step. */
  constructor({shared}: Chain, stored: Record<string, tf.Tensor>) {
    this.#entries = shared;
    this.#stored = stored;
  }

  giveTo(jobs: readonly Job[]): void {
    const inputs = new Map(this.#entries.map(each => [inputNameOf(each), this.#tensorOf(each)]));
    for (const job of jobs) job.temporaries = inputs;
  }

  run(): SharedRun<tf.Tensor> {
    const made = new Map(
      this.#entries.flatMap(each =>
        each.names.map((name, i) => [name, tf.reshape(this.#elementOf(each, i), [])] as const),
      ),
    );
    const run = new SharedRun(entry => known(made, entry));
    this.#runs.push(run);
    return run;
  }

  commit({temporaries}: Partial<Job> = {}): void {
    const after = new Map(this.#runs.flatMap(run => [...run.after]));
    for (const each of this.#entries) {
      const {key, names} = each;
      for (const name of names) {
        const value = temporaries?.get(newNameOf(name));
        if (value !== undefined) after.set(name, value);
      }
      if (!names.some(name => after.has(name))) continue;
      const values = names.map((name, i) => asList(after.get(name) ?? this.#elementOf(each, i)));
      // `tf.concat` would copy a single list.
      const next = values.length === 1 ? at(values, 0) : tf.concat(values);
      const old = own(this.#stored, key);
      this.#stored[key] = tf.keep(next);
      old?.dispose();
    }
  }

  #elementOf(each: SharedEntries, i: number): tf.Tensor {
    return tf.slice(this.#tensorOf(each), [i], [1]);
  }

  #tensorOf({key, starts}: SharedEntries): tf.Tensor {
    return memo(this.#tensors, key, () => own(this.#stored, key) ?? tf.tensor1d([...starts]));
  }
}

/** A function that returns an entry's symbolic value before the step. */
export function tracedShared({shared}: Chain, session: Session): (entry: string) => Traced {
  const elements = new Map(
    shared.flatMap(each => each.names.map((name, element) => [name, {name: inputNameOf(each), element}] as const)),
  );
  return entry => new Traced(session, undefined, 0, 'scalar', 'float', 0, known(elements, entry));
}

/** A number as a list of one. Kernels already make such lists of new values. */
function asList(value: tf.Tensor): tf.Tensor {
  return value.rank === 1 ? value : tf.reshape(value, [1]);
}

function known<T>(values: ReadonlyMap<string, T>, entry: string): T {
  const value = values.get(entry);
  if (value === undefined) throw new Error(`'${entry}' is not shared.`);
  return value;
}

/**
 * The buckets that compute new values of shared numbers, as temporaries of a job. Their graphs are those where the
 * values were recorded. They do not depend on a parameter.
 * @throws HiddenMistake where one does.
 */
export function sharedGraphs(
  {shared}: Chain,
  after: ReadonlyMap<string, Traced>,
  session: Session,
): ReadonlyArray<readonly [Recorder, Output[]]> {
  const byRecorder = new Map<Recorder, Output[]>();
  const homeless = new Recorder(session, {hasAxes: true});
  for (const [entry, value] of after) {
    const {home = homeless} = value;
    const {index: node} = value.in(home);
    if (dependsOnParameter(value))
      throw new HiddenMistake(
        `${shared.find(({names}) => names.includes(entry))?.by}: the new value of the shared number '${entry}' ` +
          'depends on one parameter; compute it from `total`, shared numbers, hypers and host numbers.',
      );
    memo(byRecorder, home, (): Output[] => []).push({name: newNameOf(entry), node, extent: 'scalar', replaces: false});
  }
  return [...byRecorder].flatMap(([recorder, outputs]) =>
    Array.from(
      {length: Math.ceil(outputs.length / MOST)},
      (_, i) => [recorder, outputs.slice(i * MOST, (i + 1) * MOST)] as const,
    ),
  );
}

/** How a value is computed that depends on no parameter, with the host numbers in it. */
function recipeOf({home, index}: Traced): string {
  if (home === undefined) return `total ${index}`;
  const needed = reachable(home, [index]);
  return needed
    .map(i => {
      const node = at(home.nodes, i);
      const number = node.op === 'slot' ? at(home.slots, node.index) : undefined;
      // What differs between buckets although the value is the same: the places of nodes and slots.
      return JSON.stringify({
        ...node,
        ...(number === undefined ? {} : {index: number}),
        args: argsOf(node).map(arg => needed.indexOf(arg)),
      });
    })
    .join();
}

/** Whether a value can differ from parameter to parameter: it is not computed from totals and numbers alone. */
function dependsOnParameter({home, index}: Traced): boolean {
  if (home === undefined) return false;
  return reachable(home, [index]).some(i => {
    const node = at(home.nodes, i);
    return node.extent !== 'scalar' || (node.op === 'input' && node.element === undefined);
  });
}

/**
 * @param alone the indices of callbacks that run alone.
 * @throws where a step that can be skipped can't be fused.
 */
export function checkSkippable({callbacks}: Chain, drafts: readonly TracedDraft[], alone: Iterable<number>): void {
  const [entry] = drafts.flatMap(({of}) => [...of.opaque]);
  if (entry !== undefined)
    throw new NotFused(`it can skip steps, and the shape of its state '${entry}' is not fused with that`);
  const sharing = [...alone]
    .map(i => at(callbacks, i))
    .find(({declaration}) => Object.keys(declaration.shared).length > 0);
  if (sharing !== undefined)
    throw new NotFused(`it can skip steps, and ${sharing.name}, which runs alone, has \`shared\` numbers`);
}

/** @throws where a step would be skipped for some parameters only. */
export function checkSkips({callbacks}: Chain, drafts: readonly TracedDraft[]): void {
  const skips = drafts.flatMap(({gate}) => (gate === undefined ? [] : [gate.skip]));
  const why = skips.some(dependsOnParameter)
    ? 'depends on one parameter'
    : new Set(skips.length > 1 ? skips.map(recipeOf) : []).size > 1
      ? 'differs between parameters by a hyper or a host number'
      : undefined;
  if (why !== undefined)
    throw new HiddenMistake(
      `${callbacks.find(cb => cb.declaration.skips)?.name} returned a 'skip' that ${why}; compute it from \`total\`, ` +
        'so that the step is skipped for all or for none.',
    );
}
