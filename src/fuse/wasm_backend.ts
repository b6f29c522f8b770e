import type * as tf from '@tensorflow/tfjs-core';
import {assertWasmBackend, forgetPackedWeights, memoryOf, offsetOf, type WasmBackend} from '../wasm/backend';
import {functionsOn, type WasmFunctions} from '../wasm/module';
import type {Output} from './graph';
import type {Job} from './job';
import type {Fresh, FusedBackend} from './kernel';
import type {Plan} from './plan';
import {sharedGradients, shapeOf, tensorOf} from './tensors_of_job';
import {wasmText} from './wasm_text';
import {type ClassPlace, Table} from './wasm_table';

/** Room of our own in the backend's memory, kept from step to step. */
class Scratch {
  private at = 0;
  private bytes = 0;

  constructor(private readonly backend: WasmBackend) {}

  /** The offset of at least that many bytes. */
  room(bytes: number): number {
    if (bytes > this.bytes) {
      const at = this.backend.wasm._malloc(2 * bytes) >>> 0;
      if (at === 0) throw new Error(`The WASM backend's memory is full: there is no room for ${2 * bytes} bytes.`);
      this.backend.wasm._free(this.at);
      this.at = at;
      this.bytes = 2 * bytes;
    }
    return this.at;
  }
}

const scratches = new WeakMap<WebAssembly.Memory, Scratch>();
const table = new Table();

/** On tfjs's WASM backend: SIMD functions on its memory, one call for all parameters of a class. */
export const wasmBackend: FusedBackend = {
  prepare(plan, backend) {
    functionsOf(plan, memoryOf(assertWasmBackend(backend)));
  },

  run(step, backend) {
    const wasm = assertWasmBackend(backend);
    const fresh: Fresh[] = [];
    const inPlace: tf.Tensor[] = [];
    table.start(step);
    const shared = sharedGradients(step.classes);
    const memory = memoryOf(wasm);
    let at: number;
    try {
      for (const place of table.places) writeRecords(place, wasm, shared, fresh, inPlace);
      at = scratchOf(wasm, memory).room(table.bytes);
    } catch (error) {
      for (const {info} of fresh) wasm.disposeData(info.dataId);
      throw error;
    }
    // Not before now: what was made may have grown the memory, which replaces its buffer.
    table.copyTo(memory.buffer, at);
    runPhases(table.places, memory, at);
    for (const tensor of inPlace) forgetPackedWeights(wasm, tensor);
    return fresh;
  },
};

function functionsOf(plan: Plan, memory: WebAssembly.Memory): WasmFunctions {
  return functionsOn(memory, plan.key, () => wasmText(plan));
}

function scratchOf(wasm: WasmBackend, memory: WebAssembly.Memory): Scratch {
  let scratch = scratches.get(memory);
  if (scratch === undefined) {
    scratch = new Scratch(wasm);
    scratches.set(memory, scratch);
  }
  return scratch;
}

/** Every class has a phase between any two barriers. */
function runPhases(places: readonly ClassPlace[], memory: WebAssembly.Memory, at: number): void {
  for (let j = 0; ; j++) {
    let ran = false;
    for (const {planned: {plan, jobs}, slots, records} of places) {
      const phase = functionsOf(plan, memory)[`phase${j}`];
      if (phase === undefined) continue;
      phase(at + records, at + slots, at, jobs.length);
      ran = true;
    }
    if (!ran) return;
  }
}

function writeRecords({planned: {plan, jobs}, layout, records}: ClassPlace, wasm: WasmBackend, shared: ReadonlySet<tf.DataId>, fresh: Fresh[],
  inPlace: tf.Tensor[]): void {
  const {inputs, outputs} = plan;
  let record = records;
  for (const job of jobs) {
    let at = record + layout.inputs;
    for (const {name} of inputs) {
      table.write(at, offsetOf(wasm, tensorOf(job, name)));
      at += 4;
    }
    for (const output of outputs) {
      table.write(at, destination(job, output, wasm, shared, fresh, inPlace));
      at += 4;
    }
    record += layout.bytes;
  }
}

/** Where an output goes: over the tensor that it replaces where only that tensor has the data, else into a new one. */
function destination(job: Job, output: Output, wasm: WasmBackend, shared: ReadonlySet<tf.DataId>, fresh: Fresh[], inPlace: tf.Tensor[]): number {
  if (output.replaces) {
    const tensor = tensorOf(job, output.name);
    const {refCount, memoryOffset} = wasm.dataIdMap.get(tensor.dataId);
    if (refCount === 1 && !shared.has(tensor.dataId)) {
      inPlace.push(tensor);
      return memoryOffset;
    }
  }
  const shape = shapeOf(job, output);
  const info = wasm.makeOutput(shape, 'float32');
  fresh.push({job, output, info});
  const offset = offsetOf(wasm, info);
  if (offset === 0 && job.variable.size > 0) throw new Error(`The WASM backend's memory is full: there is no room for a tensor of shape [${shape}].`);
  return offset;
}
