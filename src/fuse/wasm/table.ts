import {memo} from '../../util/memo';
import {nodeAt} from '../graph';
import type {PlannedBucket, PlannedStep} from '../kernel';
import type {Plan} from '../plan';
import {aligned, type ArgumentLayout, layoutOf} from './argument_layout';

/** Where a bucket's slots and arguments are, in bytes from the start of the table. */
export interface BucketArguments {
  readonly planned: PlannedBucket;
  readonly layout: ArgumentLayout;
  readonly slots: number;
  readonly args: number;
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
  /** The length in bytes. */
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
  }

  /** Writes a word. @param at its offset in bytes. */
  write(at: number, word: number): void {
    this.#words[at / 4] = word;
  }

  copyTo(buffer: ArrayBufferLike, at: number): void {
    new Int32Array(buffer, at, this.bytes / 4).set(this.#words.subarray(0, this.bytes / 4));
  }
}

function argumentLayout(plan: Plan): ArgumentLayout {
  return memo(layouts, plan, () => layoutOf(plan));
}
