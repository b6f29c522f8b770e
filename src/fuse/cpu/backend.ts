import type {Output} from '../graph';
import {argsOf, nodeAt} from '../graph';
import type {Job} from '../job';
import type {Fresh, FusedBackend} from '../kernel';
import type {Pass, Plan} from '../plan';
import {shapeOf, sharedGradients, tensorOf} from '../tensors_of_job';
import {functionsOf} from '../wasm/code';
import {type BucketArguments, Table} from '../wasm/table';
import {type CpuBackend, type CpuData, isCpuBackend, peek, setOwnValues, writable} from './values';

/**
 * Elements that are copied in, computed and copied out at a time: few enough for seven tiles, Adam's, to stay in 256
 * kB of cache, many enough for the calls not to show (a fifth of the time at 2048).
 */
const TILE = 8192;
const PAGE = 65536;

let memory: WebAssembly.Memory | undefined;
const table = new Table();

/** One parameter in a step: the arrays that its inputs are in and that its outputs go to. */
interface BoundJob {
  readonly job: Job;
  readonly args: number;
  readonly sources: readonly Float32Array[];
  readonly targets: readonly Float32Array[];
}

/** On tfjs's CPU backend: the functions of the WASM backend, on tiles copied to a small memory of our own and back. */
export const cpuBackend: FusedBackend = {
  prepare(plan) {
    functionsOf(plan, ownMemory());
  },

  run(step, backend) {
    if (!isCpuBackend(backend)) throw new Error(`Expected tfjs's CPU backend, but got ${backend.constructor.name}.`);
    const shared = sharedGradients(step.buckets);
    table.start(step);
    const bound = table.buckets.map(
      ({
        planned: {
          plan: {inputs, outputs},
          jobs,
        },
        layout,
        args,
      }) =>
        jobs.map((job, j): BoundJob => ({
          job,
          args: args + j * layout.bytes,
          sources: inputs.map(({name}) => peek(backend.data.get(tensorOf(job, name).dataId))),
          targets: outputs.map(output => targetOf(job, output, backend, shared)),
        })),
    );
    const tiles = new Tiles(bound);
    const passes = Math.max(...step.buckets.map(({plan}) => plan.passes.length));
    for (let k = 0; k < passes; k++)
      table.buckets.forEach((bucket, c) => {
        runPass(bucket, k, tiles, bound[c] ?? []);
      });
    return table.buckets.flatMap(
      (
        {
          planned: {
            plan: {outputs},
          },
        },
        c,
      ) =>
        (bound[c] ?? []).flatMap(({job, targets}) =>
          targets.flatMap((array, i) => settle(job, outputs[i], array, backend)),
        ),
    );
  },
};

/** The data that an output replaces, where no other tensor has them. */
function replaced(job: Job, {name, replaces}: Output, backend: CpuBackend): CpuData | undefined {
  const data = replaces ? backend.data.get(tensorOf(job, name).dataId) : undefined;
  return data?.refCount === 1 ? data : undefined;
}

function targetOf(job: Job, output: Output, backend: CpuBackend, shared: ReadonlySet<object>): Float32Array {
  const data = replaced(job, output, backend);
  const own = data === undefined || shared.has(tensorOf(job, output.name).dataId) ? undefined : writable(data);
  return own ?? new Float32Array(output.extent === 'full' ? job.variable.size : 1);
}

/** Makes an array the values of the tensor that it is for, or of a new one. */
function settle(job: Job, output: Output | undefined, array: Float32Array, backend: CpuBackend): Fresh[] {
  if (output === undefined) return [];
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

/** The memory in a step: the step's table, then room for a tile of every input and output. */
class Tiles {
  readonly #views: readonly Float32Array[];
  readonly #words: Int32Array;

  /** Puts the table in the memory, which may grow for it. */
  constructor(bound: ReadonlyArray<readonly BoundJob[]>) {
    const tile = (i: number): number => table.bytes + i * TILE * 4;
    let most = 0;
    table.buckets.forEach(({layout}, c) => {
      for (const {args, sources, targets} of bound[c] ?? []) {
        most = Math.max(most, sources.length + targets.length);
        sources.forEach((_, i) => {
          table.write(args + layout.inputs + 4 * i, tile(i));
        });
        targets.forEach((_, i) => {
          table.write(args + layout.outputs + 4 * i, tile(sources.length + i));
        });
      }
    });
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

  copyIn(i: number, from: Float32Array | undefined, begin: number, end: number): void {
    if (from !== undefined) this.#views[i]?.set(begin === 0 && end === from.length ? from : from.subarray(begin, end));
  }

  copyOut(i: number, to: Float32Array | undefined, begin: number, end: number): void {
    const view = this.#views[i];
    if (view !== undefined) to?.set(end - begin === TILE ? view : view.subarray(0, end - begin), begin);
  }
}

function runPass(
  {planned: {plan}, slots}: BucketArguments,
  k: number,
  tiles: Tiles,
  bound: readonly BoundJob[],
): void {
  const pass = plan.passes[k];
  const functions = functionsOf(plan, ownMemory());
  const loop = functions[`pass${k}`];
  const after = functions[`after${k}`];
  if (pass === undefined || loop === undefined || after === undefined) return;
  const {inputs, outputs} = plan;
  const read = inputsOf(plan, pass);
  const full = read.filter(i => inputs[i]?.extent === 'full');
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
        tiles.copyOut(inputs.length + i, targets[i], begin, end);
      }
    };
    inputs.forEach(({extent}, i) => {
      if (extent === 'scalar') tiles.copyIn(i, sources[i], 0, 1);
    });
    for (let begin = 0; loops && begin < size; begin += TILE) {
      const end = Math.min(size, begin + TILE);
      for (const i of full) tiles.copyIn(i, sources[i], begin, end);
      tiles.setCount(args, end - begin);
      loop(args, slots, 0);
      copyOut(pass.writes, begin, end);
    }
    after(args, slots, 0);
    copyOut(pass.after.writes, 0, 1);
  }
}

/** The indices of the inputs that a pass loops over. */
function inputsOf({graph, inputs}: Plan, {body, reductions, writes}: Pass): number[] {
  const used = [
    ...[...body, ...reductions].flatMap(index => argsOf(nodeAt(graph, index))),
    ...writes.map(({node}) => node),
  ];
  return used.map(index => inputs.findIndex(input => input === nodeAt(graph, index))).filter(i => i >= 0);
}
