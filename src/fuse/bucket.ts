import type * as tf from '@tensorflow/tfjs-core';

import {type Chain, chainIn} from '../rule/chain';
import {own} from '../util/own';
import type {Extent} from './graph';
import type {Job} from './job';
import type {Outcome} from './outcome';

/**
 * Parameters for which callbacks compute the same. Their hypers, host numbers and flags are equal, and the same state
 * entries have started.
 */
export type Bucket = [first: Job, ...others: Job[]];

/** What callbacks can tell about a parameter's state: each entry's name, and its number or its tensor's extent. */
interface Entries {
  readonly names: readonly string[];
  readonly values: ReadonlyArray<number | Extent | undefined>;
}

/**
 * @param byShape whether all parameters of a bucket must have the same shape.
 * @param outcomes what callbacks that ran alone changed of each job.
 * @param chain of a partition: then the parameters of a bucket belong to one part.
 */
export function bucketsOf(
  jobs: readonly Job[],
  byShape: boolean,
  outcomes: ReadonlyArray<ReadonlyMap<Job, Outcome>>,
  chain: Chain,
): Bucket[] {
  const buckets: Array<{readonly members: Bucket; readonly entries: Entries}> = [];
  for (const job of jobs) {
    let found: Bucket | undefined;
    for (const {members, entries} of buckets) {
      if (
        alike(members[0], job, byShape) &&
        chainIn(chain, members[0].group) === chainIn(chain, job.group) &&
        hasEntries(job, entries) &&
        sameOutcomes(members[0], job, outcomes)
      )
        found = members;
    }
    if (found === undefined) buckets.push({members: [job], entries: entriesOf(job)});
    else found.push(job);
  }
  return buckets.map(({members}) => members);
}

/** Whether a tensor is of its parameter's shape or a single number; undefined where it is neither. */
export function extentIn({variable}: Job, tensor: tf.Tensor): Extent | undefined {
  if (sameShape(tensor, variable)) return 'full';
  return tensor.rank === 0 ? 'scalar' : undefined;
}

function entriesOf(job: Job): Entries {
  const {entries} = job;
  return {
    names: Object.keys(entries),
    values: Object.entries(entries).map(([, value]) => (typeof value === 'number' ? value : extentIn(job, value))),
  };
}

function alike(a: Job, b: Job, byShape: boolean): boolean {
  return (
    a.doWd === b.doWd &&
    a.trains === b.trains &&
    (a.grad === undefined) === (b.grad === undefined) &&
    (a.variable.rank === 0) === (b.variable.rank === 0) &&
    (!byShape || sameShape(a.variable, b.variable)) &&
    (a.hypers === b.hypers || sameValues(a.hypers, b.hypers))
  );
}

/** Makes no lists, because it runs for each parameter in each step. */
function hasEntries(job: Job, {names, values}: Entries): boolean {
  let i = 0;
  for (const name in job.entries) {
    const value = job.entries[name];
    if (
      value === undefined ||
      names[i] !== name ||
      !Object.is(values[i], typeof value === 'number' ? value : extentIn(job, value))
    )
      return false;
    i++;
  }
  return i === names.length;
}

/** A loop instead of a callback, because it runs for each parameter in each step, mostly without outcomes. */
function sameOutcomes(a: Job, b: Job, outcomes: ReadonlyArray<ReadonlyMap<Job, Outcome>>): boolean {
  for (const outcome of outcomes) {
    const [one, other] = [outcome.get(a), outcome.get(b)];
    const isSame =
      one !== undefined &&
      other !== undefined &&
      one.stopped === other.stopped &&
      one.isPending === other.isPending &&
      one.tensors.size === other.tensors.size &&
      one.numbers.size === other.numbers.size &&
      [...one.numbers].every(([name, value]) => Object.is(other.numbers.get(name), value)) &&
      [...one.tensors].every(([name, tensor]) => {
        const same = other.tensors.get(name);
        return same !== undefined && extentIn(a, tensor) === extentIn(b, same);
      });
    if (!isSame) return false;
  }
  return true;
}

function sameValues(a: Job['hypers'], b: Job['hypers']): boolean {
  for (const name in a) if (!Object.is(own(a, name), own(b, name))) return false;
  return true;
}

function sameShape(a: tf.Tensor, b: tf.Tensor): boolean {
  const {shape} = a;
  const other = b.shape;
  if (shape.length !== other.length) return false;
  for (let i = 0; i < shape.length; i++) if (shape[i] !== other[i]) return false;
  return true;
}
