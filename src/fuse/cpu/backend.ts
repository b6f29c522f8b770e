import {at} from '../../util/at';
import {wasmFunction} from '../../wasm/instance';
import {argsOf, nodeAt, type Output} from '../graph';
import type {Job} from '../job';
import type {Fresh, FusedBackend} from '../kernel';
import type {Pass, Plan} from '../plan';
import {shapeOf, sharedGradients, tensorOf} from '../tensors_of_job';
import {functionsOf} from '../wasm/code';
import {type BucketArguments, Table} from '../wasm/table';
import {type CpuBackend, type CpuData, isCpuBackend, peek, setOwnValues, writable} from './values';

/**
 * The number of elements that are copied in, computed and copied out at a time. Adam's seven tiles of this size fit in
 * a cache of 256 kB. With smaller tiles the calls cost more: a fifth of the time at 2048.
 */
const TILE = 8192;
const PAGE = 65536;

let memory: WebAssembly.Memory | undefined;
const table = new Table();

/** One parameter in a step, with the arrays of its inputs and outputs. */
interface BoundJob {
  readonly job: Job;
  readonly args: number;
  readonly sources: readonly Float32Array[];
  readonly targets: readonly Float32Array[];
}

interface BoundBucket extends BucketArguments {
  readonly bound: readonly BoundJob[];
}

/**
 * Fuses on tfjs's CPU backend. It runs the same functions as on the WASM backend, on tiles that it copies to a small
 * memory of its own and back.
 */
export const cpuBackend: FusedBackend = {
  prepare(plan) {
    functionsOf(plan, ownMemory());
  },

  run(step, backend) {
    if (!isCpuBackend(backend)) throw new Error(`Expected tfjs's CPU backend; got ${backend.constructor.name}.`);
    const shared = sharedGradients(step.buckets);
    table.start(step);
    const buckets = table.buckets.map(bucket => bind(bucket, backend, shared));
    const tiles = new Tiles(buckets);
    const passes = Math.max(...step.buckets.map(({plan}) => plan.passes.length));
    for (let k = 0; k < passes; k++) for (const bucket of buckets) runPass(bucket, k, tiles);
    return buckets.flatMap(
      ({
        planned: {
          plan: {outputs},
        },
        bound,
      }) =>
        bound.flatMap(({job, targets}) => targets.flatMap((array, i) => settle(job, at(outputs, i), array, backend))),
    );
  },
};

function bind(bucket: BucketArguments, backend: CpuBackend, shared: ReadonlySet<object>): BoundBucket {
  const {
    planned: {
      plan: {inputs, outputs},
      jobs,
    },
    layout,
    args,
  } = bucket;
  return {
    ...bucket,
    bound: jobs.map((job, j) => ({
      job,
      args: args + j * layout.bytes,
      sources: inputs.map(({name}) => peek(backend.data.get(tensorOf(job, name).dataId))),
      targets: outputs.map(output => targetOf(job, output, backend, shared)),
    })),
  };
}

/** The data that an output replaces; undefined where other tensors share the data, or where there are no data yet. */
function replaced(job: Job, {name, replaces}: Output, backend: CpuBackend): CpuData | undefined {
  const data = replaces ? backend.data.get(tensorOf(job, name).dataId) : undefined;
  return data?.refCount === 1 ? data : undefined;
}

function targetOf(job: Job, output: Output, backend: CpuBackend, shared: ReadonlySet<object>): Float32Array {
  const data = replaced(job, output, backend);
  const own = data === undefined || shared.has(tensorOf(job, output.name).dataId) ? undefined : writable(data);
  return own ?? new Float32Array(output.extent === 'full' ? job.variable.size : 1);
}

/** Makes an array the values of the output's tensor. Returns the new tensor, where one is needed. */
function settle(job: Job, output: Output, array: Float32Array, backend: CpuBackend): Fresh[] {
  const data = replaced(job, output, backend);
  if (data !== undefined) {
    if (writable(data) !== array) setOwnValues(data, array);
    return [];
  }
  const info = backend.makeTensorInfo(shapeOf(job, output), 'float32', array);
  setOwnValues(backend.data.get(info.dataId), array);
  return [{job, output, info}];
}

