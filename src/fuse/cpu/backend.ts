import {at} from '../../util/at';
import {memo} from '../../util/memo';
import {wasmFunction} from '../../wasm/instance';
import {argsOf, type Extent, isLine, matrixOf, nodeAt, type Output, shapeWith} from '../graph';
import type {Job} from '../job';
import type {Fresh, FusedBackend} from '../kernel';
import type {Pass, Plan} from '../plan';
import {shapeOf, sharedGradients, tensorOf} from '../tensors_of_job';
import {lengthAt} from '../wasm/argument_layout';
import {functionsOf} from '../wasm/code';
import {plainPlan, type ReusingPlan} from '../wasm/reuse';
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
const tiled = new WeakMap<Plan, ReusingPlan>();

/** An array that becomes the values of an output's tensor after the step. */
interface NewValues {
  readonly job: Job;
  readonly output: Output;
  readonly array: Float32Array;
  /** Undefined where a new tensor is needed: other tensors share the data, or there are no data yet. */
  readonly data: CpuData | undefined;
}

/** One parameter in a step, with the arrays of its inputs and outputs. */
interface BoundJob {
  readonly job: Job;
  readonly args: number;
  readonly sources: readonly Float32Array[];
  readonly targets: readonly Float32Array[];
  /** Those of the inputs and outputs that have one number per row or column. */
  readonly lines: readonly LineArray[];
}

/** An input or output that has one number per row or column. */
interface LineArray {
  /** Where its offset is in the table. */
  readonly at: number;
  readonly array: Float32Array;
  /** Absent for an input. */
  readonly output?: Output;
}

const NO_LINES: readonly LineArray[] = [];

interface BoundBucket extends BucketArguments {
  readonly bound: readonly BoundJob[];
}

/**
 * Fuses on tfjs's CPU backend. It runs the same functions as on the WASM backend, on tiles that it copies to a small
 * memory of its own and back.
 */
export const cpuBackend: FusedBackend = {
  hasAxes: true,
  prepare({plan}) {
    functionsOf(onTiles(plan), ownMemory());
  },

  run(step, backend) {
    if (!isCpuBackend(backend)) throw new Error(`Expected tfjs's CPU backend; got ${backend.constructor.name}.`);
    const shared = sharedGradients(step.buckets);
    table.start(step, onTiles);
    const created: NewValues[] = [];
    const buckets = table.buckets.map(bucket => bind(bucket, backend, shared, created));
    const tiles = new Tiles(buckets);
    const passes = Math.max(...step.buckets.map(({plan}) => plan.passes.length));
    for (let k = 0; k < passes; k++) for (const bucket of buckets) runPass(bucket, k, tiles);
    return created.flatMap(each => settle(each, backend));
  },
};

/** @param created gets the arrays that are made for outputs. */
function bind(
  bucket: BucketArguments,
  backend: CpuBackend,
  shared: ReadonlySet<object>,
  created: NewValues[],
): BoundBucket {
  const {
    planned: {
      plan: {inputs, outputs},
      jobs,
    },
    layout,
    args,
  } = bucket;
  // The loop over jobs runs for each parameter in each step, so each tensor's data are looked up once.
  const names = [...new Set([...inputs, ...outputs.filter(({replaces}) => replaces)].map(({name}) => name))];
  const replaced = outputs.map(({name, replaces}) => (replaces ? names.indexOf(name) : undefined));
  const known = new Array<CpuData>(names.length);
  return {
    ...bucket,
    bound: jobs.map((job, j) => {
      for (let i = 0; i < names.length; i++) known[i] = backend.data.get(tensorOf(job, at(names, i)).dataId);
      // The inputs come first among the names, in their order.
      const sources = inputs.map((_, i) => peek(at(known, i)));
      const targets = outputs.map((output, i) => {
        const index = replaced[i];
        const data = index === undefined ? undefined : at(known, index);
        const isShared = shared.size > 0 && data !== undefined && shared.has(tensorOf(job, output.name).dataId);
        const own = data === undefined || isShared ? undefined : writable(data);
        if (own !== undefined) return own;
        const array = new Float32Array(sizeOf(output.extent, job.variable.shape));
        created.push({job, output, array, data: data?.refCount === 1 ? data : undefined});
        return array;
      });
      const jobArgs = args + j * layout.bytes;
      return {job, args: jobArgs, sources, targets, lines: linesOf(bucket, jobArgs, sources, targets)};
    }),
  };
}

