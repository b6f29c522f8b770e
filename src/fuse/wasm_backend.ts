import type * as tf from '@tensorflow/tfjs-core';
import {exposed} from '../exposed';
import {assertWasmBackend, forgetPackedWeights, memoryOf, type WasmBackend, type WasmTensorData} from '../wasm/backend';
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

/** What was written in place and may be known to tfjs's kernels as weights. */
interface SeenTensor {
  readonly data: WasmTensorData;
  readonly size: number;
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
    const seen: SeenTensor[] = [];
    table.start(step);
    const shared = sharedGradients(step.classes);
    const memory = memoryOf(wasm);
    let at: number;
    try {
      for (const place of table.places) writeRecords(place, wasm, shared, fresh, seen);
      at = scratchOf(wasm, memory).room(table.bytes);
    } catch (error) {
      for (const {info} of fresh) wasm.disposeData(info.dataId);
      throw error;
    }
    // Not before now: what was made may have grown the memory, which replaces its buffer.
    table.copyTo(memory.buffer, at);
    runPhases(table.places, memory, at);
    for (const {data, size} of seen) forgetPackedWeights(wasm, data, size);
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
  seen: SeenTensor[]): void {
  const {inputs, outputs} = plan;
  const read: WasmTensorData[] = [];
  const readFor = outputs.map(({name}) => inputs.findIndex(input => input.name === name));
  let record = records;
  for (const job of jobs) {
    const inputsAt = record + layout.inputs;
    for (let i = 0; i < inputs.length; i++) {
      const data = wasm.dataIdMap.get(tensorOf(job, inputs[i]?.name ?? '').dataId);
      read[i] = data;
      table.write(inputsAt + 4 * i, data.memoryOffset);
    }
    const outputsAt = record + layout.outputs;
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      if (output === undefined) continue;
      const data = destination(job, output, read[readFor[i] ?? -1], wasm, shared);
      if (data !== undefined) {
        table.write(outputsAt + 4 * i, data.memoryOffset);
        const tensor = tensorOf(job, output.name);
        if (output.name === 'p' || exposed.has(tensor)) seen.push({data, size: tensor.size});
      } else {
        const shape = shapeOf(job, output);
        const info = wasm.makeOutput(shape, 'float32');
        fresh.push({job, output, info});
        const {memoryOffset} = wasm.dataIdMap.get(info.dataId);
        if (memoryOffset === 0) throw new Error(`The WASM backend's memory is full: there is no room for a tensor of shape [${shape}].`);
        table.write(outputsAt + 4 * i, memoryOffset);
      }
    }
    record += layout.bytes;
  }
}

/** The data of the tensor that an output replaces, where nothing else has the same data. */
function destination(job: Job, output: Output, read: WasmTensorData | undefined, wasm: WasmBackend, shared: ReadonlySet<tf.DataId>): WasmTensorData | undefined {
  if (!output.replaces) return undefined;
  const {dataId} = tensorOf(job, output.name);
  const data = read ?? wasm.dataIdMap.get(dataId);
  return data.refCount === 1 && !shared.has(dataId) ? data : undefined;
}
