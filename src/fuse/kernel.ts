import * as tf from '@tensorflow/tfjs-core';

import {at} from '../util/at';
import {own} from '../util/own';
import {assign} from '../util/own_writes';
import {registerOnce} from '../util/register_once';
import type {Output} from './graph';
import {isTemporary, type Job} from './job';
import type {Plan} from './plan';

/** The name of the kernel that runs a step, as `tf.profile` shows it. */
const KERNEL = 'OptimStep';

/** Parameters that one plan serves. */
export interface PlannedBucket {
  readonly plan: Plan;
  readonly jobs: readonly Job[];
  /** The values of the plan's slots. */
  readonly slots: readonly number[];
}

/** An output that could not be written in place: a new tensor has to replace the old one. */
export interface Fresh {
  readonly job: Job;
  readonly output: Output;
  readonly info: tf.TensorInfo;
}

/** Runs plans on one backend of TensorFlow.js. */
export interface FusedBackend {
  /** Whether it computes values with one number per row or per column. Otherwise their callbacks run alone. */
  readonly hasAxes: boolean;
  /**
   * Compiles what the bucket needs and was not compiled before. It comes before every step.
   * @throws where this machine or page can't compile it. The step then runs eagerly.
   */
  prepare(bucket: PlannedBucket, backend: tf.KernelBackend): void;
  /**
   * Runs a step of prepared plans. Everything that can fail comes before the first write. An output is written in place
   * only where no other tensor shares the data. A job's parameter has elements: a step leaves out
   * variables without any.
   */
  run(step: PlannedStep, backend: tf.KernelBackend): Fresh[];
}

/** A step for the backend that is set now. */
export class PlannedStep {
  /** The outputs for which the kernel made new tensors. */
  fresh: readonly Fresh[] = [];

  constructor(
    readonly buckets: readonly PlannedBucket[],
    readonly totals: number,
  ) {}
}

/** Runs a step on its backend. Returns the new tensors. */
type Run = (backend: tf.KernelBackend) => tf.TensorInfo[];

const isRun = (x: unknown): x is Run => typeof x === 'function';

const registered = new Set<string>();

/**
 * Runs a step, or a part of one, as one kernel of the backend of that name and puts fresh tensors where they belong.
 * To be called inside `tf.tidy`, at whose end the temporaries go.
 */
export function runKernel(name: string, fused: FusedBackend, step: PlannedStep): void {
  if (!registered.has(name)) register(name);
  // The tensors are in an attribute, because a map of hundreds of inputs would take half of the speed.
  const run: Run = backend => {
    step.fresh = fused.run(step, backend);
    return step.fresh.map(({info}) => info);
  };
  const made = tf.engine().runKernel(KERNEL, {}, Object.assign<tf.NamedAttrMap, {readonly run: Run}>({}, {run}));
  const tensors: readonly tf.Tensor[] = Array.isArray(made) ? made : [made];
  step.fresh.forEach(({job, output: {name: entry}}, i) => {
    const tensor = at(tensors, i);
    if (isTemporary(entry)) job.temporaries = new Map(job.temporaries).set(entry, tensor);
    else if (entry === 'p') assign(job.variable, tensor);
    else replaceEntry(job, entry, tensor);
  });
}

/** Gives a state entry another tensor, which is its own then. */
export function replaceEntry({entries}: Job, name: string, tensor: tf.Tensor): void {
  const old = own(entries, name);
  entries[name] = tf.keep(tensor);
  if (typeof old === 'object') old.dispose();
}

/**
 * Where two copies of this package share TensorFlow.js, the kernel is that of the first one. So it only calls the
 * function that it is given, and each copy runs its own steps.
 */
function register(backendName: string): void {
  registered.add(backendName);
  registerOnce({
    kernelName: KERNEL,
    backendName,
    kernelFunc: ({attrs, backend}) => {
      const run: unknown = attrs?.['run'];
      if (!isRun(run) || !(backend instanceof tf.KernelBackend))
        throw new Error(`Only the optimizers of tfjs-optim can run the kernel ${KERNEL}.`);
      return run(backend);
    },
  });
}
