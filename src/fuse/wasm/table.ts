import {memo} from '../../util/memo';
import {isLine, matrixOf, nodeAt} from '../graph';
import type {PlannedBucket, PlannedStep} from '../kernel';
import type {Plan} from '../plan';
import {aligned, type ArgumentLayout, layoutOf, lengthAt} from './argument_layout';
import type {ReusingPlan} from './reuse';

/** Where a bucket's slots and arguments are, in bytes from the start of the table. */
export interface BucketArguments {
  readonly planned: PlannedBucket;
  /** The plan with what its passes leave in memory. */
  readonly plan: ReusingPlan;
  readonly layout: ArgumentLayout;
  /** The most elements of one of its parameters. */
  readonly largest: number;
  readonly slots: number;
  readonly args: number;
}

/** A block of memory after the arguments: where the table holds its offset, and its length. */
export interface Block {
  readonly at: readonly number[];
  readonly bytes: number;
  /** Whether it must be zero at the start of the step. */
  readonly isZeroed: boolean;
}

/** The upper word of -∞ in float64. The lower word is 0. */
const MINUS_INFINITY = 0xfff00000;

const layouts = new WeakMap<ReusingPlan, ArgumentLayout>();

/**
 * The arguments of a step's functions as one block: first the totals, then per bucket the slots and the jobs'
 * arguments. Reused from step to step.
 */
export class Table {
  #words = new Int32Array(1024);
  #floats = new Float32Array(this.#words.buffer);
  /** The length in bytes of the arguments. */
  #bytes = 0;
  /** The blocks that come after the arguments. */
  #blocks: Block[] = [];
  /** The length in bytes, with the blocks. */
  bytes = 0;
  buckets: readonly BucketArguments[] = [];

  /** Starts the table of a step. It is zero except for the slots, the sizes, and -∞ where a maximum starts. */
  start({buckets, totals}: PlannedStep, planFor: (plan: Plan, largest: number) => ReusingPlan): void {
    let at = 8 * totals;
    this.buckets = buckets.map(planned => {
      const largest = largestOf(planned);
      const plan = planFor(planned.plan, largest);
      const layout = argumentLayout(plan);
      const slots = at;
      const args = slots + aligned(4 * planned.slots.length);
      at = args + layout.bytes * planned.jobs.length;
      return {planned, plan, layout, largest, slots, args};
    });
    this.bytes = at;
    this.#bytes = at;
    this.#blocks = [];
    if (this.#words.length * 4 < at) {
      this.#words = new Int32Array(at / 2);
      this.#floats = new Float32Array(this.#words.buffer);
    }
    this.#words.fill(0, 0, at / 4);
    for (const {
      planned: {slots: values, jobs},
      plan,
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
    for (const bucket of this.buckets) {
      if (bucket.plan.hasAxes) this.#startLines(bucket);
      if (bucket.plan.stored.length > 0) this.#startStored(bucket);
    }
  }

  /** Writes the rows and columns of parameters, and makes room for what is reduced to them. */
  #startLines({planned: {jobs}, plan, layout, args}: BucketArguments): void {
    jobs.forEach(({variable}, j) => {
      const first = args + j * layout.bytes;
      const lengths = matrixOf(variable.shape);
      for (const extent of ['rows', 'cols'] as const)
        for (const of of ['call', 'parameter'] as const)
          this.write(first + lengthAt(layout, extent, of), lengths[extent]);
      plan.reductions.forEach((index, i) => {
        const {extent} = nodeAt(plan.graph, index);
        if (isLine(extent))
          this.addBlock({at: [first + layout.reductions + 8 * i], bytes: 8 * lengths[extent], isZeroed: true});
      });
    });
  }

  /** Makes room for the values that passes store. The parameters of a bucket take turns in it. */
  #startStored({planned: {jobs}, plan: {stored}, layout, largest, args}: BucketArguments): void {
    const bytes = 4 * largest;
    stored.forEach((_, i) => {
      this.addBlock({
        at: jobs.map((__, j) => args + j * layout.bytes + layout.stored + 4 * i),
        bytes,
        isZeroed: false,
      });
    });
  }

  /** Adds a block. Its offset is written to the table when it is copied. */
  addBlock(block: Block): void {
    this.#blocks.push(block);
    this.bytes += aligned(block.bytes);
  }

  /** Writes a word. @param at its offset in bytes. */
  write(at: number, word: number): void {
    this.#words[at / 4] = word;
  }

  /** Copies the table to `at`, where blocks follow. */
  copyTo(buffer: ArrayBufferLike, at: number): void {
    let offset = at + this.#bytes;
    for (const {at: places, bytes, isZeroed} of this.#blocks) {
      for (const place of places) this.write(place, offset);
      if (isZeroed) new Uint8Array(buffer, offset, bytes).fill(0);
      offset += aligned(bytes);
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

/** The most elements of a parameter of the bucket. */
export function largestOf({jobs}: PlannedBucket): number {
  let most = 0;
  for (const {variable} of jobs) most = Math.max(most, variable.size);
  return most;
}

function argumentLayout(plan: ReusingPlan): ArgumentLayout {
  return memo(layouts, plan, () => layoutOf(plan));
}
