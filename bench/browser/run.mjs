// `npm run bench:browser`: measures steps of optimizers on WebGL and WebGPU in headless Chrome.
// `npm run bench:browser -- --help` lists the options.
import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {optimizers} from '../../src';
import {commandLine} from '../command_line';
import {CASES} from '../optimizers/cases';
import {rowLine} from '../row_line';
import {openPage} from './serve_page.mjs';

const HELP = `npm run bench:browser [-- options]

Measures an optimizer's step alone, with given gradients, until the GPU has finished: fused, as ordinary operations,
and tf.train.adam (tf.train.sgd for sgd). The contestants take turns in each round. Milliseconds are
medians, ± half the distance between the quartiles.

'first' and 'compiled' are for the first step with new shapes. Each contestant makes it on a backend that was started
again and then trained a small model. 'launched' (draws or dispatches), 'taken' (textures or buffers from tfjs's pool)
and 'created' (new textures or buffers) are for a later step. Without --gpu Chrome renders in software; the ratios then
say little about a real GPU.

  --backends A,B     of webgl, webgl1 (WebGL on WebGL 1), webgpu (default webgl,webgpu)
  --optimizers A,B   the optimizers to measure (default adam,lamb,larc,ranger)
  --cases TEXT       only cases whose name contains TEXT
  --rounds N         rounds of measurements (default 9)
  --gpu              use the machine's GPU
  --out FILE         the JSON file for the figures (default bench/results/browser.json)
  --help             print this help
`;

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const {option, names, count, matching, flag} = commandLine(
  HELP,
  ['backends', 'optimizers', 'cases', 'rounds', 'out'],
  ['gpu'],
);
const asked = {
  backends: names('backends', ['webgl', 'webgl1', 'webgpu'], ['webgl', 'webgpu']),
  optimizers: names(
    'optimizers',
    optimizers.map(({name}) => name),
    ['adam', 'lamb', 'larc', 'ranger'],
  ),
  cases: matching('cases', CASES).map(({name}) => name),
  rounds: count('rounds', 9),
};
const gpu = flag('gpu');
const ms = ({median, low, high}) => `${median.toFixed(2)} ±${((high - low) / 2).toFixed(2)}`;
const compared = ({ours, eager, stock}) => ({
  'ours ms': ms(ours),
  'eager ÷': (eager.median / ours.median).toFixed(2),
  'tf.train ms': ms(stock),
  'tf.train ÷': (stock.median / ours.median).toFixed(2),
});
const shown = ({backend, optimizer, case: name, gradients, times, first, compiled, counts: {ours, stock}}) => ({
  backend,
  optimizer,
  case: name,
  gradients,
  ...compared(times),
  'first ms': `${first.ours.toFixed(0)} / ${first.stock.toFixed(0)}`,
  compiled: `${compiled.ours} / ${compiled.stock}`,
  ...Object.fromEntries(['launched', 'taken', 'created'].map(name => [name, `${ours[name]} / ${stock[name]}`])),
});

const {page, version, open, close} = await openPage(join(root, 'bench/browser/page.ts'), {gpu});
try {
  await page.exposeFunction('showRow', row => {
    console.log(rowLine(shown(row)));
  });
  await open();
  // Some systems do not list their processors.
  const processor = cpus()[0]?.model ?? 'unknown processor';
  const renderer = gpu ? 'its GPU' : 'software rendering';
  console.log(`${processor}, Chrome ${version}, ${renderer}; ours / tf.train`);
  const found = await page.evaluate(what => globalThis.measure(what), asked);
  console.table(found.rows.map(shown));
  const out = option('out', join(root, 'bench/results/browser.json'));
  mkdirSync(dirname(out), {recursive: true});
  writeFileSync(
    out,
    JSON.stringify(
      {
        processor: cpus()[0]?.model,
        chrome: version,
        gpu,
        date: new Date().toISOString(),
        ...found,
      },
      undefined,
      1,
    ),
  );
  console.log(`All figures: ${out}`);
} finally {
  await close();
}
