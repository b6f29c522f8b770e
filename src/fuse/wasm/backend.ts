import type * as tf from '@tensorflow/tfjs-core';

import {memo} from '../../util/memo';
import {allocate, makeTensor} from '../../wasm/allocation';
import {assertWasmBackend, memoryOf, type WasmBackend} from '../../wasm/backend';
import type {WasmFunction} from '../../wasm/instance';
import {forgetPackedWeights} from '../../wasm/packed_weights';
import type {Output} from '../graph';
import type {Job} from '../job';
import type {Fresh, FusedBackend} from '../kernel';
import type {Plan} from '../plan';
import {shapeOf, sharedGradients, tensorOf} from '../tensors_of_job';
import {functionsOf} from './code';
import {bytesForPieces, isCut, runPieces} from './pieces';
import {plainPlan, type ReusingPlan, reusingPlan} from './reuse';
import {type BucketArguments, largestOf, Table} from './table';

/** A block of our own in the backend's memory, reused from step to step. */
class Scratch {
  readonly #backend: WasmBackend;
  #at = 0;
  #bytes = 0;

  constructor(backend: WasmBackend) {
    this.#backend = backend;
  }

  /** The offset of a block of at least that many bytes. */
  room(bytes: number): number {
    if (bytes > this.#bytes) {
      const at = allocate(this.#backend, 2 * bytes);
      this.#backend.wasm._free(this.#at);
      this.#at = at;
      this.#bytes = 2 * bytes;
    }
    return this.#at;
  }
}

const scratches = new WeakMap<WebAssembly.Memory, Scratch>();
const table = new Table();
const reused = new WeakMap<Plan, ReusingPlan>();
const plain = new WeakMap<Plan, ReusingPlan>();

/** Fuses on tfjs's WASM backend: SIMD functions on its memory, with one call for all parameters of a bucket. */
export const wasmBackend: FusedBackend = {
  hasAxes: true,
  prepare(bucket, backend) {
    functionsOf(planFor(bucket.plan, largestOf(bucket)), memoryOf(assertWasmBackend(backend)));
  },

  run(step, backend) {
    const wasm = assertWasmBackend(backend);
    const fresh: Fresh[] = [];
    table.start(step, planFor);
    const shared = sharedGradients(step.buckets);
    const memory = memoryOf(wasm);
    let at: number;
    try {
      for (const bucket of table.buckets) writeArguments(bucket, wasm, shared, fresh);
      at = memo(scratches, memory, () => new Scratch(wasm)).room(table.bytes + bytesForPieces(table.buckets, memory));
    } catch (error) {
      for (const {info} of fresh) wasm.disposeData(info.dataId);
      throw error;
    }
    // The buffer is read only now, because new tensors may have grown the memory, which replaces its buffer.
    table.copyTo(memory.buffer, at);
    runPhases(table.buckets, memory, at);
    return fresh;
  },
};

/** The most elements of a parameter whose values are stored between passes, so that the memory does not grow much. */
const MOST_STORED = 2 ** 24;

function planFor(plan: Plan, largest: number): ReusingPlan {
  return largest <= MOST_STORED ? reusing(plan) : memo(plain, plan, () => plainPlan(plan));
}

function reusing(plan: Plan): ReusingPlan {
  return memo(reused, plan, () => reusingPlan(plan));
}

/** Runs the phases of all buckets. No bucket starts a phase before all buckets have finished the phase before. */
function runPhases(buckets: readonly BucketArguments[], memory: WebAssembly.Memory, at: number): void {
  for (let j = 0; ; j++) {
    let ran = false;
    for (const bucket of buckets) {
      const phase = functionsOf(bucket.plan, memory)[`phase${j}`];
      // Buckets may have different numbers of phases.
      if (phase === undefined) continue;
      runPhase(bucket, phase, memory, at, j);
      ran = true;
    }
    if (!ran) return;
  }
}

/** Runs phase `j` of all parameters in their order. One call serves all neighbours that are not cut into pieces. */
function runPhase(
  {planned: {jobs}, plan, layout, largest, slots, args}: BucketArguments,
  phase: WasmFunction,
  memory: WebAssembly.Memory,
  at: number,
  j: number,
): void {
  const argsAt = (i: number): number => at + args + i * layout.bytes;
  if (!isCut(plan, largest, memory)) {
    phase(argsAt(0), at + slots, at, jobs.length);
    return;
  }
  let first = 0;
  jobs.forEach(({variable: {size}}, i) => {
    if (!isCut(plan, size, memory)) return;
    if (i > first) phase(argsAt(first), at + slots, at, i - first);
    runPieces({plan, size, args: argsAt(i), slots: at + slots, totals: at, pieces: at + table.bytes}, memory, j);
    first = i + 1;
  });
  if (jobs.length > first) phase(argsAt(first), at + slots, at, jobs.length - first);
}

/** Writes the offsets of a bucket's tensors to the table. Tensors that share no data are written in place. */
function writeArguments(
  {
    planned: {
      plan: {inputs, outputs},
      jobs,
    },
    layout,
    args,
  }: BucketArguments,
  wasm: WasmBackend,
  shared: ReadonlySet<tf.DataId>,
  fresh: Fresh[],
): void {
  // Inputs come first, in the plan's order. The loop over jobs runs for each parameter in each step, so everything is
  // looked up before it.
  const known = [...new Set([...inputs, ...outputs.filter(({replaces}) => replaces)].map(({name}) => name))];
  const placed = outputs.map((output, i) => ({output, at: layout.outputs + 4 * i}));
  const columns = known.map((name, i) => ({
    name,
    input: layout.inputs + 4 * i,
    isRead: i < inputs.length,
    // Undefined for a tensor that the step only reads.
    written: placed.find(({output}) => output.name === name),
  }));
  const starting = placed.filter(({output}) => !output.replaces);
  let jobArgs = args;
  for (const job of jobs) {
    for (const {name, input, isRead, written} of columns) {
      const tensor = tensorOf(job, name);
      const data = wasm.dataIdMap.get(tensor.dataId);
      if (isRead) table.write(jobArgs + input, data.memoryOffset);
      if (written === undefined) continue;
      const {output, at} = written;
      if (data.refCount === 1 && !(shared.size > 0 && shared.has(tensor.dataId))) {
        table.write(jobArgs + at, data.memoryOffset);
        forgetPackedWeights(wasm, data, tensor.size);
      } else table.write(jobArgs + at, makeFresh(job, output, wasm, fresh));
    }
    for (const {output, at} of starting) table.write(jobArgs + at, makeFresh(job, output, wasm, fresh));
    jobArgs += layout.bytes;
  }
}

/** Makes a new tensor for an output. Returns its offset in the memory. */
function makeFresh(job: Job, output: Output, wasm: WasmBackend, fresh: Fresh[]): number {
  const shape = shapeOf(job, output);
  const info = makeTensor(wasm, shape, 'float32');
  fresh.push({job, output, info});
  return wasm.dataIdMap.get(info.dataId).memoryOffset;
}
