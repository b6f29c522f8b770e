import type {DataId, TensorInfo} from '@tensorflow/tfjs-core';

import type {Output} from '../graph';
import type {Job} from '../job';
import type {Fresh, PlannedBucket, PlannedStep} from '../kernel';
import type {Plan} from '../plan';
import {type Dispatch, dispatchesOf, inOrder} from '../shader/dispatches';
import {shapeOf, sharedGradients, tensorOf} from '../tensors_of_job';
import {groupOf} from './bind_groups';
import {computePassOf, submitIfMany} from './commands';
import type {BufferData, GpuBindGroup, GpuBuffer, GpuComputePass, WebGPUBackend} from './device';
import type {Memory} from './memory';
import {pipelinesOf} from './pipelines';
import {pendingReads} from './reads';
import {boundNames, LANES, type Lanes, lanesOf, mostLanes, OWN_WORDS, ownWords, WORKGROUP} from './shader';

// A workgroup costs 3 µs in software, and 16,384 threads that read four vectors each saturate a memory of 1 TB/s.
const MOST_GROUPS = 256;
// The least number of elements that a thread sums.
const ELEMENTS_PER_THREAD = 16;
// The largest number of workgroups that share a sum, because each thread that reads the sum adds their parts.
const MOST_PARTS = 64;

/** Data for which the device had no memory. It reports that asynchronously. */
const withoutMemory = new WeakSet();

/**
 * A job with its buffers. `own` and `sums`: where its uniforms and its sums are, in words. `parts`: the parts per sum.
 * `term`: its index among all jobs of the step.
 */
interface BoundJob {
  readonly size: number;
  readonly buffers: readonly GpuBuffer[];
  readonly own: number;
  readonly sums: number;
  readonly parts: number;
  readonly term: number;
  readonly group: GpuBindGroup;
}

interface BoundBucket {
  readonly planned: PlannedBucket;
  readonly dispatches: readonly Dispatch[];
  readonly bound: readonly BoundJob[];
}

/** One step. `prepare` makes everything that can fail, and `encode` records the commands. */
export class WebGPUStep {
  readonly #backend: WebGPUBackend;
  readonly #memory: Memory;
  readonly #step: PlannedStep;
  readonly #fresh: Fresh[] = [];
  readonly #copies: Array<readonly [from: GpuBuffer, to: GpuBuffer]> = [];
  readonly #written: BufferData[] = [];
  readonly #used: DataId[] = [];
  readonly #buckets: BoundBucket[] = [];
  #jobs = 0;
  #uniformWords = 0;

  constructor(backend: WebGPUBackend, memory: Memory, step: PlannedStep) {
    this.#backend = backend;
    this.#memory = memory;
    this.#step = step;
  }

