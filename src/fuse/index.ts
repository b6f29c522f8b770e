import * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import type {Callback} from '../rule/declaration';
import {at} from '../util/at';
import {memo} from '../util/memo';
import {own} from '../util/own';
import {warnOnce} from '../util/warn';
import {backendChecks, fusedBackends, missingImport} from './backends';
import {opaqueOf} from './crossing';
import {stepEagerly} from './eager';
import {type Graph, printGraph} from './graph';
import {type Job, numberWriter} from './job';
import {type FusedBackend, type PlannedBucket, PlannedStep, replaceEntry, runKernel} from './kernel';
import {type Outcome, type Outcomes, runAlone} from './outcome';
import {type Plan, planOf} from './plan';
import {HiddenMistake, isNewShared, newNameOf, SharedTensors} from './shared';
import {CallbackUntraceable, NotFused, type Trace, trace, type TracedBucket} from './trace';

export type {Job} from './job';
export {SharedTensors} from './shared';

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
/** Callbacks of a chain that can't be traced on a backend, by index, and why: they run alone. */
const alone = new WeakMap<Chain, Map<string, ReadonlyMap<number, string>>>();
const lastStep = new WeakMap<Chain, LastStep>();
let lastBackend: tf.KernelBackend | undefined;

/** What `graph()` prints. */
interface LastStep {
  readonly parts: readonly PlannedStep[];
  /** The names of the callbacks that ran alone, each after the part of that index. */
  readonly cuts: readonly string[];
}

/**
 * Runs one step on all jobs. Afterwards variables and state hold the new values. Where it throws, they are unchanged.
 * @param common the numbers that all parameters share. The step replaces them.
 * @param stored the tensors of numbers that belong to no parameter. The step replaces them.
 */
export function step(
  chain: Chain,
  jobs: readonly Job[],
  common: Record<string, number>,
  stored: Record<string, tf.Tensor>,
): void {
  checkBackend();
  const why = whyEager(chain);
  if (why !== undefined) {
    stepEagerly(chain, jobs, common, stored);
    if (why === missingImport(tf.getBackend())) warnSlow(why);
    return;
  }
  tf.tidy(() => {
    if (!stepFused(chain, jobs, common, stored)) stepEagerly(chain, jobs, common, stored);
  });
}

/**
 * Runs a step as kernels. Callbacks that can't be traced run between them, as ordinary operations. The kernel before
 * such a callback computes the values that it reads. The last kernel computes everything else from the tensors as they
 * were before the step. Only this kernel writes parameters and state.
 * @returns whether the step was run. Where it was not, nothing is changed.
 */
