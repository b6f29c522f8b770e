import {kept} from '../../util/memo';
import {nodeAt} from '../graph';
import type {PlannedClass, PlannedStep} from '../kernel';
import type {Plan} from '../plan';
import {aligned, layoutOf, type RecordLayout} from './record';

/** Where a class's numbers stand, in bytes from the start of the table. */
export interface ClassPlace {
  readonly planned: PlannedClass;
  readonly layout: RecordLayout;
  readonly slots: number;
  readonly records: number;
}

/** The upper word of it in float64; the lower is 0. */
const MINUS_INFINITY = 0xfff00000;

const layouts = new WeakMap<Plan, RecordLayout>();

/**
 * What the functions of a step are told, as one block: the totals, then for each class slots and records. Reused from
 * step to step.
 */
export class Table {
  #words = new Int32Array(1024);
  #floats = new Float32Array(this.#words.buffer);
  /** The length in bytes. */
  bytes = 0;
  places: readonly ClassPlace[] = [];

  /** Starts the table of a step: all zero but for the slots, the sizes, and -∞ where the largest is to be found. */
  start({classes, totals}: PlannedStep): void {
    let at = 8 * totals;
    this.places = classes.map(planned => {
      const layout = recordLayout(planned.plan);
      const slots = at;
      const records = slots + aligned(4 * planned.slots.length);
      at = records + layout.bytes * planned.jobs.length;
      return {planned, layout, slots, records};
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
      records,
    } of this.places) {
      this.#floats.set(values, slots / 4);
      const maxima = plan.reductions.flatMap((index, i) =>
        nodeAt(plan.graph, index).op === 'max' ? [layout.reductions + 8 * i] : [],
      );
      for (let i = 0; i < jobs.length; i++) {
        const record = (records + i * layout.bytes) / 4;
        const size = jobs[i]?.variable.size ?? 0;
        this.#words[record] = size;
        this.#words[record + 1] = size;
        for (const at of maxima) this.#words[record + at / 4 + 1] = MINUS_INFINITY;
      }
    }
  }

  /** Writes a word, `at` in bytes. */
  write(at: number, word: number): void {
    this.#words[at / 4] = word;
  }

  copyTo(buffer: ArrayBufferLike, at: number): void {
    new Int32Array(buffer, at, this.bytes / 4).set(this.#words.subarray(0, this.bytes / 4));
  }
}

function recordLayout(plan: Plan): RecordLayout {
  return kept(layouts, plan, () => layoutOf(plan));
}