  prepare(): void {
    const backend = this.#backend;
    const memory = this.#memory;
    const {buckets, totals} = this.#step;
    const {device} = backend;
    const shared = sharedGradients(buckets);
    const alignment = device.limits.minUniformBufferOffsetAlignment / 4;
    let scratchWords = totals * buckets.reduce((sum, {jobs}) => sum + jobs.length, 0);
    const unbound = buckets.map(planned => {
      const {plan, jobs} = planned;
      const columns = boundNames(plan).map(name => [name, plan.outputs.find(output => output.name === name)] as const);
      const measured = jobs.map((job): Omit<BoundJob, 'group'> => {
        const {size} = job.variable;
        const parts = Math.max(1, Math.min(MOST_PARTS, Math.ceil(size / WORKGROUP / ELEMENTS_PER_THREAD)));
        const measuredJob = {
          size,
          parts,
          own: this.#uniformWords,
          sums: scratchWords,
          term: this.#jobs++,
          buffers: columns.map(([name, output]) => this.#buffer(job, name, output, shared)),
        };
        this.#uniformWords += Math.ceil(ownWords(plan) / alignment) * alignment;
        scratchWords += plan.reductions.length * parts;
        return measuredJob;
      });
      return {planned, measured};
    });
    memory.start(backend, 4 * this.#uniformWords, 4 * scratchWords);
    const {uniforms, scratch} = memory;
    for (const {planned, measured} of unbound) {
      const {plan} = planned;
      const {layout} = pipelinesOf(plan, device);
      const bound = measured.map((job): BoundJob => ({
        ...job,
        group: groupOf(device, layout, uniforms, 4 * job.own, 4 * ownWords(plan), [scratch, ...job.buffers]),
      }));
      this.#buckets.push({planned, bound, dispatches: dispatchesOf(plan, totals, WORKGROUP, true)});
    }
  }

  encode(): Fresh[] {
    const backend = this.#backend;
    const memory = this.#memory;
    backend.device.queue.writeBuffer(memory.uniforms, 0, this.#uniforms());
    // tfjs must not reuse these buffers before the commands are submitted.
    for (const dataId of this.#used) backend.commandQueueOwnedIds.add(dataId);
    backend.ensureCommandEncoderReady();
    if (this.#copies.length > 0) backend.endComputePassEncoder();
    for (const [from, to] of this.#copies) backend.commandEncoder?.copyBufferToBuffer(from, 0, to, 0, to.size);
    this.#record(computePassOf(backend));
    memory.recorded(backend);
    for (const data of this.#written) data.values = null;
    submitIfMany(backend);
    return this.#fresh;
  }

  abandon(): void {
    for (const {info} of this.#fresh) this.#backend.disposeData(info.dataId);
  }

  /** The buffer of a tensor; for an output, the buffer to write. */
  #buffer(job: Job, name: string, output: Output | undefined, shared: ReadonlySet<object>): GpuBuffer {
    const isNew = output !== undefined && !output.replaces;
    const shape = output === undefined ? tensorOf(job, name).shape : shapeOf(job, output);
    if (isNew) return this.#newBuffer(job, output, shape);
    const {dataId} = tensorOf(job, name);
    if (withoutMemory.has(dataId)) {
      throw new Error(
        `The GPU had no memory for '${name}' of '${job.variable.name}': no step since then has changed anything. ` +
          'Free memory and make a new optimizer.',
      );
    }
    const data = this.#onGPU({dataId});
    if (output === undefined) return data.resource;
    if (
      data.refCount === 1 &&
      data.external !== true &&
      !shared.has(dataId) &&
      !pendingReads(this.#backend).has(dataId)
    ) {
      this.#written.push(data);
      return data.resource;
    }
    const copy = this.#newBuffer(job, output, shape);
    this.#copies.push([data.resource, copy]);
    return copy;
  }

  #newBuffer(job: Job, output: Output, shape: number[]): GpuBuffer {
    const info = this.#backend.makeTensorInfo(shape, 'float32');
    this.#fresh.push({job, output, info});
    const {device} = this.#backend;
    device.pushErrorScope('out-of-memory');
    try {
      return this.#onGPU(info).resource;
    } finally {
      // A lost device rejects, and its data have no memory either.
      void device
        .popErrorScope()
        .then(
          error => error !== null,
          () => true,
        )
        .then(isWithout => {
          if (isWithout) withoutMemory.add(info.dataId);
        });
    }
  }

  #onGPU({dataId}: Pick<TensorInfo, 'dataId'>): BufferData {
    const backend = this.#backend;
    backend.uploadToGPU(dataId);
    this.#used.push(dataId);
    return backend.tensorMap.get(dataId);
  }

  #uniforms(): Uint32Array {
    const words = new Uint32Array(this.#uniformWords);
    const floats = new Float32Array(words.buffer);
    for (const {
      planned: {slots},
      bound,
    } of this.#buckets) {
      for (const {own, size, sums, parts, term} of bound) {
        words.set([size, sums, parts, term, this.#jobs], own);
        floats.set([NaN, -Infinity, 0, ...slots], own + OWN_WORDS - 3);
      }
    }
    return words;
  }

  #record(pass: GpuComputePass): void {
    for (const [
      {
        planned: {plan},
        bound,
      },
      dispatch,
    ] of inOrder(this.#buckets)) {
      for (const lanes of LANES) {
        const some = bound.filter(({size}) => lanesOf(dispatch, mostLanes(size)) === lanes);
        if (some.length > 0) pass.setPipeline(pipelinesOf(plan, this.#backend.device).of(dispatch, lanes));
        for (const job of some) {
          pass.setBindGroup(0, job.group);
          pass.dispatchWorkgroups(this.#workgroups(plan, dispatch, job, lanes));
          this.#backend.dispatchCountInPass++;
        }
      }
    }
  }

  #workgroups({reductions}: Plan, {kind}: Dispatch, {size, parts}: BoundJob, lanes: Lanes): number {
    if (kind === 'sums') return parts;
    if (kind !== 'tensors') return 1;
    // A thread computes at least as many elements as it adds parts. Otherwise adding would take longer than computing.
    const added = Math.max(reductions.length > 0 ? parts : 1, this.#step.totals > 0 ? this.#jobs : 1);
    return Math.max(1, Math.min(MOST_GROUPS, Math.ceil(size / lanes / WORKGROUP / added)));
  }
}
