// `npm run bench:browser`: the step of optimizers on WebGL and WebGPU in headless Chrome. `npm run bench:browser --
// --help` lists the options.
import {mkdirSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {cpus} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {build} from 'esbuild';

import {launchChrome} from '../../test/support/chrome.mjs';

const HELP = `npm run bench:browser [-- options]

Times an optimizer's step alone, on given gradients, until the GPU is through: fused, as ordinary operations, and tf.train.adam (sgd for sgd).
Then whole training steps of two models. The contestants take turns, round after round. Milliseconds are medians, ± half the distance
between the quartiles. For 'first' and 'compiled', each contestant has a backend started anew that has trained a small model: it is the first
step with new shapes. 'launched' draws or dispatches, 'taken' textures or buffers of tfjs's pool, and 'created' new ones are those of a later
step. Without --gpu Chrome renders in software: ratios then say little about a real GPU.

  --backends A,B     of webgl, webgl1 (WebGL on WebGL 1), webgpu      (default webgl,webgpu)
  --optimizers A,B   (default adam,lamb,larc,ranger)
  --cases TEXT       only cases whose name contains TEXT; "none" for none
  --models TEXT      only models whose name contains TEXT; "none" for none
  --rounds N         (default 9)
  --gpu              use the machine's GPU
  --out FILE         where the figures go as JSON (default bench/results/browser.json)
  --help
`;

const text = {type: 'string'};
const flag = {type: 'boolean', default: false};
const {values} = parseArgs({
  options: {
    backends: text,
    optimizers: text,
    cases: text,
    models: text,
    rounds: text,
    out: text,
    gpu: flag,
    help: flag,
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const {
  outputFiles: [{text: script}],
} = await build({
  entryPoints: [join(root, 'bench/browser/page.ts')],
  bundle: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  logLevel: 'warning',
});
const server = createServer((request, response) => {
  const isScript = request.url === '/page.js';
  response
    .writeHead(200, {'content-type': isScript ? 'text/javascript' : 'text/html'})
    .end(isScript ? script : '<!doctype html><script src="/page.js"></script>');
});
await new Promise(resolve => {
  server.listen(0, '127.0.0.1', resolve);
});

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
const shownModel = ({backend, optimizer, model, times}) => ({backend, optimizer, model, ...compared(times)});
const line = row =>
  Object.entries(row)
    .map(([key, value]) => `${key} ${value}`)
    .join(' | ');

const chrome = await launchChrome({gpu: values.gpu});
try {
  const page = await chrome.newPage();
  await page.exposeFunction('showRow', row => {
    console.log(line(shown(row)));
  });
  await page.exposeFunction('showModel', row => {
    console.log(line(shownModel(row)));
  });
  await page.goto(`http://127.0.0.1:${server.address().port}/`, {timeout: 120_000});
  console.log(
    `${cpus()[0]?.model ?? 'unknown processor'}, Chrome ${chrome.version()}, ${values.gpu ? 'its GPU' : 'software rendering'}; ours / tf.train`,
  );
  const found = await page.evaluate(asked => globalThis.measure(asked), {
    backends: (values.backends ?? 'webgl,webgpu').split(','),
    optimizers: (values.optimizers ?? 'adam,lamb,larc,ranger').split(','),
    cases: values.cases ?? '',
    models: values.models ?? '',
    rounds: Number(values.rounds ?? 9),
  });
  console.table(found.rows.map(shown));
  console.table(found.models.map(shownModel));
  const out = values.out ?? join(root, 'bench/results/browser.json');
  mkdirSync(dirname(out), {recursive: true});
  writeFileSync(
    out,
    JSON.stringify(
      {
        processor: cpus()[0]?.model,
        chrome: chrome.version(),
        gpu: values.gpu,
        date: new Date().toISOString(),
        ...found,
      },
      undefined,
      1,
    ),
  );
  console.log(`All figures: ${out}`);
} finally {
  await chrome.close();
  server.close();
}
