/**
 * Shares work among the threads of a memory. `wasm_threads/` adds them; without any, the calling thread does all work.
 *
 *   const division = divided(memory, {parts: rows, work: rows * columns});
 *   share(memory, division, ({from, to, thread}) => {
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

/** The parts of the work that a thread does at a time: [from, to). */
export interface Share {
  readonly from: number;
  readonly to: number;
  readonly thread: Thread;
  /** Counts the shares from 0. */
  readonly index: number;
}

/** What threads can share. */
export interface Divisible {
  /** The number of parts that do not depend on each other. */
  readonly parts: number;
  /** How long it takes on one thread. The unit is a multiplication and addition of a large matrix product. */
  readonly work: number;
  /**
   * The number of shares per thread, by default 4. A thread that is interrupted leaves its later shares to others. Each
   * share costs what it must prepare for itself.
   */
  readonly perThread?: number;
}

/** How work is divided. */
export interface Division {
  readonly parts: number;
  readonly threads: number;
  /** The number of shares. It is 1 where the calling thread does everything. */
  readonly shares: number;
}

/** The threads of a memory. */
export interface Threads {
  /** Their number, with the calling one. */
  readonly count: number;
  /** With less work than this, a thread costs more time than it saves. */
  readonly leastWork: number;
  /** Calls `act` for each share, some twice: to write it down for others, and to do it. Returns when all are done. */
  readonly run: (division: Division, act: (thread: Thread, index: number) => void) => void;
}

/** How much longer it takes to load, compute and store a number than to multiply and add one in a matrix product. */
export const WORK_PER_NUMBER = 3;

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

/** How this work is to be divided. It is one share where the memory has no threads, and where the work is small. */
export function divided(memory: WebAssembly.Memory, {parts, work, perThread = 4}: Divisible): Division {
  const there = threads.get(memory);
  const most = there === undefined ? 1 : Math.min(there.count, parts, Math.floor(work / there.leastWork));
  return most <= 1
    ? {parts, threads: 1, shares: 1}
    : {parts, threads: most, shares: Math.min(parts, most * perThread)};
}

/**
 * Lets threads do the shares of a division that `divided` gave. What `act` does itself on the calling thread, such as
 * writing to the memory of the share, is done before a thread runs the calls after it. It may be called twice for a
 * share, and must do the same both times.
 */
export function share(memory: WebAssembly.Memory, division: Division, act: (share: Share) => void): void {
  const {parts, shares} = division;
  const there = threads.get(memory);
  if (shares === 1 || there === undefined) {
    act({from: 0, to: parts, thread: CALLING, index: 0});
    return;
  }
  const start = (index: number): number => Math.floor((parts * index) / shares);
  there.run(division, (thread, index) => {
    act({from: start(index), to: start(index + 1), thread, index});
  });
}
