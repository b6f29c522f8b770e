/**
 * Runs the passes of a large parameter in pieces of equal size, which threads share.
 *
 *   arguments of the parameter → one copy per piece, with the piece's count and offsets
 *   pass<k> of each piece      → its elements, and its reductions
 *   reductions of the pieces   → added in their order to those of the parameter
 *   after<k> of the parameter
 *
 * The pieces do not depend on the number of threads, so a sum does not either.
 */
import {at} from '../../util/at';
import {wasmFunction} from '../../wasm/instance';
import {divided, type Division, share, WORK_PER_NUMBER} from '../../wasm/threads';
import {nodeAt} from '../graph';
import {layoutOf} from './argument_layout';
import {functionsOf, phasesOf} from './code';
import type {ReusingPlan} from './reuse';
import type {BucketArguments} from './table';

/** Elements. It is a multiple of what a loop takes per round, so only the last piece has a shorter round. */
const PIECE = 2 ** 14;

/** The tensors that a pass reads and writes, typically. */
const NUMBERS = 4;

/** With fewer elements, a parameter is one piece. A second thread would not help it. */
const LEAST_CUT = 2 ** 16;

/** A parameter in a step, with offsets in the memory. */
interface CutArguments {
  readonly plan: ReusingPlan;
  readonly size: number;
  readonly args: number;
  readonly slots: number;
  readonly totals: number;
  /** Where the arguments of the pieces are. */
  readonly pieces: number;
}

/**
 * Whether a parameter is computed in pieces. With reductions it always is, so that a sum is the same without threads.
 * A value per row or column stays in one piece: the sum of a column has the numbers of all rows, in their order.
 * Where the largest parameter of a bucket is not cut, no other one is.
 */
export function isCut({hasAxes, reductions}: ReusingPlan, size: number, memory: WebAssembly.Memory): boolean {
  return size >= LEAST_CUT && !hasAxes && (reductions.length > 0 || divisionOf(size, memory).shares > 1);
}

function divisionOf(size: number, memory: WebAssembly.Memory): Division {
  return divided(memory, {parts: piecesOf(size), work: size * NUMBERS * WORK_PER_NUMBER});
}

/** The bytes for the arguments of pieces. The parameters take turns in them. */
export function bytesForPieces(buckets: readonly BucketArguments[], memory: WebAssembly.Memory): number {
  return buckets.reduce(
    (most, {plan, layout, largest}) =>
      isCut(plan, largest, memory) ? Math.max(most, piecesOf(largest) * layout.bytes) : most,
    0,
  );
}

function piecesOf(size: number): number {
  return Math.ceil(size / PIECE);
}

/** Runs the passes of phase `j` of a parameter. */
export function runPieces(cut: CutArguments, memory: WebAssembly.Memory, j: number): void {
  const {plan, args, slots, totals} = cut;
  const functions = functionsOf(plan, memory);
  for (const k of at(phasesOf(plan), j)) {
    runPass(cut, memory, k);
    wasmFunction(functions, `after${k}`)(args, slots, totals);
  }
}

function runPass(cut: CutArguments, memory: WebAssembly.Memory, k: number): void {
  const {plan, size, slots, totals, pieces} = cut;
  const {reductions, writes, stores} = at(plan.passes, k);
  if (reductions.length + writes.length + stores.length === 0) return;
  const pass = wasmFunction(functionsOf(plan, memory), `pass${k}`);
  const division = divisionOf(size, memory);
  // Without a sum, pieces are only for threads.
  if (reductions.length === 0 && division.shares === 1) {
    pass(cut.args, slots, totals);
    return;
  }
  const {bytes} = layoutOf(plan);
  writePieces(cut, memory);
  share(memory, division, ({from, to, thread}) => {
    const run = thread.on(pass);
    for (let i = from; i < to; i++) run(pieces + i * bytes, slots, totals);
  });
  addReductions(cut, memory, reductions);
}

/** Copies the arguments of the parameter for each piece, with the piece's number of elements and its offsets. */
function writePieces({plan, size, args, pieces}: CutArguments, memory: WebAssembly.Memory): void {
  const {bytes, count, inputs, outputs, stored} = layoutOf(plan);
  const moving = [
    ...placesOf(plan.inputs, inputs),
    ...placesOf(plan.outputs, outputs),
    ...plan.stored.map((_, i) => stored + 4 * i),
  ].map(place => place / 4);
  const words = new Int32Array(memory.buffer);
  const own = words.subarray(args / 4, (args + bytes) / 4);
  for (let i = 0, start = 0; start < size; i++, start += PIECE) {
    const piece = words.subarray((pieces + i * bytes) / 4, (pieces + (i + 1) * bytes) / 4);
    piece.set(own);
    piece[count / 4] = Math.min(PIECE, size - start);
    for (const place of moving) piece[place] = at(own, place) + 4 * start;
  }
}

/** Where the offsets of tensors of the parameter's shape are. */
function placesOf(tensors: readonly {readonly extent: string}[], first: number): number[] {
  return tensors.flatMap(({extent}, i) => (extent === 'full' ? [first + 4 * i] : []));
}

function addReductions(
  {plan, size, args, pieces}: CutArguments,
  memory: WebAssembly.Memory,
  reductions: readonly number[],
): void {
  const {bytes, reductions: cells} = layoutOf(plan);
  const numbers = new Float64Array(memory.buffer);
  for (const index of reductions) {
    const cell = cells + 8 * plan.reductions.indexOf(index);
    const isMax = nodeAt(plan.graph, index).op === 'max';
    let all = at(numbers, (args + cell) / 8);
    for (let i = 0; i < piecesOf(size); i++) {
      const one = at(numbers, (pieces + i * bytes + cell) / 8);
      all = isMax ? Math.max(all, one) : all + one;
    }
    numbers[(args + cell) / 8] = all;
  }
}
