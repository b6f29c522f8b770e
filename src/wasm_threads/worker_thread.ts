import {at} from '../util/at';
import {type FunctionSource, sourceOf, type WasmFunction} from '../wasm/instance';
import type {Thread} from '../wasm/threads';
import {ARGUMENTS, AT, capacityOf, COMMAND, COMMANDS, grown, HEADER} from './mailbox';

/** The most modules that a worker keeps. Afterwards it forgets all, and gets those in use again. */
const MOST_MODULES = 256;

/** Between two looks at the clock, the calling thread looks this often whether the worker is done. */
const LOOKS = 1000;
/** A longer pause between two looks is one of the whole machine or page, and says nothing about the worker. */
const LONGEST_PAUSE = 100;

/** Thrown where a worker makes no progress. */
export class NoAnswer extends Error {}

/** The calling thread's side of a worker. */
export class WorkerThread implements Thread {
  readonly #worker: Worker;
  readonly #mailbox: WebAssembly.Memory;
  readonly #patience: number;
  #words: Int32Array;
  /** The number of commands so far. */
  #published = 0;
  /** The number of commands before those in the memory. */
  #base = 0;
  /** The number of the first function of each module that the worker has. */
  readonly #modules = new Map<FunctionSource['binary'], number>();
  #functions = 0;
  #mustForget = false;

  /**
   * @param worker runs the script of `worker_text.ts` and has this mailbox.
   * @param patience how many milliseconds the worker may take for one command.
   */
  constructor(worker: Worker, mailbox: WebAssembly.Memory, patience: number) {
    this.#worker = worker;
    this.#mailbox = mailbox;
    this.#patience = patience;
    this.#words = new Int32Array(mailbox.buffer);
  }

  /** Begins a run. The worker wakes up and works through the commands that follow. */
  begin(): void {
    this.#words[AT.failure] = 0;
    this.#startOver();
    Atomics.add(this.#words, AT.runs, 1);
    Atomics.notify(this.#words, AT.runs);
    if (this.#mustForget || this.#modules.size >= MOST_MODULES) this.#forget();
  }

  /** No command follows in this run. */
  end(): void {
    Atomics.add(this.#words, AT.runs, 1);
  }

  /**
   * Waits until the worker has done all commands.
   * @throws what a command threw, and `NoAnswer`.
   */
  join(): void {
    this.#wait();
    const length = at(this.#words, AT.failure);
    if (length === 0) return;
    // The worker may lack a module.
    this.#mustForget = true;
    const text = String.fromCharCode(...this.#words.subarray(AT.text, AT.text + length));
    throw new Error(`A thread of tfjs-optim could not compute its part: ${text}`);
  }

  on(made: WasmFunction): WasmFunction {
    const number = this.#numberOf(sourceOf(made));
    return (...values) => {
      if (values.length > ARGUMENTS) throw new Error(`Functions of threads have at most ${ARGUMENTS} arguments.`);
      this.#command(number, values);
      return undefined;
    };
  }

  stop(): void {
    this.#worker.terminate();
  }

  #numberOf({binary, index, exports}: FunctionSource): number {
    const there = this.#modules.get(binary);
    if (there !== undefined) return there + index;
    const bytes = new Uint8Array(Math.ceil(binary.length / (4 * ARGUMENTS)) * 4 * ARGUMENTS);
    bytes.set(binary);
    const words = new Int32Array(bytes.buffer);
    for (let i = 0; i < words.length; i += ARGUMENTS) this.#command(COMMANDS.bytes, words.subarray(i, i + ARGUMENTS));
    this.#command(COMMANDS.module, [binary.length]);
    const first = this.#functions;
    this.#modules.set(binary, first);
    this.#functions += exports;
    return first + index;
  }

  #forget(): void {
    this.#command(COMMANDS.forget, []);
    this.#modules.clear();
    this.#functions = 0;
    this.#mustForget = false;
  }

  #command(what: number, values: ArrayLike<number>): void {
    const words = this.#room();
    const first = HEADER + COMMAND * (this.#published - this.#base) + 1;
    words[first - 1] = what;
    for (let i = 0; i < values.length; i++) words[first + i] = at(values, i);
    this.#published++;
    Atomics.store(words, AT.published, this.#published);
  }

  /** The words, with room for one more command. */
  #room(): Int32Array {
    if (this.#published - this.#base < capacityOf(this.#words)) return this.#words;
    if (grown(this.#mailbox)) this.#words = new Int32Array(this.#mailbox.buffer);
    else {
      this.#wait();
      this.#startOver();
    }
    return this.#words;
  }

  /** Lets the next command be the first in the memory. The worker must be done. */
  #startOver(): void {
    this.#base = this.#published;
    this.#words[AT.base] = this.#base;
  }

  /** A page's thread may not sleep, so this looks again and again. */
  #wait(): void {
    let [last, silent, seen] = [performance.now(), 0, -1];
    for (let looks = 1; ; looks++) {
      const done = Atomics.load(this.#words, AT.done);
      if (done === (this.#published | 0)) return;
      if (looks % LOOKS !== 0) continue;
      const now = performance.now();
      silent = done === seen ? silent + Math.min(now - last, LONGEST_PAUSE) : 0;
      [last, seen] = [now, done];
      if (silent > this.#patience) throw new NoAnswer();
    }
  }
}
