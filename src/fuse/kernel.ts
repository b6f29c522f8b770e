import * as tf from '@tensorflow/tfjs-core';

import {own} from '../util/own';
import {assign} from '../util/own_writes';
import type {Output} from './graph';
import type {Job} from './job';
import type {Plan} from './plan';

/** The kernel that runs a step; `tf.profile` shows it by this name. */
const KERNEL = 'OptimStep';

/** Parameters that one plan serves. */
export interface PlannedBucket {
  readonly plan: Plan;
  readonly jobs: readonly Job[];
  /** The values of the plan's slots. */
  readonly slots: readonly number[];
}

/** An output that could not be written where it stands: the tensor has to take its place. */
export interface Fresh {
  readonly job: Job;
  readonly output: Output;
  readonly info: tf.TensorInfo;
}

/** Runs plans on one backend of TensorFlow.js. */
export interface FusedBackend {
  /**
   * Compiles what the plan needs, before its first step on this backend.
   * @throws where this machine or page can't; the step then runs eagerly.
   */
  prepare(plan: Plan, backend: tf.KernelBackend): void;
  /**
   * Runs a step of prepared plans. Whatever can fail comes before the first write. An output is written in place only
   * where nobody can tell. Parameters without elements are among the jobs.
   */
  run(step: PlannedStep, backend: tf.KernelBackend): Fresh[];
}

/** A step for the backend that is set now. */
export class PlannedStep {
  /** What the kernel had to make. */
  fresh: readonly Fresh[] = [];

  constructor(
    readonly buckets: readonly PlannedBucket[],
    readonly totals: number,
  ) {}
}

const registered = new Set<string>();

/** Runs a step as one kernel of the backend of that name and puts fresh tensors where they belong. */
export function runKernel(name: string, fused: FusedBackend, step: PlannedStep): void {
  if (!registered.has(name)) register(name, fused);
  tf.tidy(() => {
    // The tensors are attributes: a map of hundreds of inputs would cost half the speed.
    const made = tf
      .engine()
      .runKernel(KERNEL, {}, Object.assign<tf.NamedAttrMap, {readonly step: PlannedStep}>({}, {step}));
    const tensors: readonly tf.Tensor[] = Array.isArray(made) ? made : [made];
    step.fresh.forEach(({job, output: {name: entry}}, i) => {
      const tensor = tensors[i];
      if (tensor === undefined) return;
      if (entry === 'p') assign(job.variable, tensor);
      else replaceEntry(job, entry, tensor);
    });
  });
}

function replaceEntry({entries}: Job, name: string, tensor: tf.Tensor): void {
  const old = own(entries, name);
  entries[name] = tf.keep(tensor);
  if (typeof old === 'object') old.dispose();
}

function register(backendName: string, fused: FusedBackend): void {
  registered.add(backendName);
  tf.registerKernel({
    kernelName: KERNEL,
    backendName,
    kernelFunc: ({attrs, backend}) => {
      const step: unknown = attrs?.['step'];
      if (!(step instanceof PlannedStep) || !(backend instanceof tf.KernelBackend))
        throw new Error(`${KERNEL} is for the optimizers of tfjs-optim alone.`);
      step.fresh = fused.run(step, backend);
      return step.fresh.map(({info}) => info);
    },
  });
}
