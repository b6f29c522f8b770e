/**
 * The memories that the calling thread shares with its workers, beside that of tfjs.
 *
 *   board     the counters and texts of `AT`; where each share of the present run begins; the commands of the shares
 *   library   the modules whose functions the commands call: the length of a binary and its bytes, one after another
 *
 * A share is a list of commands. A command is the number of a function and up to 16 arguments. The calling thread
 * writes shares and then counts `end` up; whoever counts `next` up takes the next share.
 */
export const AT = {
  /** Counts the shares of all runs that somebody took. It never passes `end`. */
  next: 0,
  /** Counts the shares of all runs that are written. Workers sleep until it changes. */
  end: 1,
  /** Counts the shares that workers have done. */
  done: 2,
  /** The number of shares before the first one of this run. */
  base: 3,
  /** Counts the modules in the library. */
  modules: 4,
  /** Changes where the library begins anew. */
  generation: 5,
  /** The length of an error's text; 0: there is no error in this run. */
  failure: 6,
  /** The characters of the error's text. */
  text: 7,
} as const;

export const LONGEST_TEXT = 400;
export const MOST_THREADS = 64;
/** A cache line holds so many words. */
const LINE = 16;

/** Each worker counts the commands that it has done, in a line of its own. */
export const PROGRESS = Math.ceil((AT.text + LONGEST_TEXT) / LINE) * LINE;
export const progressOf = (worker: number): number => PROGRESS + LINE * worker;

/** The most shares of a run. */
export const MOST_SHARES = 256;
/** Where the commands of each share begin, and where the last share's end. */
export const STARTS = progressOf(MOST_THREADS);
export const COMMANDS = STARTS + MOST_SHARES + 1;

/** The most arguments of a function. It is the number of those of `product`. */
export const ARGUMENTS = 16;
export const COMMAND = 1 + ARGUMENTS;

const PAGE = 65536;
/** 64 MB: a million commands. */
const MOST_PAGES = 1024;

/** Thrown where the memory can't grow. */
export class BoardFull extends Error {}

/** Memory that can be shared and grows. Its `buffer` may be another one afterwards. */
interface Growing {
  readonly memory: {readonly buffer: ArrayBufferLike};
  /** @throws where it would become too large. */
  readonly grow: (pages: number) => void;
}

/**
 * Memory of one page. V8 reserves ten gigabytes of addresses for a memory of WebAssembly, however small, and a process
 * has a terabyte. So pages that start and stop threads again and again need another one. Firefox before 128 and Safari
 * before 16.4 have no growing buffers.
 */
function growing(): Growing {
  if (!('growable' in SharedArrayBuffer.prototype)) {
    // Unreachable: the browser of the tests has growing buffers.
    const memory = new WebAssembly.Memory({initial: 1, maximum: MOST_PAGES, shared: true});
    return {memory, grow: pages => memory.grow(pages)};
  }
  const buffer = new SharedArrayBuffer(PAGE, {maxByteLength: MOST_PAGES * PAGE});
  return {
    memory: {buffer},
    grow: pages => {
      buffer.grow(buffer.byteLength + pages * PAGE);
    },
  };
}

/** Words in memory that is shared with the workers and grows. */
export class SharedWords {
  readonly #growing = growing();
  readonly memory = this.#growing.memory;
  #words = new Int32Array(this.memory.buffer);

  /** At least `length` words. @throws `BoardFull`. */
  upTo(length: number): Int32Array {
    if (length > this.#words.length) this.#grow(length);
    return this.#words;
  }

  #grow(length: number): void {
    const pages = this.memory.buffer.byteLength / PAGE;
    const missing = Math.ceil((4 * length) / PAGE) - pages;
    try {
      this.#growing.grow(Math.max(missing, Math.min(pages, MOST_PAGES - pages)));
    } catch (cause) {
      throw new BoardFull('The memory for the commands of threads is full.', {cause});
    }
    this.#words = new Int32Array(this.memory.buffer);
  }
}
