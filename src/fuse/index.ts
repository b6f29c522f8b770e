import * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import {at} from '../util/at';
import {backendChecks, fusedBackends, missingImport} from './backends';
import {CallbackUntraceable} from './draft';
import {stepEagerly} from './eager';
import {type FusedStep, sharingOf, stepExtras} from './extras';
import {commitStep, goOnEagerly, lastStep, runFused, tracedStep, unfusable, warnSlow} from './fused';
import {printGraph} from './graph';
import {isNewShared, type Job} from './job';
import type {PlannedStep} from './kernel';
import type {Plan} from './plan';

export {sharingOf} from './extras';
export {MOST_PLANS, plans} from './fused';
export {installExtras, newCallbackWithExtras} from './install_extras';
export type {Job} from './job';

tf.env().registerFlag('OPTIM_FUSING', () => true);

let lastBackend: tf.KernelBackend | undefined;

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
    const sharing = sharingOf(chain, stored);
    sharing.giveTo(jobs);
    if (!stepFused({chain, jobs, common, stored, sharing})) stepEagerly(chain, jobs, common, stored);
  });
}

/**
 * Runs a step as kernels.
 * @returns whether the step was run. Where it was not, nothing is changed.
 */
function stepFused(of: FusedStep): boolean {
  const {chain} = of;
  const extras = stepExtras();
  if (extras !== undefined && extras.aloneIn(chain).size > 0) return extras.runInParts(of, undefined);
  const traced = tracedStep(of);
  if (traced instanceof CallbackUntraceable && extras !== undefined) return extras.runInParts(of, traced);
  if (traced instanceof Error) return goOnEagerly(of, traced);
  const part = traced && runFused(chain, traced);
  if (traced === undefined || part === undefined) return false;
  commitStep(of, traced);
  lastStep.set(chain, {parts: [part], cuts: []});
  return true;
}

/**
 * Where the steps of a chain run: the backend's name, with the callbacks that run alone, or `eager: ` and why.
 */
export function fusedOn(chain: Chain): string {
  const why = whyEager(chain);
  if (why !== undefined) return `eager: ${why}`;
  const names = new Set(
    [...(stepExtras()?.aloneIn(chain).keys() ?? [])].map(index => at(chain.callbacks, index).name),
  );
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

function checkBackend(): void {
  const backend = tf.backend();
  if (backend === lastBackend) return;
  lastBackend = backend;
  for (const check of backendChecks) check(tf.getBackend());
}
