/**
 * Shares work among the threads of a memory. `wasm_threads/` adds them; without any, the calling thread does all work.
 *
 *   const count = threadsFor(memory, {parts: rows, work: rows * columns});
 *   share(memory, count, rows, ({from, to, thread}) => {
 *     thread.on(wasmFunction(functions, 'scale'))(offset + 4 * from * columns, (to - from) * columns);
 *   });
 *
 * Parts are outputs that do not depend on each other. So every output is computed by the same instructions, in the same
 * order, for any number of threads.
 */
import type {WasmFunction} from './instance';

/** A thread in a share of work. */
export interface Thread {
  /**
   * `made` as this thread runs it. On the calling thread, that is `made`. On others, a call is written to a list, which
   * the thread works through in order; it gives no result, and an error is thrown at the end of `share`.
   */
  readonly on: (made: WasmFunction) => WasmFunction;
}

/** The parts of the work that one thread does: [from, to). */
export interface Share {
  readonly from: number;
  readonly to: number;
  readonly thread: Thread;
  /** Counts the shares from 0. */
  readonly index: number;
}

/** Work that can be divided. */
export interface Work {
  /** The number of parts that do not depend on each other. */
  readonly parts: number;
  /** How long it takes on one thread. The unit is a multiplication and addition of a large matrix product. */
  readonly work: number;
}

/** The threads of a memory. */
export interface Threads {
  /** Their number, with the calling one. */
  readonly count: number;
  /** With less work than this, a thread costs more time than it saves. */
  readonly leastWork: number;
  /** Calls `act` for each of `shares` threads. Returns when all of them have done their share. */
  readonly run: (shares: number, act: (thread: Thread, index: number) => void) => void;
}

/** How much longer it takes to load, compute and store a number than to multiply and add one in a matrix product. */
export const WORK_PER_NUMBER = 4;

export const CALLING: Thread = {on: made => made};

const threads = new WeakMap<WebAssembly.Memory, Threads>();

/** Lets the functions on a memory share their work among these threads, in place of those before. */
export function addThreads(memory: WebAssembly.Memory, added: Threads): void {
  threads.set(memory, added);
}

/** Ends sharing work among these threads. It does nothing where others took their place. */
export function removeThreads(memory: WebAssembly.Memory, removed: Threads): void {
  if (threads.get(memory) === removed) threads.delete(memory);
}

/** Whether the work on this memory is shared. */
export function hasThreads(memory: WebAssembly.Memory): boolean {
  return threads.has(memory);
}

/** How many threads should share this work. It is 1 where the memory has no threads, and where the work is small. */
export function threadsFor(memory: WebAssembly.Memory, {parts, work}: Work): number {
  const there = threads.get(memory);
  if (there === undefined) return 1;
  return Math.max(1, Math.min(there.count, parts, Math.floor(work / there.leastWork)));
}

/**
 * Divides `parts` among `count` threads, as `threadsFor` gives it. Everything that `act` does on the calling thread,
 * such as writing to the memory, is done before other threads run the calls after it.
 */
export function share(memory: WebAssembly.Memory, count: number, parts: number, act: (share: Share) => void): void {
  const there = threads.get(memory);
  if (count === 1 || there === undefined) {
    act({from: 0, to: parts, thread: CALLING, index: 0});
    return;
  }
  const start = (index: number): number => Math.floor((parts * index) / count);
  there.run(count, (thread, index) => {
    act({from: start(index), to: start(index + 1), thread, index});
  });
}
