// `npm run demo:example`: trains as the page does without a link, in Node on wasm, and writes the run that the page
// shows first to docs/data/demo_example.json. It takes about a minute.
import 'tfjs-optim/wasm-training';
import '@tensorflow/tfjs-backend-wasm';

import {writeFileSync} from 'node:fs';
import {cpus} from 'node:os';

import * as tf from '@tensorflow/tfjs';

import {at, defined} from '../../examples/support/lookup';
import {linkOf} from '../shared/link';
import {Digits} from './digits';
import {digitBytes} from './digits_asset';
import type {Recorded} from './example';
import {fieldsFor, read} from './link';
import {Session} from './session';

const FILE = 'docs/data/demo_example.json';
const BACKEND = 'wasm';
/** Digits of each number in the file. A chart shows fewer. */
const PRECISION = 4;

// The page waits for frames, which Node does not have.
Object.assign(globalThis, {requestAnimationFrame: (act: () => void) => setTimeout(act, 0)});
// As in the page.
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
await tf.setBackend(BACKEND);

const session = Session.start(read(new Map(), [BACKEND]).setup, Digits.of(await digitBytes()));
while (!session.finished) {
  await session.round();
  if (session.step % 25 === 0) console.log(`step ${session.step} of ${session.steps}`);
}
const example: Recorded = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${at(cpus(), 0).model.trim()}, Node ${process.versions.node}`,
  link: linkOf(fieldsFor(session.setup)),
  contestants: session.contestants.map(({entrant: {name}, history, times}) => ({
    name,
    history,
    times: defined(times.typical, `time of ${name}`),
  })),
};
const rounded = (_: string, value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(PRECISION)) : value;
writeFileSync(FILE, `${JSON.stringify(example, rounded)}\n`);
console.log(session.verdict);
console.log(`${FILE} is written.`);
