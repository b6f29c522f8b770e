// `npm run bench:browser`: the step of optimizers on WebGL and WebGPU in headless Chrome. `npm run bench:browser -- --help` lists the options.
import {mkdirSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {cpus} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {build} from 'esbuild';
import {chromium} from 'playwright-core';

import {chromeEnvironment} from '../../test/support/find_chrome.mjs';

const HELP = `npm run bench:browser [-- options]

Times an optimizer's step alone, on given gradients, until the GPU is through: fused, as ordinary operations, and tf.train.adam (sgd for sgd).
The contestants take turns, round after round. Milliseconds are medians, ± half the distance between the quartiles. Without --gpu
Chrome renders in software: ratios then say little about a real GPU.

  --backends A,B     of webgl, webgpu      (default webgl,webgpu)
  --optimizers A,B   (default adam,lamb,larc,ranger)
  --cases TEXT       only cases whose name contains TEXT
  --rounds N         (default 9)
  --gpu              use the machine's GPU
  --out FILE         where the figures go as JSON (default bench/results/browser.json)
  --help
`;
const SOFTWARE = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--use-webgpu-adapter=swiftshader'];
const FLAGS = ['--no-sandbox', '--disable-dev-shm-usage', '--enable-unsafe-webgpu', '--disable-quic', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

const text = {type: 'string'};
const flag = {type: 'boolean', default: false};
const {values} = parseArgs({options: {backends: text, optimizers: text, cases: text, rounds: text, out: text, gpu: flag, help: flag}});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const {outputFiles: [{text: script}]} = await build({
  entryPoints: [join(root, 'bench/browser/page.ts')], bundle: true, write: false, format: 'iife', platform: 'browser', target: 'es2022', logLevel: 'warning',
});
const server = createServer((request, response) => {
  const isScript = request.url === '/page.js';
  response.writeHead(200, {'content-type': isScript ? 'text/javascript' : 'text/html'}).end(isScript ? script : '<!doctype html><script src="/page.js"></script>');
});
await new Promise(resolve => { server.listen(0, '127.0.0.1', resolve); });

const ms = ({median, low, high}) => `${median.toFixed(2)} ±${((high - low) / 2).toFixed(2)}`;
const shown = ({backend, optimizer, case: name, gradients, times, first, launched, compiled}) => ({
  backend, optimizer, case: name, gradients, 'ours ms': ms(times.ours), 'eager ÷': (times.eager.median / times.ours.median).toFixed(2),
  'tf.train ms': ms(times.stock), 'tf.train ÷': (times.stock.median / times.ours.median).toFixed(2), launched: `${launched.ours} / ${launched.stock}`,
  'first ms': `${first.ours.toFixed(0)} / ${first.stock.toFixed(0)}`, compiled: `${compiled.ours} / ${compiled.stock}`,
});

const {CHROME_BIN, ...env} = chromeEnvironment();
const chrome = await chromium.launch({executablePath: CHROME_BIN, args: [...FLAGS, ...values.gpu ? [] : SOFTWARE], env: {...process.env, ...env}});
try {
  const page = await chrome.newPage();
  await page.exposeFunction('showRow', row => { console.log(Object.entries(shown(row)).map(([key, value]) => `${key} ${value}`).join(' | ')); });
  await page.goto(`http://127.0.0.1:${server.address().port}/`, {timeout: 120_000});
  console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Chrome ${chrome.version()}, ${values.gpu ? 'its GPU' : 'software rendering'}; launched, first, compiled: ours / tf.train`);
  const rows = await page.evaluate(([backends, optimizers, cases, rounds]) => globalThis.measureSteps(backends, optimizers, cases, rounds), [
    (values.backends ?? 'webgl,webgpu').split(','), (values.optimizers ?? 'adam,lamb,larc,ranger').split(','), values.cases ?? '', Number(values.rounds ?? 9)]);
  console.table(rows.map(shown));
  const out = values.out ?? join(root, 'bench/results/browser.json');
  mkdirSync(dirname(out), {recursive: true});
  writeFileSync(out, JSON.stringify({processor: cpus()[0]?.model, chrome: chrome.version(), gpu: values.gpu, date: new Date().toISOString(), rows}, undefined, 1));
  console.log(`All figures: ${out}`);
} finally {
  await chrome.close();
  server.close();
}
