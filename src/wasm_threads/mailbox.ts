/**
 * The shared memory through which one worker gets its commands. The calling thread writes, and the worker reads.
 *
 *   words 0 … HEADER - 1        the counters and the text of an error, see `AT`
 *   COMMAND words per command   what to do, and up to 16 arguments; the first command of a run is at HEADER
 *
 * A worker sleeps while the number of runs begun and ended is even. During a run it works through the commands as they
 * are published.
 */
export const AT = {
  /** Counts begins and ends of runs. */
  runs: 0,
  /** Counts the commands that the calling thread has written. */
  published: 1,
  /** Counts the commands that the worker has done. */
  done: 2,
  /** The number of commands before the first one in the memory. */
  base: 3,
  /** The length of the error's text; 0: there is no error. */
  failure: 4,
  /** The characters of the error's text. */
  text: 5,
} as const;

export const LONGEST_TEXT = 400;
export const HEADER = AT.text + LONGEST_TEXT;
/** The most arguments of a function. It is the number of those of `product`. */
export const ARGUMENTS = 16;
export const COMMAND = 1 + ARGUMENTS;

/** Commands that call no function. Others begin with the function's number. */
export const COMMANDS = {
  /** Adds 64 bytes to the binary of a module. */
  bytes: -1,
  /** Makes the functions of the module whose bytes came before. Its argument is the number of the bytes. */
  module: -2,
  /** Forgets all functions. */
  forget: -3,
} as const;

const PAGE = 65536;
/** 64 MB, for a million commands. */
const MOST_PAGES = 1024;

export function newMailbox(): WebAssembly.Memory {
  return new WebAssembly.Memory({initial: 1, maximum: MOST_PAGES, shared: true});
}

/** How many commands fit in the memory as it is. */
export function capacityOf(words: Int32Array): number {
  return Math.floor((words.length - HEADER) / COMMAND);
}

/** Doubles the memory. @returns whether it could. */
export function grown(mailbox: WebAssembly.Memory): boolean {
  const pages = mailbox.buffer.byteLength / PAGE;
  if (pages >= MOST_PAGES) return false;
  mailbox.grow(Math.min(pages, MOST_PAGES - pages));
  return true;
}
