import type * as tf from '@tensorflow/tfjs-core';

import {own} from '../util/own';
import type {Extent} from './graph';
import type {Job} from './job';
import {Untraceable} from './traced';

/**
 * Parameters for which callbacks compute the same. Their hypers, host numbers and flags are equal, and the same state
 * entries have started.
 */
export type Bucket = [first: Job, ...others: Job[]];

/** What callbacks can tell about a parameter's state: each entry's name, and its number or its tensor's extent. */
interface Entries {
  readonly names: readonly string[];
  readonly values: ReadonlyArray<number | Extent>;
}

/** @param byShape whether all parameters of a bucket must have the same shape. */
export function bucketsOf(jobs: readonly Job[], byShape: boolean): Bucket[] {
  const buckets: Array<{readonly members: Bucket; readonly entries: Entries}> = [];
  for (const job of jobs) {
    let found: Bucket | undefined;
    for (const {members, entries} of buckets) {
      if (alike(members[0], job, byShape) && hasEntries(job, entries)) found = members;
    }
    if (found === undefined) buckets.push({members: [job], entries: entriesOf(job)});
    else found.push(job);
  }
  return buckets.map(({members}) => members);
}

/**
 * Whether a state entry has its parameter's shape or is a scalar.
 * @throws Untraceable for any other shape.
 */
export function extentIn({variable}: Job, name: string, tensor: tf.Tensor): Extent {
  if (sameShape(tensor, variable)) return 'full';
  if (tensor.rank === 0) return 'scalar';
  throw new Untraceable(
    `the state entry '${name}' must have its parameter's shape or be a scalar; it has shape [${tensor.shape}]`,
  );
}

function entriesOf(job: Job): Entries {
  const {entries} = job;
  return {
    names: Object.keys(entries),
    values: Object.entries(entries).map(([name, value]) =>
      typeof value === 'number' ? value : extentIn(job, name, value),
    ),
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
      !Object.is(values[i], typeof value === 'number' ? value : extentIn(job, name, value))
    )
      return false;
    i++;
  }
  return i === names.length;
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
