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
 * An optimizer has a handful of structures. Far more than a page can use at a time stay, so that none is compiled
 * twice that is still used.
 */
export const MOST_PLANS = 256;

/** More take longer to compile than any training gains by it. No rule of the package has a tenth of them. */
const MOST_OPERATIONS = 4000;

/**
 * By structure, from the one used the longest ago to the last. What backends compile belongs to a plan as an object,
 * and goes with it.
 */
export const plans = new Map<string, Plan>();
/** What needs no preparing any more; a backend that is started anew is another object. */
const prepared = new WeakMap<tf.KernelBackend, WeakSet<Plan>>();
/** Chains that can't be fused, and why: on no backend, or on the one named. */
const unfusable = new WeakMap<Chain, {readonly backend?: string; readonly why: string}>();
const lastStep = new WeakMap<Chain, PlannedStep>();
let lastBackend: tf.KernelBackend | undefined;

/**
 * Runs one step on all jobs. Afterwards variables and state hold the new values; where it throws, they are as they
 * were.
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
    // Where a callback is at fault, this throws as well.
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

/** Disposes the tensors that callbacks make where they can't be traced. */
function traceAlone(...of: Parameters<typeof trace>): Trace {
  const engine = tf.engine();
  engine.startScope('trace');
  try {
    return trace(...of);
  } finally {
    engine.endScope();
  }
}

/** Where the steps of a chain run: the backend's name, or `eager: ` and why. */
export function fusedOn(chain: Chain): string {
  const why = whyEager(chain);
  return why === undefined ? tf.getBackend() : `eager: ${why}`;
}

/** The graphs of the last fused step as text, one per bucket of parameters. */
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

/** Whether the step could be run. */
function runFused(chain: Chain, {buckets, totals, barriers}: Trace): boolean {
  const name = tf.getBackend();
  const fused = fusedBackends.get(name);
  if (fused === undefined) return false;
  const operations = buckets.map(({graph: {nodes}}) => operationsIn(nodes));
  const most = Math.max(...operations);
  if (most > MOST_OPERATIONS) {
    giveUp(chain, {
      why: `its callbacks compute ${most} operations for an element, and at most ${MOST_OPERATIONS} are compiled`,
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

/** Every pass may compute all of them afresh. */
function operationsIn(nodes: Graph['nodes']): number {
  return nodes.length * nodes.reduce((passes, {pass}) => Math.max(passes, pass + 1), 1);
}

function planFor(each: TracedBucket, barriers: readonly number[]): Plan {
  const {key} = each;
  const plan = plans.get(key) ?? planOf(each, barriers);
  plans.delete(key);
  plans.set(key, plan);
  const [oldest = key] = plans.keys();
  if (plans.size > MOST_PLANS) plans.delete(oldest);
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
