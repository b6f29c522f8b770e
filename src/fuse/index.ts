import * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import {memo} from '../util/memo';
import {warnOnce} from '../util/warn';
import {backendChecks, fusedBackends, missingImport} from './backends';
import {stepEagerly} from './eager';
import {type Graph, printGraph} from './graph';
import {type Job, numberWriter} from './job';
import {type FusedBackend, type PlannedBucket, PlannedStep, runKernel} from './kernel';
import {type Plan, planOf} from './plan';
import {type Trace, trace, type TracedBucket} from './trace';

export type {Job} from './job';

tf.env().registerFlag('OPTIM_FUSING', () => true);

/**
 * The number of plans to store. An optimizer has a handful of structures, and a page uses far fewer than these at a
 * time. So nothing that is still used is compiled twice. Exported for the test of growth, as are `plans`.
 */
export const MOST_PLANS = 256;

/** More operations take longer to compile than training can gain. No rule of the package has a tenth of them. */
const MOST_OPERATIONS = 4000;

/**
 * By structure, from the least to the most recently used. Backends store what they compile by the plan object, so it is
 * freed together with the plan.
 */
export const plans = new Map<string, Plan>();
/** The plans that a backend has prepared. A backend that is restarted is another object. */
const prepared = new WeakMap<tf.KernelBackend, WeakSet<Plan>>();
/** Chains that can't be fused, and why: on the backend named, or on any backend where none is named. */
const unfusable = new WeakMap<Chain, {readonly backend?: string; readonly why: string}>();
const lastStep = new WeakMap<Chain, PlannedStep>();
let lastBackend: tf.KernelBackend | undefined;

/**
 * Runs one step on all jobs. Afterwards variables and state hold the new values. Where it throws, they are unchanged.
 * @param common the numbers that all parameters share. The step replaces them.
 */
export function step(chain: Chain, jobs: readonly Job[], common: Record<string, number>): void {
  checkBackend();
  const why = whyEager(chain);
  if (why !== undefined) {
    stepEagerly(chain, jobs, common);
    if (why === missingImport(tf.getBackend())) warnSlow(why);
    return;
  }
  let traced: Trace;
  try {
    traced = traceAlone(chain, jobs, common);
  } catch (error) {
    // Where a callback has a mistake, this throws too, and its error says more.
    stepEagerly(chain, jobs, common);
    giveUp(chain, {why: `its callbacks can't be traced: ${messageOf(error)}`});
    return;
  }
  if (!runFused(chain, traced)) {
    stepEagerly(chain, jobs, common);
    return;
  }
  const writeNumber = numberWriter(chain, common);
  for (const {jobs: members, numbers} of traced.buckets) {
    for (const [name, value] of numbers) writeNumber(members, name, value);
  }
}

/** Traces, and disposes tensors that callbacks made, as those do that can't be traced. */
function traceAlone(...of: Parameters<typeof trace>): Trace {
  const engine = tf.engine();
  engine.startScope('trace');
  try {
    return trace(...of);
  } finally {
    engine.endScope();
  }
}

/** Where the steps of a chain run: the backend's name, or `eager: ` and the reason. */
export function fusedOn(chain: Chain): string {
  const why = whyEager(chain);
  return why === undefined ? tf.getBackend() : `eager: ${why}`;
}

/** The graphs of the last fused step as text, one per bucket. Empty where no step was fused. */
export function graphOf(chain: Chain): string {
  const last = lastStep.get(chain);
  if (last === undefined) return '';
  return last.buckets
    .map(({plan, jobs}) => `${jobs.map(({variable: {name}}) => name).join(', ')}:\n${printGraph(plan.graph)}\n`)
    .join('\n');
}

function whyEager(chain: Chain): string | undefined {
  if (!tf.env().getBool('OPTIM_FUSING')) return 'the flag OPTIM_FUSING is off';
  const together = chain.callbacks.find(({declaration}) => declaration.together !== undefined);
  if (together !== undefined) return `${together.name} acts on all parameters at once`;
  const backend = tf.getBackend();
  if (!fusedBackends.has(backend)) return missingImport(backend) ?? `the backend ${backend} has no kernel for it`;
  const found = unfusable.get(chain);
  return found?.backend === undefined || found.backend === backend ? found?.why : undefined;
}

function giveUp(chain: Chain, reason: {readonly backend?: string; readonly why: string}): void {
  unfusable.set(chain, reason);
  warnSlow(reason.why);
}

function checkBackend(): void {
  const backend = tf.backend();
  if (backend === lastBackend) return;
  lastBackend = backend;
  for (const check of backendChecks) check(tf.getBackend());
}

function warnSlow(why: string): void {
  warnOnce(`an optimizer runs without fusing, more slowly: ${why}`);
}

/** Runs a fused step. Returns false where the backend can't run it. */
function runFused(chain: Chain, {buckets, totals, barriers}: Trace): boolean {
  const name = tf.getBackend();
  const fused = fusedBackends.get(name);
  if (fused === undefined) return false;
  const operations = buckets.map(({graph: {nodes}}) => operationsIn(nodes));
  const most = Math.max(...operations);
  if (most > MOST_OPERATIONS) {
    giveUp(chain, {
      why: `its callbacks compute ${most} operations per element; at most ${MOST_OPERATIONS} are compiled`,
    });
    return false;
  }
  const planned = buckets
    .filter(({graph}) => graph.outputs.length > 0 || graph.terms.length > 0)
    .map(each => ({plan: planFor(each, barriers), jobs: each.jobs, slots: each.slots}));
  try {
    prepare(fused, planned);
  } catch (error) {
    giveUp(chain, {backend: name, why: messageOf(error)});
    return false;
  }
  const next = new PlannedStep(planned, totals);
  if (planned.length > 0) runKernel(name, fused, next);
  lastStep.set(chain, next);
  return true;
}

/** The most that a step may compute, because each pass may compute every operation again. */
function operationsIn(nodes: Graph['nodes']): number {
  return nodes.length * nodes.reduce((passes, {pass}) => Math.max(passes, pass + 1), 1);
}

function planFor(each: TracedBucket, barriers: readonly number[]): Plan {
  const {key} = each;
  const plan = plans.get(key) ?? planOf(each, barriers);
  plans.delete(key);
  plans.set(key, plan);
  for (const oldest of plans.keys()) {
    if (plans.size <= MOST_PLANS) break;
    plans.delete(oldest);
  }
  return plan;
}

function prepare(fused: FusedBackend, buckets: readonly PlannedBucket[]): void {
  const backend = tf.backend();
  const done = memo(prepared, backend, () => new WeakSet<Plan>());
  for (const {plan} of buckets) {
    if (done.has(plan)) continue;
    fused.prepare(plan, backend);
    done.add(plan);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
