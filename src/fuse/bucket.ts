import type * as tf from '@tensorflow/tfjs-core';

import {type Chain, chainIn} from '../rule/chain';
import {own} from '../util/own';
import {type Extent, shapeWith, singleLinesIn} from './graph';
import type {Job} from './job';
import type {Alikeness, Shapes} from './traced';

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
 * @param alikeness how alike the shapes of a bucket's parameters must be.
 * @param sameOutcomes whether the callbacks that ran alone changed two jobs in the same way.
 * @param chain of a partition: then the parameters of a bucket belong to one part.
 */
export function bucketsOf(
  jobs: readonly Job[],
  alikeness: Alikeness,
  sameOutcomes: ((a: Job, b: Job) => boolean) | undefined,
  hasAxes: boolean,
  chain: Chain,
): Bucket[] {
  const buckets: Array<{readonly members: Bucket; readonly entries: Entries}> = [];
  for (const job of jobs) {
    let found: Bucket | undefined;
    for (const {members, entries} of buckets) {
      const [first] = members;
      if (
        alike(first, job, alikeness) &&
        (first.group === job.group || chainIn(chain, first.group) === chainIn(chain, job.group)) &&
        hasEntries(job, entries, hasAxes) &&
        sameOutcomes?.(first, job) !== false
      )
        found = members;
    }
    if (found === undefined) buckets.push({members: [job], entries: entriesOf(job, hasAxes)});
    else found.push(job);
  }
  return buckets.map(({members}) => members);
}

/**
 * The extent of a tensor of a parameter; undefined where no graph can hold it.
 * @param hasAxes whether the backend fuses values with one number per row or column.
 */
export function extentIn({variable: {shape}}: Job, tensor: tf.Tensor, hasAxes: boolean): Extent | undefined {
  if (sameShape(tensor.shape, shape)) return 'full';
  if (tensor.rank === 0) return 'scalar';
  if (!hasAxes || tensor.rank !== shape.length) return undefined;
  return LINES.find(extent => sameShape(tensor.shape, shapeWith(extent, shape)));
}

const LINES = ['rows', 'cols'] as const;

/** What the parameters of a bucket have in common. */
export function shapesOf([{variable}]: Bucket, alikeness: Alikeness, hasAxes: boolean): Shapes {
  return {
    shape: alikeness === 'shape' || variable.rank === 0 ? variable.shape : undefined,
    matrix: alikeness === 'any' ? undefined : singleLinesIn(variable.shape),
    hasAxes,
  };
}

function entriesOf(job: Job, hasAxes: boolean): Entries {
  const {entries} = job;
  return {
    names: Object.keys(entries),
    values: Object.values(entries).map(value => (typeof value === 'number' ? value : extentIn(job, value, hasAxes))),
  };
}

function alike(a: Job, b: Job, alikeness: Alikeness): boolean {
  return (
    a.doWd === b.doWd &&
    a.trains === b.trains &&
    (a.grad === undefined) === (b.grad === undefined) &&
    (a.variable.rank === 0) === (b.variable.rank === 0) &&
    (alikeness !== 'shape' || sameShape(a.variable.shape, b.variable.shape)) &&
    (alikeness !== 'matrix' || sameSingleLines(a.variable, b.variable)) &&
    (a.hypers === b.hypers || sameValues(a.hypers, b.hypers)) &&
    (a.groupNumbers === b.groupNumbers ||
      (a.groupNumbers !== undefined &&
        b.groupNumbers !== undefined &&
        sameValues(a.groupNumbers.before, b.groupNumbers.before)))
  );
}

function sameSingleLines(a: tf.Tensor, b: tf.Tensor): boolean {
  const [one, other] = [singleLinesIn(a.shape), singleLinesIn(b.shape)];
  return one.hasOneRow === other.hasOneRow && one.hasOneColumn === other.hasOneColumn;
}

/** Makes no lists, because it runs for each parameter in each step. */
function hasEntries(job: Job, {names, values}: Entries, hasAxes: boolean): boolean {
  let i = 0;
  for (const name in job.entries) {
    const value = job.entries[name];
    if (
      value === undefined ||
      names[i] !== name ||
      !Object.is(values[i], typeof value === 'number' ? value : extentIn(job, value, hasAxes))
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

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
