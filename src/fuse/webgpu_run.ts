import type {DataId, TensorInfo} from '@tensorflow/tfjs-core';
import {env} from '@tensorflow/tfjs-core';
import type {Output} from './graph';
import type {Job} from './job';
import type {Fresh, PlannedClass, PlannedStep} from './kernel';
import {sharedGradients, shapeOf, tensorOf} from './tensors_of_job';
import type {BufferData, GpuBindGroup, GpuBuffer, GpuComputePass, GpuPipeline, WebGPUBackend} from './webgpu_device';
import {groupOf} from './webgpu_groups';
import type {Memory} from './webgpu_memory';
import type {Pipelines, PlanPipelines} from './webgpu_programs';
import {pendingReads} from './webgpu_reads';
import {boundNames, OWN_WORDS, WORKGROUP} from './webgpu_shader';

const MOST_GROUPS = 4096;
// Elements that a thread adds up at least, and workgroups that share a parameter at most.
const ELEMENTS_A_THREAD = 16;
const MOST_PARTS = 256;
const FOLD_BYTES = 16;

/** A class of parameters: its numbers in bytes of the uniforms, its sums in words of the scratch. */
interface ClassRun {
  readonly planned: PlannedClass;
  readonly pipelines: PlanPipelines;
  readonly parts: number;
  readonly slotsAt: number;
  readonly rowsAt: number;
  readonly sumsAt: number;
  /** The first of its rows among those of all classes with terms. */
  readonly firstTerm: number;
  readonly buffers: ReadonlyArray<readonly GpuBuffer[]>;
}

/** One step: `prepare` makes everything that can fail, `dispatch` records the work. */
export class Run {
  private readonly fresh: Fresh[] = [];
  private readonly copies: Array<readonly [from: GpuBuffer, to: GpuBuffer]> = [];
  private readonly temporary: TensorInfo[] = [];
  private readonly written: BufferData[] = [];
  private readonly used: DataId[] = [];
  private readonly classes: ClassRun[] = [];
  private readonly alignment: number;
  private readonly terms: number;
  private uniformBytes = 0;
  private scratchWords: number;
  /** Where parts of sums begin in the scratch. */
  private partsAt = 0;
  private foldsAt = 0;

  constructor(private readonly backend: WebGPUBackend, private readonly pipelines: Pipelines, private readonly memory: Memory,
    private readonly step: PlannedStep) {
    this.alignment = backend.device.limits.minUniformBufferOffsetAlignment;
    this.terms = step.classes.reduce((sum, {plan, jobs}) => sum + (plan.graph.terms.length > 0 ? jobs.length : 0), 0);
    this.scratchWords = step.totals * (1 + this.terms);
  }

  prepare(): void {
    const shared = sharedGradients(this.step.classes);
    let firstTerm = 0;
    for (const planned of this.step.classes) {
      this.classes.push(this.classRun(planned, firstTerm, shared));
      if (planned.plan.graph.terms.length > 0) firstTerm += planned.jobs.length;
    }
    this.partsAt = this.scratchWords;
    this.scratchWords += Math.max(0, ...this.classes.map(({planned: {plan, jobs}, parts}) => jobs.length * parts * Math.max(...plan.passes.map(({reductions}) => reductions.length))));
    this.foldsAt = this.room(this.alignment * (1 + this.classes.reduce((sum, {planned}) => sum + planned.plan.passes.length, 0)));
  }

