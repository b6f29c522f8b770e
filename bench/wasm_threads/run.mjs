// `npm run bench:wasm-threads`: measures the kernels for WASM with one thread and with several, in headless Chrome.
// `npm run bench:wasm-threads -- --help` lists the options.
import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus, loadavg} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {openPage} from '../browser/serve_page.mjs';

const HELP = `npm run bench:wasm-threads [-- options]

Measures kernels, steps of optimizers and whole training steps on TensorFlow.js's WASM backend in headless Chrome, on a
cross-origin isolated page: with one thread of tfjs-optim, and with several (tfjs-optim/wasm-threads). Both take turns
in each round, in one page. TensorFlow.js's own threads are the same for both. Milliseconds and ratios are medians, with
the first and third quartile; a ratio above 1 means that several threads are faster.

  --threads N     the number of threads (default: that of the processors)
  --cases TEXT    only cases whose name contains TEXT
  --rounds N      rounds of measurements (default 31)
  --least-work N  the least work of a thread, as in src/wasm_threads/start.ts; 1: threads share everything
  --out FILE      the JSON file for the figures (default bench/results/wasm_threads.json)
  --help          print this help
`;

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const text = fallback => ({type: 'string', default: fallback});
const {values} = parseArgs({
  options: {
    threads: text(String(cpus().length)),
    cases: text(''),
    rounds: text('31'),
    'least-work': text(''),
    out: text(join(root, 'bench/results/wasm_threads.json')),
    help: {type: 'boolean', default: false},
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const number = value => value.toPrecision(3);
const shown = ({median, low, high}) => `${number(median)} (${number(low)} to ${number(high)})`;
const line = ({name, one, several, faster}) => `| ${[name, ...[one, several, faster].map(shown)].join(' | ')} |`;

const {page, version, open, close} = await openPage(join(root, 'bench/wasm_threads/page.ts'), {}, {isolated: true});
try {
  await page.exposeFunction('showThreadsRow', row => {
    console.log(line(row));
  });
  await open();
  // Some systems do not list their processors.
  const machine = {processor: cpus()[0]?.model ?? 'unknown processor', cores: cpus().length, chrome: version};
  const load = loadavg()[0];
  console.log(
    `${machine.processor}, ${machine.cores} cores, Chrome ${version}, load average ${load.toFixed(2)}\n\n` +
      `| case | 1 thread, ms | ${values.threads} threads, ms | ratio |\n| --- | --- | --- | --- |`,
  );
  const rows = await page.evaluate(asked => globalThis.measureThreads(asked), {
    threads: Number(values.threads),
    leastWork: values['least-work'] === '' ? undefined : Number(values['least-work']),
    cases: values.cases,
    rounds: Number(values.rounds),
  });
  mkdirSync(dirname(values.out), {recursive: true});
  const noise = {load: {start: load, end: loadavg()[0]}};
  writeFileSync(
    values.out,
    JSON.stringify({...machine, ...noise, date: new Date().toISOString(), rows}, undefined, 1),
  );
  console.log(`\nLoad average at the end ${noise.load.end.toFixed(2)}. All figures: ${values.out}`);
} finally {
  await close();
}