function stepFused(
  chain: Chain,
  jobs: readonly Job[],
  common: Record<string, number>,
  stored: Record<string, tf.Tensor>,
): boolean {
  const shared = new SharedTensors(chain, stored);
  const inputs = shared.inputs();
  if (inputs !== undefined) for (const job of jobs) job.temporaries = inputs;
  let untraceable = aloneIn(chain);
  const outcomes = new Map<number, Map<Job, Outcome>>();
  const hasAxes = fusedBackends.get(tf.getBackend())?.hasAxes === true;
  const parts: PlannedStep[] = [];
  const cuts: string[] = [];
  for (;;) {
    let traced: Trace;
    try {
      traced = traceAlone(chain, jobs, common, {alone: untraceable, outcomes, hasAxes});
    } catch (error) {
      if (error instanceof HiddenMistake) throw error;
      // First the step, because a mistake in a callback is not a reason to give up.
      if (error instanceof NotFused) {
        stepEagerly(chain, jobs, common, stored);
        giveUp(chain, {backend: tf.getBackend(), why: error.message});
        return true;
      }
      if (!(error instanceof CallbackUntraceable) || untraceable.has(error.index)) return false;
      untraceable = new Map([...untraceable, [error.index, error.message]]);
      // If the callback has a mistake, it throws again when it runs alone, and its error says more.
      if (untraceable.size === chain.callbacks.length) {
        stepEagerly(chain, jobs, common, stored);
        giveUp(chain, {backend: tf.getBackend(), why: `its callbacks can't be traced: ${error.message}`});
        return true;
      }
      continue;
    }
    const part = runFused(chain, traced);
    if (part === undefined) return false;
    parts.push(part);
    if (traced.cut === undefined) {
      commitNumbers(chain, traced, common);
      commitOpaque(jobs, outcomes, hasAxes);
      if (inputs !== undefined) shared.commit(newShared(chain, at(jobs, 0)));
      break;
    }
    const {index, drafts} = traced.cut;
    outcomes.set(index, runAlone(chain, index, drafts(), shared));
    cuts.push(at(chain.callbacks, index).name);
  }
  lastStep.set(chain, {parts, cuts});
  if (untraceable !== aloneIn(chain)) rememberAlone(chain, untraceable);
  return true;
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

/** The callbacks that run alone, as far as is known. One that acts on all parameters at once does from the start. */
function aloneIn(chain: Chain): ReadonlyMap<number, string> {
  return memo(aloneByBackend(chain), tf.getBackend(), () => {
    const known = chain.callbacks.map((cb, i) => [i, whyAlone(cb)] as const);
    return new Map(known.flatMap(([i, why]) => (why === undefined ? [] : [[i, why] as const])));
  });
}

/** Why a callback runs alone from the start; undefined where tracing decides. */
function whyAlone({declaration}: Callback): string | undefined {
  if (declaration.together !== undefined) return 'it acts on all parameters at once';
  return declaration.needsTensors ? 'it needs tensors' : undefined;
}

function aloneByBackend(chain: Chain): Map<string, ReadonlyMap<number, string>> {
  return memo(alone, chain, () => new Map<string, ReadonlyMap<number, string>>());
}

function rememberAlone(chain: Chain, untraceable: ReadonlyMap<number, string>): void {
  aloneByBackend(chain).set(tf.getBackend(), untraceable);
  for (const [index, why] of untraceable) {
    const cb = at(chain.callbacks, index);
    if (whyAlone(cb) === undefined)
      warnOnce(
        `${cb.name} runs as ordinary operations between fused kernels, more slowly: it can't be traced: ${why}`,
      );
  }
}

function commitNumbers(chain: Chain, {buckets}: Trace, common: Record<string, number>): void {
  const writeNumber = numberWriter(chain, common);
  for (const {jobs, numbers} of buckets) for (const [name, value] of numbers) writeNumber(jobs, name, value);
}

/** The new values of shared numbers that kernels have computed. */
function newShared({shared}: Chain, {temporaries = {}}: Job): Map<string, tf.Tensor> {
  return new Map(
    shared.flatMap(({names}) =>
      names.flatMap(name => {
        const value = own(temporaries, newNameOf(name));
        return value === undefined ? [] : [[name, value] as const];
      }),
    ),
  );
}

/** Stores the new values of state that no kernel holds. */
function commitOpaque(jobs: readonly Job[], outcomes: Outcomes, hasAxes: boolean): void {
  if (outcomes.size === 0) return;
  for (const job of jobs)
    for (const [name, tensor] of Object.entries(opaqueOf(job, outcomes, hasAxes)))
      if (tensor !== own(job.entries, name)) replaceEntry(job, name, tensor.clone());
}

/**
 * Where the steps of a chain run: the backend's name, with the callbacks that run alone, or `eager: ` and why.
 */
export function fusedOn(chain: Chain): string {
  const why = whyEager(chain);
  if (why !== undefined) return `eager: ${why}`;
  const names = new Set([...aloneIn(chain).keys()].map(index => at(chain.callbacks, index).name));
  return names.size === 0 ? tf.getBackend() : `${tf.getBackend()}, except ${[...names].join(', ')}`;
}

/** The graphs of the last fused step as text, one per bucket of parameters, and where callbacks ran alone. */
export function graphOf(chain: Chain): string {
  const {parts, cuts} = lastStep.get(chain) ?? {parts: [], cuts: []};
  return parts
    .map((part, i) => {
      const cut = cuts[i];
      return `${graphsOf(part)}${cut === undefined ? '' : `\n${cut} runs alone\n\n`}`;
    })
    .join('');
}

function graphsOf({buckets}: PlannedStep): string {
  return buckets.map(({plan, jobs}) => `${titleOf(plan, jobs)}:\n${printGraph(plan.graph)}\n`).join('\n');
}

function titleOf({outputs}: Plan, jobs: readonly Job[]): string {
  const isShared = outputs.length > 0 && outputs.every(({name}) => isNewShared(name));
  return isShared ? 'shared' : jobs.map(({variable: {name}}) => name).join(', ');
}

function whyEager(chain: Chain): string | undefined {
  if (!tf.env().getBool('OPTIM_FUSING')) return 'the flag OPTIM_FUSING is off';
  const [together] = chain.callbacks;
  if (chain.callbacks.length === 1 && together?.declaration.together !== undefined)
    return `${together.name} acts on all parameters at once`;
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

/** Runs a step, or a part of one, as a kernel; undefined where it can't be run. */
function runFused(chain: Chain, {buckets, totals, barriers}: Trace): PlannedStep | undefined {
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
    prepare(fused, planned);
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