function sizeOf(extent: Extent, shape: readonly number[]): number {
  return shapeWith(extent, shape).reduce((a, b) => a * b, 1);
}

/** Makes an array the values of the output's tensor. Returns the new tensor, where one is needed. */
function settle({job, output, array, data}: NewValues, backend: CpuBackend): Fresh[] {
  if (data !== undefined) {
    setOwnValues(data, array);
    return [];
  }
  const info = backend.makeTensorInfo(shapeOf(job, output), 'float32', array);
  setOwnValues(backend.data.get(info.dataId), array);
  return [{job, output, info}];
}

/** The plan without reuse, because a tile does not hold a whole parameter. */
function onTiles(plan: Plan): ReusingPlan {
  return memo(tiled, plan, () => plainPlan(plan));
}

function ownMemory(): WebAssembly.Memory {
  memory ??= new WebAssembly.Memory({initial: 1});
  return memory;
}

/**
 * The memory in a step: first the step's table, with all inputs and outputs that have one number per row or column.
 * Then one tile per other input and output.
 */
class Tiles {
  readonly #views: readonly Float32Array[];
  readonly #words: Int32Array;
  readonly #floats: Float32Array;

  /** Copies the table to the memory, and grows the memory where it is too small. */
  constructor(buckets: readonly BoundBucket[]) {
    const lines = buckets.flatMap(({bound}) => bound.flatMap(job => job.lines));
    for (const {at, array} of lines) table.addBlock({at: [at], bytes: 4 * array.length, isZeroed: false});
    const tile = (i: number): number => table.bytes + i * TILE * 4;
    let most = 0;
    for (const {
      planned: {
        plan: {inputs, outputs},
      },
      layout,
      bound,
    } of buckets) {
      for (const {args, sources, targets} of bound) {
        most = Math.max(most, sources.length + targets.length);
        inputs.forEach(({extent}, i) => {
          if (!isLine(extent)) table.write(args + layout.inputs + 4 * i, tile(i));
        });
        outputs.forEach(({extent}, i) => {
          if (!isLine(extent)) table.write(args + layout.outputs + 4 * i, tile(sources.length + i));
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
    this.#floats = new Float32Array(buffer);
    for (const {at, array, output} of lines) if (output === undefined) this.#floats.set(array, table.read(at) / 4);
  }

  /** Sets an argument. @param at its offset in bytes. */
  write(at: number, word: number): void {
    this.#words[at / 4] = word;
  }

  /** Copies out an output that has one number per row or column. @param at where its offset is. */
  copyLineOut(at: number, to: Float32Array): void {
    const offset = table.read(at) / 4;
    to.set(this.#floats.subarray(offset, offset + to.length));
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

function linesOf(
  {plan, layout}: BucketArguments,
  args: number,
  sources: readonly Float32Array[],
  targets: readonly Float32Array[],
): readonly LineArray[] {
  if (!plan.hasAxes) return NO_LINES;
  return [
    ...plan.inputs.flatMap(({extent}, i) =>
      isLine(extent) ? [{at: args + layout.inputs + 4 * i, array: at(sources, i)}] : [],
    ),
    ...plan.outputs.flatMap((output, i) =>
      isLine(output.extent) ? [{at: args + layout.outputs + 4 * i, array: at(targets, i), output}] : [],
    ),
  ];
}

/** A part of a parameter that fits in the tiles: whole rows, or a part of one row. */
interface Block {
  readonly begin: number;
  readonly end: number;
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

function* blocksOf(shape: readonly number[]): Generator<Block> {
  const {rows: allRows, cols} = matrixOf(shape);
  const columns = Math.min(cols, TILE);
  const rows = Math.max(1, Math.floor(TILE / Math.max(1, cols)));
  for (let row = 0; row < allRows; row += rows) {
    for (let column = 0; column < cols; column += columns) {
      const block = {row, rows: Math.min(rows, allRows - row), column, columns: Math.min(columns, cols - column)};
      const begin = row * cols + column;
      yield {...block, begin, end: begin + (block.rows - 1) * cols + block.columns};
    }
  }
}

/** Sets the arguments of a call on a block. */
function enter({plan, layout}: BoundBucket, job: BoundJob, pass: Pass, block: Block, tiles: Tiles): void {
  const {args} = job;
  tiles.write(args + lengthAt(layout, 'rows', 'call'), block.rows);
  tiles.write(args + lengthAt(layout, 'cols', 'call'), block.columns);
  const move = (at: number, extent: 'rows' | 'cols', bytes: number): void => {
    tiles.write(at, table.read(at) + bytes * (extent === 'rows' ? block.row : block.column));
  };
  plan.inputs.forEach(({extent}, i) => {
    if (isLine(extent)) move(args + layout.inputs + 4 * i, extent, 4);
  });
  plan.reductions.forEach((index, i) => {
    const {extent} = nodeAt(plan.graph, index);
    // Sums in float64 become values in float32 after their pass.
    if (isLine(extent)) move(args + layout.reductions + 8 * i, extent, pass.reductions.includes(index) ? 8 : 4);
  });
}

function runPass(bucket: BoundBucket, k: number, tiles: Tiles): void {
  const {plan, slots, bound} = bucket;
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
  for (const job of bound) {
    const {
      job: {
        variable: {size, shape},
      },
      args,
      sources,
      targets,
      lines,
    } = job;
    const copyOut = (written: readonly Output[], begin: number, end: number): void => {
      for (const output of written) {
        const i = outputs.indexOf(output);
        tiles.copyOut(inputs.length + i, at(targets, i), begin, end);
      }
    };
    const runOn = (begin: number, end: number): void => {
      for (const i of full) tiles.copyIn(i, at(sources, i), begin, end);
      loop(args, slots, 0);
      copyOut(pass.writes, begin, end);
    };
    inputs.forEach(({extent, element}, i) => {
      const from = at(sources, i);
      if (extent === 'scalar') tiles.copyIn(i, from, 0, element === undefined ? 1 : from.length);
    });
    if (loops && plan.hasAxes) {
      for (const block of blocksOf(shape)) {
        enter(bucket, job, pass, block, tiles);
        runOn(block.begin, block.end);
      }
      enter(bucket, job, pass, {begin: 0, end: 0, row: 0, rows: 0, column: 0, columns: 0}, tiles);
    } else if (loops) {
      for (let begin = 0; begin < size; begin += TILE) {
        const end = Math.min(size, begin + TILE);
        tiles.setCount(args, end - begin);
        runOn(begin, end);
      }
    }
    after(args, slots, 0);
    copyOut(pass.after.writes, 0, 1);
    for (const {at, array, output} of lines)
      if (output !== undefined && pass.after.lines.includes(output)) tiles.copyLineOut(at, array);
  }
}

/** The indices of the inputs that a pass reads in its loop. */
function inputsOf({graph, inputs}: Plan, {rows, body, reductions, writes}: Pass): number[] {
  const used = [
    ...[...rows, ...body, ...reductions].flatMap(index => argsOf(nodeAt(graph, index))),
    ...writes.map(({node}) => node),
  ];
  return used.map(index => inputs.findIndex(input => input === nodeAt(graph, index))).filter(i => i >= 0);
}