function ownMemory(): WebAssembly.Memory {
  memory ??= new WebAssembly.Memory({initial: 1});
  return memory;
}

/** The memory in a step: first the step's table, then one tile per input and output. */
class Tiles {
  readonly #views: readonly Float32Array[];
  readonly #words: Int32Array;

  /** Copies the table to the memory, and grows the memory where it is too small. */
  constructor(buckets: readonly BoundBucket[]) {
    const tile = (i: number): number => table.bytes + i * TILE * 4;
    let most = 0;
    for (const {layout, bound} of buckets) {
      for (const {args, sources, targets} of bound) {
        most = Math.max(most, sources.length + targets.length);
        sources.forEach((_, i) => {
          table.write(args + layout.inputs + 4 * i, tile(i));
        });
        targets.forEach((_, i) => {
          table.write(args + layout.outputs + 4 * i, tile(sources.length + i));
        });
      }
    }
    const memory = ownMemory();
    const missing = tile(most) - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    const {buffer} = memory;
    this.#views = Array.from({length: most}, (_, i) => new Float32Array(buffer, tile(i), TILE));
    this.#words = new Int32Array(buffer);
    table.copyTo(buffer, 0);
  }

  setCount(args: number, count: number): void {
    this.#words[args / 4] = count;
  }

  copyIn(i: number, from: Float32Array, begin: number, end: number): void {
    at(this.#views, i).set(begin === 0 && end === from.length ? from : from.subarray(begin, end));
  }

  copyOut(i: number, to: Float32Array, begin: number, end: number): void {
    const view = at(this.#views, i);
    to.set(end - begin === TILE ? view : view.subarray(0, end - begin), begin);
  }
}

function runPass({planned: {plan}, slots, bound}: BoundBucket, k: number, tiles: Tiles): void {
  const pass = plan.passes[k];
  // Buckets may have different numbers of passes.
  if (pass === undefined) return;
  const functions = functionsOf(plan, ownMemory());
  const loop = wasmFunction(functions, `pass${k}`);
  const after = wasmFunction(functions, `after${k}`);
  const {inputs, outputs} = plan;
  const read = inputsOf(plan, pass);
  const full = read.filter(i => at(inputs, i).extent === 'full');
  const loops = pass.reductions.length > 0 || pass.writes.length > 0;
  for (const {
    job: {
      variable: {size},
    },
    args,
    sources,
    targets,
  } of bound) {
    const copyOut = (written: readonly Output[], begin: number, end: number): void => {
      for (const output of written) {
        const i = outputs.indexOf(output);
        tiles.copyOut(inputs.length + i, at(targets, i), begin, end);
      }
    };
    inputs.forEach(({extent, element}, i) => {
      const from = at(sources, i);
      if (extent === 'scalar') tiles.copyIn(i, from, 0, element === undefined ? 1 : from.length);
    });
    for (let begin = 0; loops && begin < size; begin += TILE) {
      const end = Math.min(size, begin + TILE);
      for (const i of full) tiles.copyIn(i, at(sources, i), begin, end);
      tiles.setCount(args, end - begin);
      loop(args, slots, 0);
      copyOut(pass.writes, begin, end);
    }
    after(args, slots, 0);
    copyOut(pass.after.writes, 0, 1);
  }
}

/** The indices of the inputs that a pass reads in its loop. */
function inputsOf({graph, inputs}: Plan, {body, reductions, writes}: Pass): number[] {
  const used = [
    ...[...body, ...reductions].flatMap(index => argsOf(nodeAt(graph, index))),
    ...writes.map(({node}) => node),
  ];
  return used.map(index => inputs.findIndex(input => input === nodeAt(graph, index))).filter(i => i >= 0);
}
