import {ARGUMENTS, AT, COMMAND, LONGEST_TEXT, PROGRESS, progressOf, STARTS} from './board';

const args = Array.from({length: ARGUMENTS}, (_, i) => `words[at + ${i + 1}]`).join();
const stride = progressOf(1) - PROGRESS;

/**
 * The script of a worker. It is text and not a function's, because bundlers and minifiers change functions: they rename
 * what a function uses of its module, and a coverage tool adds counters.
 *
 * `take` gives the number of a share, or undefined. A worker reads shares and the library only after it took a share,
 * because the calling thread changes them only where no share is taken.
 */
export const WORKER_TEXT = `'use strict';
onmessage = ({data: {board, library, memory, worker}}) => {
  let words = new Int32Array(board.buffer);
  let functions = [], generation = 0, modules = 0, position = 0, commands = 0;
  const take = () => {
    for (;;) {
      const next = Atomics.load(words, ${AT.next}), end = Atomics.load(words, ${AT.end});
      if (next === end) Atomics.wait(words, ${AT.end}, end);
      else if (Atomics.compareExchange(words, ${AT.next}, next, next + 1 | 0) === next) return next;
    }
  };
  const catchUp = () => {
    if (generation !== words[${AT.generation}]) {
      functions = [];
      modules = position = 0;
      generation = words[${AT.generation}];
    }
    for (const there = Atomics.load(words, ${AT.modules}); modules < there; modules++) {
      const text = new Int32Array(library.buffer);
      const size = text[position];
      // A module can't be compiled from shared memory.
      const binary = new Uint8Array(library.buffer, 4 * (position + 1), size).slice();
      const code = new Uint8Array(size);
      code.set(binary);
      const {exports} = new WebAssembly.Instance(new WebAssembly.Module(code), {env: {memory}, math: Math});
      functions.push(...Object.values(exports));
      position += 1 + Math.ceil(size / 4);
    }
  };
  const perform = share => {
    catchUp();
    const end = words[${STARTS} + share + 1];
    if (end > words.length) words = new Int32Array(board.buffer);
    for (let at = words[${STARTS} + share]; at < end; at += ${COMMAND}) {
      functions[words[at]](${args});
      Atomics.store(words, ${PROGRESS} + ${stride} * worker, ++commands);
    }
  };
  const fail = error => {
    const text = String(error).slice(0, ${LONGEST_TEXT}) || 'error';
    for (let i = 0; i < text.length; i++) words[${AT.text} + i] = text.charCodeAt(i);
    words[${AT.failure}] = text.length;
  };
  postMessage('ready');
  for (;;) {
    const share = take() - words[${AT.base}] | 0;
    // After an error, the rest of the run is left out.
    if (words[${AT.failure}] === 0) try { perform(share); } catch (error) { fail(error); }
    Atomics.add(words, ${AT.done}, 1);
  }
};
`;
