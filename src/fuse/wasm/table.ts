import {memo} from '../../util/memo';
import {isLine, nodeAt} from '../graph';
import type {PlannedBucket, PlannedStep} from '../kernel';
import type {Plan} from '../plan';
import {aligned, type ArgumentLayout, layoutOf, lengthAt} from './argument_layout';

/** Where a bucket's slots and arguments are, in bytes from the start of the table. */
export interface BucketArguments {
  readonly planned: PlannedBucket;
  readonly layout: ArgumentLayout;
  readonly slots: number;
  readonly args: number;
}

/** Numbers of the rows or columns of a parameter: where their offset is in the table, and how many bytes they take. */
export interface Line {
  readonly at: number;
  readonly bytes: number;
}

/** The upper word of -∞ in float64. The lower word is 0. */
const MINUS_INFINITY = 0xfff00000;

const layouts = new WeakMap<Plan, ArgumentLayout>();

/**
 * The arguments of a step's functions as one block: first the totals, then per bucket the slots and the jobs'
 * arguments. Reused from step to step.
 */
export class Table {
  #words = new Int32Array(1024);
  #floats = new Float32Array(this.#words.buffer);
  /** The length in bytes of the arguments. */
  #bytes = 0;
  /** The numbers of rows and columns, which come after the arguments. */
  #lines: Line[] = [];
  /** The length in bytes, with the numbers of rows and columns. */
  bytes = 0;
  buckets: readonly BucketArguments[] = [];

  /** Starts the table of a step. It is zero except for the slots, the sizes, and -∞ where a maximum starts. */
  start({buckets, totals}: PlannedStep): void {
    let at = 8 * totals;
    this.buckets = buckets.map(planned => {
      const layout = argumentLayout(planned.plan);
      const slots = at;
      const args = slots + aligned(4 * planned.slots.length);
      at = args + layout.bytes * planned.jobs.length;
      return {planned, layout, slots, args};
    });
    this.bytes = at;
    this.#bytes = at;
    this.#lines = [];
    if (this.#words.length * 4 < at) {
      this.#words = new Int32Array(at / 2);
      this.#floats = new Float32Array(this.#words.buffer);
    }
    this.#words.fill(0, 0, at / 4);
    for (const {
      planned: {plan, slots: values, jobs},
      layout,
      slots,
      args,
    } of this.buckets) {
      this.#floats.set(values, slots / 4);
      const maxima = plan.reductions.flatMap((index, i) =>
        nodeAt(plan.graph, index).op === 'max' ? [layout.reductions + 8 * i] : [],
      );
      let word = args / 4;
      for (const {
        variable: {size},
      } of jobs) {
        this.#words[word] = size;
        this.#words[word + 1] = size;
        for (const at of maxima) this.#words[word + at / 4 + 1] = MINUS_INFINITY;
        word += layout.bytes / 4;
      }
    }
    for (const bucket of this.buckets) if (bucket.planned.plan.hasAxes) this.#startLines(bucket);
  }

  /** Writes the rows and columns of parameters, and makes room for what is reduced to them. */
  #startLines({planned: {plan, jobs}, layout, args}: BucketArguments): void {
    jobs.forEach(({variable}, j) => {
      const first = args + j * layout.bytes;
      const lengths = matrixOf(variable.shape);
      for (const extent of ['rows', 'cols'] as const)
        for (const of of ['call', 'parameter'] as const)
          this.write(first + lengthAt(layout, extent, of), lengths[extent]);
      plan.reductions.forEach((index, i) => {
        const {extent} = nodeAt(plan.graph, index);
        if (isLine(extent)) this.addLine({at: first + layout.reductions + 8 * i, bytes: 8 * lengths[extent]});
      });
    });
  }

  /** Makes room for numbers. Their offset is written to the table when it is copied. */
  addLine(line: Line): void {
    this.#lines.push(line);
    this.bytes += aligned(line.bytes);
  }

  /** Writes a word. @param at its offset in bytes. */
  write(at: number, word: number): void {
    this.#words[at / 4] = word;
  }

  /** Copies the table to `at`. The numbers of rows and columns start at 0. */
  copyTo(buffer: ArrayBufferLike, at: number): void {
    let offset = at + this.#bytes;
    new Float64Array(buffer, offset, (this.bytes - this.#bytes) / 8).fill(0);
    for (const line of this.#lines) {
      this.write(line.at, offset);
      offset += aligned(line.bytes);
    }
    new Int32Array(buffer, at, this.#bytes / 4).set(this.#words.subarray(0, this.#bytes / 4));
  }

  /** A word of the table. @param at its offset in bytes. */
  read(at: number): number {
    const word = this.#words[at / 4];
    if (word === undefined) throw new Error(`The table has no word at ${at}.`);
    return word;
  }
}

/** The rows and columns of a parameter that is seen as a matrix, whose columns are the last axis. */
export function matrixOf(shape: readonly number[]): {readonly rows: number; readonly cols: number} {
  // A scalar has one row and one column.
  return {rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), cols: shape.at(-1) ?? 1};
}

function argumentLayout(plan: Plan): ArgumentLayout {
  return memo(layouts, plan, () => layoutOf(plan));
}
