import {ARGUMENTS, AT, COMMAND, COMMANDS, HEADER, LONGEST_TEXT} from './mailbox';

const word = (offset: number): string => `words[at + ${offset}]`;
const args = Array.from({length: ARGUMENTS}, (_, i) => word(i + 1)).join();

/**
 * The script of a worker. It is text and not a function's, because bundlers and minifiers change functions: they rename
 * what a function uses of its module, and a coverage tool adds counters.
 */
export const WORKER_TEXT = `'use strict';
onmessage = ({data: {mailbox, memory}}) => {
  let words = new Int32Array(mailbox.buffer);
  let functions = [];
  let bytes = [];
  const perform = at => {
    const what = ${word(0)};
    if (what >= 0) functions[what](${args});
    else if (what === ${COMMANDS.bytes}) bytes.push(...words.subarray(at + 1, at + ${COMMAND}));
    else if (what === ${COMMANDS.module}) {
      const binary = new Uint8Array(Int32Array.from(bytes).buffer, 0, ${word(1)});
      bytes = [];
      const {exports} = new WebAssembly.Instance(new WebAssembly.Module(binary), {env: {memory}, math: Math});
      functions.push(...Object.values(exports));
    } else functions = [];
  };
  const fail = error => {
    const text = String(error).slice(0, ${LONGEST_TEXT}) || 'error';
    for (let i = 0; i < text.length; i++) words[${AT.text} + i] = text.charCodeAt(i);
    words[${AT.failure}] = text.length;
  };
  postMessage('ready');
  for (let done = 0; ; ) {
    const run = Atomics.load(words, ${AT.runs});
    if (run % 2 === 0 && done === Atomics.load(words, ${AT.published})) {
      Atomics.wait(words, ${AT.runs}, run);
      continue;
    }
    if (done === Atomics.load(words, ${AT.published})) continue;
    const at = ${HEADER} + ${COMMAND} * ((done - words[${AT.base}]) | 0);
    if (at + ${COMMAND} > words.length) words = new Int32Array(mailbox.buffer);
    // After an error, the rest of the run is left out.
    if (words[${AT.failure}] === 0) try { perform(at); } catch (error) { fail(error); }
    done = (done + 1) | 0;
    Atomics.store(words, ${AT.done}, done);
  }
};
`;
