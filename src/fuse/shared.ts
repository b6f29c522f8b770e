/** The numbers that belong to no parameter: where a step finds them, and how it replaces them. */
import * as tf from '@tensorflow/tfjs-core';

import type {Chain, SharedEntries} from '../rule/chain';
import {SharedRun} from '../rule/shared_run';
import {at} from '../util/at';
import {memo} from '../util/memo';
import {own} from '../util/own';
import {isElementwise, reachable} from './graph';
import {temporary} from './job';
import type {Recorder} from './traced';
import {type Session, Traced} from './traced';

/** A mistake in a callback that a trace finds, and that running as ordinary operations would hide. */
export class SharedMistake extends Error {}

/** The name by which graphs know the tensor of a callback's numbers. */
export function inputNameOf({key}: SharedEntries): string {
  return temporary(`shared→${key}`);
}

/** The name of the temporary that holds an entry's new value. */
export function newNameOf(entry: string): string {
  return temporary(`${entry}→shared`);
}

export function isNewShared(name: string): boolean {
  return name.endsWith('→shared');
}

/** The numbers of an optimizer in one step. To be used inside `tf.tidy`. */
export class SharedTensors {
  readonly #runs: Array<SharedRun<tf.Tensor>> = [];
  readonly #entries: readonly SharedEntries[];
  readonly #stored: Record<string, tf.Tensor>;
  readonly #tensors = new Map<string, tf.Tensor>();

  /** @param stored one tensor per callback, by key. Absent until its first step. */
  constructor({shared}: Chain, stored: Record<string, tf.Tensor>) {
    this.#entries = shared;
    this.#stored = stored;
  }

  /** The tensors by the names of inputs; undefined where the chain has none. */
  inputs(): Record<string, tf.Tensor> | undefined {
    if (this.#entries.length === 0) return undefined;
    return Object.fromEntries(this.#entries.map(each => [inputNameOf(each), this.#tensorOf(each)]));
  }

  /** A function that returns an entry's value before the step. */
  scalars(): (entry: string) => tf.Tensor {
    const made = new Map(
      this.#entries.flatMap(each => each.names.map((name, i) => [name, this.#scalarOf(each, i)] as const)),
    );
    return entry => {
      const value = made.get(entry);
      if (value === undefined) throw new Error(`'${entry}' is not shared.`);
      return value;
    };
  }

  /** For running callbacks as ordinary operations. To be called outside of what disposes their tensors. */
  run(): SharedRun<tf.Tensor> {
    const run = new SharedRun(this.scalars());
    this.#runs.push(run);
    return run;
  }

  /**
   * Replaces the tensors of callbacks with new values.
   * @param others new values by entry, scalars, besides those that `run` has stored.
   */
  commit(others: ReadonlyMap<string, tf.Tensor> = new Map()): void {
    const after = new Map([...this.#runs.flatMap(run => [...run.after]), ...others]);
    for (const each of this.#entries) {
      const {key, names} = each;
      if (!names.some(name => after.has(name))) continue;
      const next = tf.stack(names.map((name, i) => after.get(name) ?? this.#scalarOf(each, i)));
      const old = own(this.#stored, key);
      this.#stored[key] = tf.keep(next);
      old?.dispose();
    }
  }

  #scalarOf(each: SharedEntries, i: number): tf.Tensor {
    return tf.reshape(tf.slice(this.#tensorOf(each), [i], [1]), []);
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
  return entry => {
    const inList = elements.get(entry);
    if (inList === undefined) throw new Error(`'${entry}' is not shared.`);
    return new Traced(session, undefined, 0, 'scalar', 'float', 0, inList);
  };
}

/**
 * Copies a new value to a recorder of its own.
 * @throws SharedMistake where it depends on a parameter.
 */
export function copiedTo(recorder: Recorder, value: Traced, {shared}: Chain, entry: string): Traced {
  const {home} = value;
  if (home === undefined) return value.in(recorder);
  const copies = new Map<number, number>();
  const copyOf = (index: number): number => {
    const copy = copies.get(index);
    if (copy === undefined) throw new Error(`Node ${index} comes before its operand.`);
    return copy;
  };
  let last: Traced | undefined;
  for (const index of reachable(home, [value.index])) {
    const node = at(home.nodes, index);
    if (node.extent !== 'scalar' || (node.op === 'input' && node.element === undefined)) {
      const by = shared.find(({names}) => names.includes(entry))?.by;
      throw new SharedMistake(
        `${by}: the new value of the shared number '${entry}' depends on one parameter; ` +
          'compute it from `total`, shared numbers, hypers and host numbers.',
      );
    }
    const copy =
      node.op === 'slot'
        ? {...node, index: recorder.slots.push(at(home.slots, node.index)) - 1}
        : isElementwise(node)
          ? {...node, args: node.args.map(copyOf)}
          : node;
    last = recorder.record(copy, `${JSON.stringify(copy)};`);
    copies.set(index, last.index);
  }
  if (last === undefined) throw new Error(`'${entry}' has no value.`);
  return last;
}
