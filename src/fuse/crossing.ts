/** What crosses between the parts of a step: from a kernel to a callback that runs alone, and from that to the next. */
import type * as tf from '@tensorflow/tfjs-core';

import {type Chain, commonIn} from '../rule/chain';
import {at} from '../util/at';
import {extentIn} from './bucket';
import {entriesOf, type Parts, StartedAlone, type TensorDraft, type TracedDraft} from './draft';
import type {Output} from './graph';
import {type Job, temporary} from './job';
import type {Outcome, Outcomes} from './outcome';
import {tensorOf} from './tensors_of_job';
import type {Traced} from './traced';

/** What is known of a step whose callbacks with these indices run alone. */
export function partsOf(
  chain: Chain,
  jobs: readonly Job[],
  common: Readonly<Record<string, number>>,
  {alone, outcomes, hasAxes}: {alone: ReadonlyMap<number, string>; outcomes: Outcomes; hasAxes: boolean},
): Parts {
  return {
    alone,
    sameOutcomes: (a, b) => sameOutcomes(a, b, outcomes, hasAxes),
    takeOver: (index, drafts) => {
      const outcome = outcomes.get(index);
      if (outcome === undefined) return false;
      for (const draft of drafts) takeOver(draft, index, outcome);
      return true;
    },
    cutAt: (index, drafts) => {
      const read = entriesOf(chain, index);
      const crossings = drafts.map(draft => crossingOf(draft, index, entry => read.includes(entry)));
      return {
        outputs: crossings.map(({outputs}) => outputs),
        drafts: () => draftsAcross(chain, jobs, common, drafts, crossings, outcomes),
      };
    },
  };
}

/** Whether the callbacks that have run alone changed two jobs in the same way. */
function sameOutcomes(a: Job, b: Job, outcomes: Outcomes, hasAxes: boolean): boolean {
  for (const outcome of outcomes.values()) {
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
        return same !== undefined && extentIn(a, tensor, hasAxes) === extentIn(b, same, hasAxes);
      });
    if (!isSame) return false;
  }
  return true;
}

function isGiven(name: string): boolean {
  return name === 'p' || name === 'grad' || name === 'update';
}

/** Puts the results of a callback that ran alone into a draft. */
function takeOver(draft: TracedDraft, index: number, outcomes: ReadonlyMap<Job, Outcome>): void {
  const {
    recorder,
    jobs: [first],
    jobs,
  } = draft.of;
  const outcome = outcomes.get(first);
  if (outcome === undefined) return;
  for (const [name, tensor] of outcome.tensors) {
    if (draft.gate !== undefined && !isGiven(name) && !Object.hasOwn(draft.entries, name))
      throw new StartedAlone(name);
    const extent = extentIn(first, tensor, recorder.shapes.hasAxes);
    if (extent === undefined) {
      draft.of.opaque.add(name);
      continue;
    }
    const key = temporary(`${index}→${name}`);
    for (const job of jobs) {
      const own = outcomes.get(job)?.tensors.get(name);
      if (own === undefined) throw new Error(`Callback ${index} gave '${name}' for some parameters of a bucket only.`);
      job.temporaries = new Map(job.temporaries).set(key, own);
    }
    const input = recorder.input(key, extent);
    if (name === 'p') draft.p = input;
    else if (name === 'grad') draft.grad = input;
    else if (name === 'update') draft.update = input;
    else draft.entries[name] = input;
  }
  for (const [name, value] of outcome.numbers) draft.entries[name] = value;
  if (!outcome.isPending) draft.update = undefined;
  draft.stopped = outcome.stopped;
  draft.unread = outcome.unread;
}

/** What a draft hands to a callback that runs alone: names of tensors by what they are, and what has to be computed. */
interface Crossing {
  readonly p: string;
  readonly grad: string | undefined;
  readonly update: string | undefined;
  readonly entries: Readonly<Record<string, string | number>>;
  readonly outputs: readonly Output[];
}

/**
 * The values that a draft passes to a callback that runs alone. A value that crossed before keeps its name, because
 * tracing again gives the same nodes up to that point.
 * @param index the callback's.
 * @param isRead whether the callback reads a state entry. Other entries are not passed.
 */
function crossingOf(
  {p, grad, update, entries, of: {recorder, jobs}}: TracedDraft,
  index: number,
  isRead: (entry: string) => boolean,
): Crossing {
  const outputs: Output[] = [];
  const named = (name: string, value: Traced): string => {
    const {index: node} = value.in(recorder);
    const known = recorder.nodes[node];
    if (known?.op === 'input' && known.element === undefined) return known.name;
    const crossed = jobs[0].crossed?.get(node);
    if (crossed !== undefined) return crossed;
    const crossing = temporary(`${name}→${index}`);
    const extent = recorder.shape?.length === 0 ? 'full' : value.extent;
    outputs.push({name: crossing, node, extent, replaces: false});
    for (const job of jobs) job.crossed = new Map([...(job.crossed ?? []), [node, crossing]]);
    return crossing;
  };
  const nameOf = (name: string, value: Traced | undefined) => (value === undefined ? undefined : named(name, value));
  return {
    p: named('p', p),
    grad: nameOf('grad', grad),
    update: nameOf('update', update),
    entries: Object.fromEntries(
      Object.entries(entries).flatMap(([name, value]): Array<[string, string | number]> =>
        typeof value === 'number' ? [[name, value]] : isRead(name) ? [[name, named(name, value)]] : [],
      ),
    ),
    outputs,
  };
}

/** The drafts that a callback gets that runs alone, in the order of the jobs. Their values are tensors. */
function draftsAcross(
  chain: Chain,
  jobs: readonly Job[],
  common: Readonly<Record<string, number>>,
  drafts: readonly TracedDraft[],
  crossings: readonly Crossing[],
  outcomes: Outcomes,
): TensorDraft[] {
  const byJob = new Map<Job, TensorDraft>();
  drafts.forEach(({of, trains, doWd, hypers, stopped, unread}, i) => {
    const crossing = at(crossings, i);
    for (const job of of.jobs) {
      const tensor = (name: string): tf.Tensor => tensorOf(job, name);
      const optional = (name: string | undefined) => (name === undefined ? undefined : tensor(name));
      byJob.set(job, {
        of: job,
        group: job.group,
        before: job.variable,
        p: tensor(crossing.p),
        grad: optional(crossing.grad),
        update: optional(crossing.update),
        trains,
        doWd,
        hypers,
        groups: job.groupNumbers === undefined ? [] : [job.groupNumbers],
        entries: {
          ...commonIn(chain, job.group, common),
          ...opaqueOf(job, outcomes, of.recorder.shapes.hasAxes),
          ...Object.fromEntries(
            Object.entries(crossing.entries).map(([name, value]) => [
              name,
              typeof value === 'number' ? value : tensor(value),
            ]),
          ),
        },
        stopped,
        unread,
      });
    }
  });
  return jobs.flatMap(job => byJob.get(job) ?? []);
}

/** The state entries of a job that no graph holds, as the callbacks that have run alone left them. */
export function opaqueOf(job: Job, outcomes: Outcomes, hasAxes: boolean): Record<string, tf.Tensor> {
  const entries = new Map<string, tf.Tensor | number>(Object.entries(job.entries));
  for (const outcome of outcomes.values())
    for (const [name, tensor] of outcome.get(job)?.tensors ?? []) entries.set(name, tensor);
  return Object.fromEntries(
    [...entries].flatMap(([name, value]) =>
      typeof value === 'number' || extentIn(job, value, hasAxes) !== undefined ? [] : [[name, value] as const],
    ),
  );
}
