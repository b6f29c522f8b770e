/** Steps in which callbacks that can't be traced run alone. */
import * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import type {Callback} from '../rule/declaration';
import {at} from '../util/at';
import {memo} from '../util/memo';
import {own} from '../util/own';
import {warnOnce} from '../util/warn';
import {opaqueOf, partsOf} from './crossing';
import {CallbackUntraceable, NotFused} from './draft';
import type {FusedStep} from './extras';
import {commitStep, goOnEagerly, hasAxes, lastStep, runFused, tracedStep} from './fused';
import type {Job} from './job';
import {type PlannedStep, replaceEntry} from './kernel';
import {type Outcome, type Outcomes, runAlone} from './outcome';

/** Callbacks of a chain that can't be traced on a backend, by index, and why: they run alone. */
const alone = new WeakMap<Chain, Map<string, ReadonlyMap<number, string>>>();

/**
 * Runs a step as kernels. Callbacks that can't be traced run between them, as ordinary operations. The kernel before
 * such a callback computes the values that it reads. The last kernel computes everything else from the tensors as they
 * were before the step. Only this kernel writes parameters and state.
 */
export function runInParts(of: FusedStep, found: CallbackUntraceable | undefined): boolean {
  const {chain, jobs, common, sharing} = of;
  const known = aloneIn(chain);
  let untraceable = known;
  const outcomes = new Map<number, Map<Job, Outcome>>();
  const parts: PlannedStep[] = [];
  const cuts: string[] = [];
  let next = found;
  for (;;) {
    const traced =
      next ?? tracedStep(of, partsOf(chain, jobs, common, {alone: untraceable, outcomes, hasAxes: hasAxes()}));
    next = undefined;
    if (traced instanceof NotFused) return goOnEagerly(of, traced);
    if (traced instanceof CallbackUntraceable) {
      if (untraceable.has(traced.index)) return false;
      untraceable = new Map([...untraceable, [traced.index, traced.message]]);
      // If the callback has a mistake, it throws again when it runs alone, and its error says more.
      if (untraceable.size === chain.callbacks.length) return goOnEagerly(of, traced);
      continue;
    }
    const part = traced && runFused(chain, traced);
    if (traced === undefined || part === undefined) return false;
    parts.push(part);
    if (traced.cut === undefined) {
      commitOpaque(jobs, outcomes);
      commitStep(of, traced);
      break;
    }
    const {index, drafts} = traced.cut;
    outcomes.set(index, runAlone(chain, index, drafts(), sharing));
    cuts.push(at(chain.callbacks, index).name);
  }
  lastStep.set(chain, {parts, cuts});
  if (untraceable !== known) rememberAlone(chain, untraceable);
  return true;
}

/** The callbacks that run alone, as far as is known. One that acts on all parameters at once does from the start. */
export function aloneIn(chain: Chain): ReadonlyMap<number, string> {
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

/** Stores the new values of state that no kernel holds. */
function commitOpaque(jobs: readonly Job[], outcomes: Outcomes): void {
  for (const job of jobs)
    for (const [name, tensor] of Object.entries(opaqueOf(job, outcomes, hasAxes())))
      if (tensor !== own(job.entries, name)) replaceEntry(job, name, tensor.clone());
}
