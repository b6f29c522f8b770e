/** Traces a step and runs it as kernels. */
import * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import {memo} from '../util/memo';
import {RecentMap} from '../util/recent_map';
import {warnOnce} from '../util/warn';
import {fusedBackends} from './backends';
import {CallbackUntraceable, NotFused, type Parts} from './draft';
import {stepEagerly} from './eager';
import type {FusedStep} from './extras';
import type {Graph} from './graph';
import {numberWriter} from './job';
import {PlannedStep, runKernel} from './kernel';
import {type Plan, planOf} from './plan';
import {type Trace, trace, type TracedBucket} from './trace';
import {HiddenMistake} from './traced';

/**
 * The number of plans to store. An optimizer has a handful of structures, and a page uses far fewer than these at a
 * time. So nothing that is still used is compiled twice. Exported for the test of growth, as are `plans`.
 */
export const MOST_PLANS = 256;

/** More operations take longer to compile than training can gain. No rule of the package has a tenth of them. */
const MOST_OPERATIONS = 4000;

/** By structure. Backends store what they compile by the plan object, so it is freed together with the plan. */
export const plans = new RecentMap<string, Plan>(MOST_PLANS);
/** Chains that can't be fused, and why: on the backend named, or on any backend where none is named. */
export const unfusable = new WeakMap<Chain, {readonly backend?: string; readonly why: string}>();
export const lastStep = new WeakMap<Chain, LastStep>();

/** What `graph()` prints. */
interface LastStep {
  readonly parts: readonly PlannedStep[];
  /** The names of the callbacks that ran alone, each after the part of that index. */
  readonly cuts: readonly string[];
}

/**
 * Traces a step. @returns the error where a callback or the kind of step is the reason why it can't be fused; undefined
 * where it can't be for another reason.
 */
export function tracedStep(
  {chain, jobs, common}: FusedStep,
  parts?: Parts,
): Trace | CallbackUntraceable | NotFused | undefined {
  const engine = tf.engine();
  // Disposes the tensors that callbacks make where they can't be traced.
  engine.startScope('trace');
  try {
    return trace(chain, jobs, common, {hasAxes: hasAxes(), parts});
  } catch (error) {
    if (error instanceof HiddenMistake) throw error;
    return error instanceof CallbackUntraceable || error instanceof NotFused ? error : undefined;
  } finally {
    engine.endScope();
  }
}

/** Whether the backend fuses reductions along axes. */
export function hasAxes(): boolean {
  return fusedBackends.get(tf.getBackend())?.hasAxes === true;
}

/** Stores the numbers that a step computed, when its kernels have run. */
export function commitStep({chain, jobs: all, common, sharing}: FusedStep, {buckets}: Trace): void {
  const writeNumber = numberWriter(chain, common);
  for (const {jobs, numbers} of buckets) for (const [name, value] of numbers) writeNumber(jobs, name, value);
  sharing.commit(all[0]);
}

function giveUp(chain: Chain, reason: {readonly backend?: string; readonly why: string}): void {
  unfusable.set(chain, reason);
  warnSlow(reason.why);
}

/**
 * Runs this step and all later ones on this backend eagerly.
 * @returns true, because the step was run.
 */
export function goOnEagerly({chain, jobs, common, stored}: FusedStep, error: Error): true {
  // First the step, because a mistake in a callback is not a reason to give up.
  stepEagerly(chain, jobs, common, stored);
  const {message} = error;
  const why = error instanceof NotFused ? message : `its callbacks can't be traced: ${message}`;
  giveUp(chain, {backend: tf.getBackend(), why});
  return true;
}

export function warnSlow(why: string): void {
  warnOnce(`an optimizer runs without fusing, more slowly: ${why}`);
}

/** Runs a step, or a part of one, as a kernel; undefined where it can't be run. */
export function runFused(chain: Chain, {buckets, totals, barriers}: Trace): PlannedStep | undefined {
  const name = tf.getBackend();
  const fused = fusedBackends.get(name);
  if (fused === undefined) return undefined;
  const operations = buckets.map(({graph: {nodes}}) => operationsIn(nodes));
  const most = Math.max(...operations);
  if (most > MOST_OPERATIONS) {
    giveUp(chain, {
      why: `its callbacks compute ${most} operations per element; at most ${MOST_OPERATIONS} are compiled`,
    });
    return undefined;
  }
  const planned = buckets
    .filter(({graph}) => graph.outputs.length > 0 || graph.terms.length > 0)
    .map(each => ({plan: planFor(each, barriers), jobs: each.jobs, slots: each.slots}));
  try {
    for (const bucket of planned) fused.prepare(bucket, tf.backend());
  } catch (error) {
    giveUp(chain, {backend: name, why: messageOf(error)});
    return undefined;
  }
  const next = new PlannedStep(planned, totals);
  if (planned.length > 0) runKernel(name, fused, next);
  return next;
}

/** The most that a step may compute, because each pass may compute every operation again. */
function operationsIn(nodes: Graph['nodes']): number {
  return nodes.length * nodes.reduce((passes, {pass}) => Math.max(passes, pass + 1), 1);
}

function planFor(each: TracedBucket, barriers: readonly number[]): Plan {
  return memo(plans, each.key, () => planOf(each, barriers));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