  dispatch(): Fresh[] {
    const {backend, memory} = this;
    memory.start(backend, this.uniformBytes / 4, this.scratchWords);
    for (const run of this.classes) this.writeUniforms(run);
    this.writeFolds();
    memory.send(this.uniformBytes / 4);
    // Nothing that is used is reused before the work is submitted.
    for (const dataId of this.used) backend.commandQueueOwnedIds.add(dataId);
    backend.ensureCommandEncoderReady();
    if (this.copies.length > 0) backend.endComputePassEncoder();
    for (const [from, to] of this.copies) backend.commandEncoder?.copyBufferToBuffer(from, 0, to, 0, to.size);
    const pass = backend.computePassEncoder ?? backend.commandEncoder?.beginComputePass();
    if (pass === undefined) throw new Error('tfjs\'s WebGPU backend gave no command encoder.');
    backend.computePassEncoder = pass;
    this.record(pass);
    memory.recorded(backend);
    for (const data of this.written) data.values = null;
    for (const info of this.temporary) backend.disposeData(info.dataId);
    if (backend.dispatchCountInPass >= env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    return this.fresh;
  }

  abandon(): void {
    for (const {info} of this.fresh) this.backend.disposeData(info.dataId);
    for (const info of this.temporary) this.backend.disposeData(info.dataId);
  }

  private classRun(planned: PlannedClass, firstTerm: number, shared: ReadonlySet<object>): ClassRun {
    const {plan, jobs, slots} = planned;
    const largest = Math.max(...jobs.map(({variable}) => variable.size));
    const sumsAt = this.scratchWords;
    this.scratchWords += jobs.length * plan.reductions.length;
    return {
      planned, firstTerm, sumsAt, pipelines: this.pipelines.of(plan),
      parts: Math.max(1, Math.min(MOST_PARTS, Math.ceil(largest / WORKGROUP / ELEMENTS_A_THREAD))),
      slotsAt: this.room(16 * (Math.ceil(slots.length / 4) + 1)), rowsAt: this.room(jobs.length * this.rowBytes),
      buffers: jobs.map(job => boundNames(plan).map(name => this.buffer(job, name, plan.outputs.find(output => output.name === name), shared))),
    };
  }

  private get rowBytes(): number {
    return aligned(4 * OWN_WORDS, this.alignment);
  }

  private room(bytes: number): number {
    const at = this.uniformBytes;
    this.uniformBytes = aligned(at + bytes, this.alignment);
    return at;
  }

  /** The buffer of a tensor; of one that is written, the one to write. */
  private buffer(job: Job, name: string, output: Output | undefined, shared: ReadonlySet<object>): GpuBuffer {
    const isNew = output !== undefined && !output.replaces;
    const shape = output === undefined ? tensorOf(job, name).shape : shapeOf(job, output);
    if (shape.includes(0)) {
      if (isNew) this.fresh.push({job, output, info: this.backend.makeTensorInfo(shape, 'float32', new Float32Array(0))});
      // There is no buffer without bytes.
      const info = this.backend.makeTensorInfo([1], 'float32');
      this.temporary.push(info);
      return this.onGPU(info).resource;
    }
    if (isNew) return this.newBuffer(job, output, shape);
    const {dataId} = tensorOf(job, name);
    const data = this.onGPU({dataId});
    if (output === undefined) return data.resource;
    if (data.refCount === 1 && data.external !== true && !shared.has(dataId) && !pendingReads(this.backend).has(dataId)) {
      this.written.push(data);
      return data.resource;
    }
    const copy = this.newBuffer(job, output, shape);
    this.copies.push([data.resource, copy]);
    return copy;
  }

  private newBuffer(job: Job, output: Output, shape: number[]): GpuBuffer {
    const info = this.backend.makeTensorInfo(shape, 'float32');
    this.fresh.push({job, output, info});
    return this.onGPU(info).resource;
  }

  private onGPU({dataId}: Pick<TensorInfo, 'dataId'>): BufferData & {readonly resource: GpuBuffer} {
    const {backend} = this;
    // Moves the data here where it is another backend's.
    backend.tensorMap.get(dataId);
    backend.uploadToGPU(dataId);
    this.used.push(dataId);
    const data = backend.tensorMap.get(dataId);
    if (!hasBuffer(data)) throw new Error('tfjs\'s WebGPU backend gave a tensor no buffer.');
    return data;
  }

  private writeUniforms({planned: {plan, jobs, slots}, slotsAt, rowsAt, sumsAt, firstTerm}: ClassRun): void {
    const {memory: {words, floats}, step: {totals}} = this;
    floats.set(slots, slotsAt / 4);
    jobs.forEach(({variable: {size}}, i) => {
      const at = (rowsAt + i * this.rowBytes) / 4;
      words.set([size, i, jobs.length, sumsAt, this.partsAt, plan.graph.terms.length > 0 ? totals : 0, totals + firstTerm + i, this.terms], at);
      floats[at + 8] = NaN;
    });
  }

  /** The first fold is that of the totals; then come those of the passes of each class. */
  private writeFolds(): void {
    const {memory: {words}, step: {totals}} = this;
    let at = this.foldsAt / 4;
    words.set([this.terms, totals, 0], at);
    for (const {planned: {plan, jobs}, parts, sumsAt} of this.classes) {
      let to = sumsAt;
      for (const {reductions} of plan.passes) {
        at += this.alignment / 4;
        words.set([parts, this.partsAt, to], at);
        to += jobs.length * reductions.length;
      }
    }
  }

  private record(pass: GpuComputePass): void {
    const passes = Math.max(0, ...this.classes.map(({pipelines}) => pipelines.passes.length));
    for (let k = 0; k < passes; k++) {
      const addsTerms = this.classes.some(({planned}) => (planned.plan.passes[k]?.after.terms.length ?? 0) > 0);
      let fold = k + 1;
      for (const run of this.classes) {
        const {planned: {plan, jobs}, pipelines, parts} = run;
        const own = plan.passes[k];
        const compiled = pipelines.passes[k];
        if (compiled?.reduce !== undefined && own !== undefined) {
          this.dispatchRows(pass, run, compiled.reduce, () => parts);
          this.fold(pass, fold, jobs.length * own.reductions.length);
        }
        if (compiled?.write !== undefined) this.dispatchRows(pass, run, compiled.write, size => Math.min(MOST_GROUPS, Math.ceil(size / WORKGROUP)));
        // Last, for it writes scalars that others read.
        const after = (own?.after.writes.length ?? 0) > 0 || (addsTerms && plan.graph.terms.length > 0);
        if (compiled?.after !== undefined && after) this.dispatchRows(pass, run, compiled.after, () => 1);
        fold += plan.passes.length;
      }
      if (addsTerms) this.fold(pass, 0, this.step.totals);
    }
  }

  private dispatchRows(pass: GpuComputePass, run: ClassRun, pipeline: GpuPipeline, groupsOf: (size: number) => number): void {
    pass.setPipeline(pipeline);
    run.planned.jobs.forEach(({variable: {size}}, i) => {
      const groups = groupsOf(size);
      if (groups > 0) this.dispatchOne(pass, this.rowGroup(run, i), groups);
    });
  }

  private rowGroup({planned: {slots}, pipelines: {layout}, slotsAt, rowsAt, buffers}: ClassRun, i: number): GpuBindGroup {
    const {backend: {device}, memory: {uniforms, scratch}} = this;
    return groupOf(device, layout, buffers[i] ?? [], scratch, uniforms, slotsAt, 16 * (Math.ceil(slots.length / 4) + 1), rowsAt + i * this.rowBytes);
  }

  private fold(pass: GpuComputePass, index: number, sums: number): void {
    const {backend: {device}, memory: {uniforms, scratch}, pipelines: {fold, foldLayout}} = this;
    pass.setPipeline(fold);
    this.dispatchOne(pass, device.createBindGroup({layout: foldLayout, entries: [
      {binding: 0, resource: {buffer: scratch}}, {binding: 2, resource: {buffer: uniforms, offset: this.foldsAt + index * this.alignment, size: FOLD_BYTES}},
    ]}), sums);
  }

  private dispatchOne(pass: GpuComputePass, group: GpuBindGroup, groups: number): void {
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups);
    this.backend.dispatchCountInPass++;
  }
}

function hasBuffer(data: BufferData): data is BufferData & {readonly resource: GpuBuffer} {
  return data.resource !== undefined && data.resource !== null;
}

function aligned(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}
