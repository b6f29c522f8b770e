// `npm run bench:landscape`: how much of a frame the demo's landscape leaves free, in headless Chrome.
// `npm run bench:landscape -- --help` lists the options.
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

import type {CDPSession, Page} from 'playwright-core';
import {build} from 'vite';

import {at, defined} from '../../examples/support/lookup';
import {optimizers as table} from '../../src';
import {launchChrome} from '../../test/support/chrome.mjs';
import {serveFolder} from '../../test/support/static_server';
import {commandLine} from '../command_line';
import {aboutMachine} from '../machine';

const HELP = `npm run bench:landscape [-- options]

Plays the landscape of the demo with optimizers on the CPU backend, one step of each per frame. Reads from Chrome how
long the main thread of the page computed per frame: steps, map, charts, table, style and layout. A 60th of a second
is 16.7 ms. It is the processor's time, so the page's waits for other work on the machine do not count. That work still
empties caches, so the best of the rounds is the least disturbed one.

  --optimizers A,B   the optimizers (default: 12 of different kinds)
  --frames N         frames per round (default 120)
  --rounds N         rounds (default 5)
  --out FILE         the JSON file for the figures (default bench/results/landscape.json)
  --help             print this help
`;
const TWELVE = [
  'sgd',
  'rmsProp',
  'adam',
  'adamW',
  'rAdam',
  'lamb',
  'ranger',
  'lion',
  'adan',
  'adopt',
  'adagrad',
  'scheduleFreeAdamW',
];
const FRAME = 1000 / 60;

const {option, names, count} = commandLine(HELP, ['optimizers', 'frames', 'rounds', 'out']);
const optimizers = names(
  'optimizers',
  table.map(({name}) => name),
  TWELVE,
);
const frames = count('frames', 120);
const rounds = count('rounds', 5);
const out = option('out', 'bench/results/landscape.json');

/** Milliseconds of work per frame, over one round. */
async function round(page: Page, session: CDPSession): Promise<number> {
  const before = await busy(session);
  // As text, because tsx would add helpers to a function, which the page does not have.
  await page.evaluate(
    `new Promise(resolve => {
      let n = 0;
      const next = () => (n++ === ${frames} ? resolve() : requestAnimationFrame(next));
      next();
    })`,
  );
  return (1000 * ((await busy(session)) - before)) / frames;
}

/** The seconds of the processor that the main thread has used. */
async function busy(session: CDPSession): Promise<number> {
  const {metrics} = await session.send('Performance.getMetrics');
  return defined(
    metrics.find(({name}) => name === 'TaskDuration'),
    'metric TaskDuration in this Chrome',
  ).value;
}

const folder = await mkdtemp(join(tmpdir(), 'tfjs-optim-bench-'));
await build({configFile: 'demo/vite.config.js', logLevel: 'error', build: {outDir: folder}});
const server = await serveFolder(folder, '/');
const browser = await launchChrome();
try {
  const page = await browser.newPage({viewport: {width: 1280, height: 800}});
  page.setDefaultTimeout(120_000);
  // Long enough for all rounds, at a speed of one step per frame.
  await page.goto(`${server.url}#view=landscape&f=himmelblau&steps=2000&speed=60&opts=${optimizers.join(',')}`);
  await page
    .locator('#descent-count')
    .filter({hasText: /^step \d{2}/})
    .waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', {timeDomain: 'threadTicks'});
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    times.push(await round(page, session));
    console.log(`round ${i + 1} of ${rounds}: ${at(times, i).toFixed(1)} ms per frame`);
  }
  const sorted = [...times].sort((a, b) => a - b);
  const [best, median] = [at(sorted, 0), at(sorted, Math.floor(rounds / 2))];
  const free = (ms: number) => `${Math.round(100 * (1 - ms / FRAME))} %`;
  console.log(
    `${optimizers.length} optimizers: median ${median.toFixed(1)} ms per frame, ${free(median)} of a 60th ` +
      `of a second free; best round ${best.toFixed(1)} ms, ${free(best)} free`,
  );
  await mkdir(dirname(out), {recursive: true});
  await writeFile(
    out,
    `${JSON.stringify({machine: aboutMachine(), optimizers, frames, times, median, best}, null, 2)}\n`,
  );
} finally {
  await browser.close();
  server.close();
  await rm(folder, {recursive: true});
}
