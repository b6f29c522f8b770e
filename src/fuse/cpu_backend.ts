import {functionsOn, type WasmFunctions} from '../wasm/module';
import type {Output} from './graph';
import type {Job} from './job';
import type {Fresh, FusedBackend} from './kernel';
import {argsOf, nodeAt} from './graph';
import type {Pass, Plan} from './plan';
import {sharedGradients, shapeOf, tensorOf} from './tensors_of_job';
import {type CpuBackend, type CpuData, isCpuBackend, peek, setOwnValues, writable} from './cpu_values';
import {wasmText} from './wasm_text';
import {type ClassPlace, Table} from './wasm_table';

/**
 * Elements that are copied in, computed and copied out at a time: few enough for seven tiles, Adam's, to stay in 256 kB of cache, many enough for
 * the calls not to show (a fifth of the time at 2048).
 */
const TILE = 8192;
const PAGE = 65536;

let memory: WebAssembly.Memory | undefined;
const table = new Table();

/** Where an output goes. */
interface Target {
  readonly output: Output;
  readonly array: Float32Array;
  /** The data that get the array when all is computed; absent where a new tensor does. */
  readonly data: CpuData | undefined;
}

/** On tfjs's CPU backend: the functions of the WASM backend, on tiles copied to a small memory of our own and back. */
export const cpuBackend: FusedBackend = {
  prepare(plan) {
    functionsOf(plan);
  },

  run(step, backend) {
    if (!isCpuBackend(backend)) throw new Error(`Expected tfjs's CPU backend, but got ${backend.constructor.name}.`);
    const shared = sharedGradients(step.classes);
    const targets = new Map<Job, readonly Target[]>();
    for (const {plan, jobs} of step.classes) {
      for (const job of jobs) targets.set(job, plan.outputs.map(output => targetOf(job, output, backend, shared)));
    }
    table.start(step);
    const tiles = new Tiles(ownMemory(), table.bytes);
    for (const place of table.places) tiles.writeOffsets(place);
    tiles.begin();
    const passes = Math.max(...step.classes.map(({plan}) => plan.passes.length));
    for (let k = 0; k < passes; k++) {
      for (const place of table.places) runPass(place, k, tiles, backend, targets);
    }
    const fresh: Fresh[] = [];
    for (const [job, outputs] of targets) {
      for (const {output, array, data} of outputs) {
        if (data === undefined) fresh.push({job, output, info: newTensor(backend, shapeOf(job, output), array)});
        else if (writable(data) !== array) setOwnValues(data, array);
      }
    }
    return fresh;
  },
};

function targetOf(job: Job, output: Output, backend: CpuBackend, shared: ReadonlySet<object>): Target {
  const size = output.extent === 'full' ? job.variable.size : 1;
  if (!output.replaces) return {output, array: new Float32Array(size), data: undefined};
  const {dataId} = tensorOf(job, output.name);
  const data = backend.data.get(dataId);
  if (data.refCount !== 1) return {output, array: new Float32Array(size), data: undefined};
  return {output, array: (shared.has(dataId) ? undefined : writable(data)) ?? new Float32Array(size), data};
}

function newTensor(backend: CpuBackend, shape: number[], array: Float32Array): Fresh['info'] {
  const info = backend.makeTensorInfo(shape, 'float32', array);
  setOwnValues(backend.data.get(info.dataId), array);
  return info;
}

function functionsOf(plan: Plan): WasmFunctions {
  return functionsOn(ownMemory(), plan.key, () => wasmText(plan));
}

function ownMemory(): WebAssembly.Memory {
  memory ??= new WebAssembly.Memory({initial: 1});
  return memory;
}

/** The memory: the step's table, then room for a tile of every input and output. */
class Tiles {
  private most = 0;
  private views: readonly Float32Array[] = [];
  private words = new Int32Array();

  constructor(private readonly memory: WebAssembly.Memory, private readonly start: number) {}

  /** Where the i-th tensor's tile is, in bytes. */
  at(i: number): number {
    return this.start + i * TILE * 4;
  }

  writeOffsets({planned: {plan: {inputs, outputs}, jobs}, layout, records}: ClassPlace): void {
    this.most = Math.max(this.most, inputs.length + outputs.length);
    for (let j = 0; j < jobs.length; j++) {
      const record = records + j * layout.bytes;
      inputs.forEach((_, i) => { table.write(record + layout.inputs + 4 * i, this.at(i)); });
      outputs.forEach((_, i) => { table.write(record + layout.outputs + 4 * i, this.at(inputs.length + i)); });
    }
  }

  /** Puts the table in the memory, which may grow for it. */
  begin(): void {
    const missing = this.at(this.most) - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.views = Array.from({length: this.most}, (_, i) => new Float32Array(this.memory.buffer, this.at(i), TILE));
    this.words = new Int32Array(this.memory.buffer);
    table.copyTo(this.memory.buffer, 0);
  }

  setCount(at: number, count: number): void {
    this.words[at / 4] = count;
  }

  copyIn(i: number, from: Float32Array, begin: number, end: number): void {
    this.views[i]?.set(begin === 0 && end === from.length ? from : from.subarray(begin, end));
  }

  copyOut(i: number, to: Float32Array, begin: number, end: number): void {
    const view = this.views[i];
    if (view !== undefined) to.set(end - begin === TILE ? view : view.subarray(0, end - begin), begin);
  }
}

function runPass({planned: {plan, jobs}, layout, slots, records}: ClassPlace, k: number, tiles: Tiles, backend: CpuBackend,
  targets: ReadonlyMap<Job, readonly Target[]>): void {
  const pass = plan.passes[k];
  const functions = functionsOf(plan);
  const loop = functions[`pass${k}`];
  const after = functions[`after${k}`];
  if (pass === undefined || loop === undefined || after === undefined) return;
  const {inputs, outputs} = plan;
  const read = new Set(inputsOf(plan, pass));
  jobs.forEach((job, j) => {
    const record = records + j * layout.bytes;
    const arrays = inputs.map(({name}) => peek(backend.data.get(tensorOf(job, name).dataId)));
    const full = inputs.flatMap(({extent}, i) => extent === 'full' && read.has(i) ? [i] : []);
    inputs.forEach(({extent}, i) => { if (extent === 'scalar') tiles.copyIn(i, arrays[i] ?? new Float32Array(1), 0, 1); });
    const size = job.variable.size;
    const copyOut = (written: readonly Output[], begin: number, end: number): void => {
      for (const output of written) {
        const i = outputs.indexOf(output);
        const target = targets.get(job)?.[i];
        if (target !== undefined) tiles.copyOut(inputs.length + i, target.array, begin, end);
      }
    };
    if (pass.reductions.length > 0 || pass.writes.length > 0) {
      for (let begin = 0; begin < size; begin += TILE) {
        const end = Math.min(size, begin + TILE);
        for (const i of full) tiles.copyIn(i, arrays[i] ?? new Float32Array(), begin, end);
        tiles.setCount(record, end - begin);
        loop(record, slots, 0);
        copyOut(pass.writes, begin, end);
      }
    }
    after(record, slots, 0);
    copyOut(pass.after.writes, 0, 1);
  });
}

/** The indices of the inputs that a pass loops over. */
function inputsOf({graph, inputs}: Plan, {body, reductions, writes}: Pass): number[] {
  const used = [...[...body, ...reductions].flatMap(index => argsOf(nodeAt(graph, index))), ...writes.map(({node}) => node)];
  return used.map(index => inputs.findIndex(input => input === nodeAt(graph, index))).filter(i => i >= 0);
}
