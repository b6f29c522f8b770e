import {at} from '../util/at';
import {type FunctionSource, sourceOf, type WasmFunction} from '../wasm/instance';
import type {Thread} from '../wasm/threads';
import {ARGUMENTS, AT, COMMAND, COMMANDS, MOST_SHARES, progressOf, SharedWords, STARTS} from './board';

/** The most modules in the library. Afterwards it begins anew, with those in use. */
const MOST_MODULES = 256;

/** Between two looks at the clock, the calling thread looks this often whether the workers are done. */
const LOOKS = 1000;
/** A longer pause between two looks is one of the whole machine or page, and says nothing about the workers. */
const LONGEST_PAUSE = 100;

/** Thrown where the workers make no progress. */
export class NoAnswer extends Error {}

/** The calling thread's side of the board. As a thread, it writes what a worker is to do. */
export class SharesOfRun implements Thread {
  readonly board = new SharedWords();
  readonly library = new SharedWords();
  readonly #workers: number;
  readonly #patience: number;
  /** The number of shares of the runs before. */
  #base = 0;
  /** The number of shares of this run that are written. Those of a run that fails before are never published. */
  #written = 0;
  /** How many of them the calling thread took. */
  #own = 0;
  /** Where the next command is to be written. */
  #at = COMMANDS;
  /** The number of shares that workers had done when this run began. */
  #doneBefore = 0;
  /** The number of the first function of each module in the library. */
  readonly #modules = new Map<FunctionSource['binary'], number>();
  #functions = 0;
  /** The words of the library that are in use. */
  #position = 0;
  #mustForget = false;

  /** @param patience how many milliseconds a worker may take for one command. */
  constructor(workers: number, patience: number) {
    this.#workers = workers;
    this.#patience = patience;
  }

  /** Begins a run. All shares of the run before must be done. */
  begin(): void {
    const words = this.board.upTo(COMMANDS);
    this.#base = Atomics.load(words, AT.end);
    this.#doneBefore = Atomics.load(words, AT.done);
    this.#written = 0;
    this.#own = 0;
    this.#at = COMMANDS;
    words[AT.base] = this.#base;
    words[AT.failure] = 0;
    words[STARTS] = this.#at;
    if (this.#mustForget || this.#modules.size >= MOST_MODULES) this.#forget();
  }

  /** Ends the share whose commands were just written. */
  endShare(): void {
    if (this.#written >= MOST_SHARES) throw new Error(`A run has at most ${MOST_SHARES} shares.`);
    this.#written++;
    this.board.upTo(COMMANDS)[STARTS + this.#written] = this.#at;
  }

  /** Lets workers take the shares that are written, and wakes as many workers. */
  publish(workers: number): void {
    const words = this.board.upTo(COMMANDS);
    Atomics.add(words, AT.end, this.#written);
    Atomics.notify(words, AT.end, workers);
  }

  /** Takes a written share that nobody has taken. @returns its place in this run; undefined where there is none. */
  take(): number | undefined {
    const words = this.board.upTo(COMMANDS);
    for (;;) {
      const next = Atomics.load(words, AT.next);
      if (next === Atomics.load(words, AT.end)) return undefined;
      if (Atomics.compareExchange(words, AT.next, next, (next + 1) | 0) !== next) continue;
      this.#own++;
      return (next - this.#base) | 0;
    }
  }

  /**
   * Waits until the workers have done the shares of this run that they took.
   * @throws what a command threw, and `NoAnswer`.
   */
  join(): void {
    this.#wait((this.#doneBefore + this.#written - this.#own) | 0);
    const words = this.board.upTo(COMMANDS);
    const length = at(words, AT.failure);
    if (length === 0) return;
    // The worker may lack a module.
    this.#mustForget = true;
    const text = String.fromCharCode(...words.subarray(AT.text, AT.text + length));
    throw new Error(`A thread of tfjs-optim could not compute its part: ${text}`);
  }

  on(made: WasmFunction): WasmFunction {
    const number = this.#numberOf(sourceOf(made));
    return (...values) => {
      if (values.length > ARGUMENTS) throw new Error(`Functions of threads have at most ${ARGUMENTS} arguments.`);
      const next = this.#at + COMMAND;
      const words = this.board.upTo(next);
      words[this.#at] = number;
      for (let i = 0; i < values.length; i++) words[this.#at + 1 + i] = at(values, i);
      this.#at = next;
      return undefined;
    };
  }

  #numberOf({binary, index, exports}: FunctionSource): number {
    const there = this.#modules.get(binary);
    if (there !== undefined) return there + index;
    const end = this.#position + 1 + Math.ceil(binary.length / 4);
    const words = this.library.upTo(end);
    words[this.#position] = binary.length;
    new Uint8Array(words.buffer, 4 * (this.#position + 1), binary.length).set(binary);
    this.#position = end;
    Atomics.add(this.board.upTo(COMMANDS), AT.modules, 1);
    const first = this.#functions;
    this.#modules.set(binary, first);
    this.#functions += exports;
    return first + index;
  }

  #forget(): void {
    const words = this.board.upTo(COMMANDS);
    words[AT.generation] = at(words, AT.generation) + 1;
    Atomics.store(words, AT.modules, 0);
    this.#modules.clear();
    this.#functions = 0;
    this.#position = 0;
    this.#mustForget = false;
  }

  /** A page's thread may not sleep, so this looks again and again. */
  #wait(done: number): void {
    const words = this.board.upTo(COMMANDS);
    const progress = (): number => {
      let all = 0;
      for (let i = 0; i < this.#workers; i++) all += Atomics.load(words, progressOf(i));
      return all;
    };
    let [last, silent, seen] = [performance.now(), 0, Number.NaN];
    for (let looks = 1; Atomics.load(words, AT.done) !== done; looks++) {
      if (looks % LOOKS !== 0) continue;
      const [now, made] = [performance.now(), progress()];
      silent = made === seen ? silent + Math.min(now - last, LONGEST_PAUSE) : 0;
      [last, seen] = [now, made];
      if (silent > this.#patience) throw new NoAnswer();
    }
  }
}
