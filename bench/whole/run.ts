// `npm run bench:whole`: what a whole training step costs, beside other frameworks. `-- --help` lists the options.
//
// The data, and what they pass through:
//
// - A BenchModel (models.ts) is a network of tf.layers. setup.ts makes its Setup: initial weights and batches as plain
//   numbers, from one seed, and a Graph (graph.ts), which is the network as data. All contestants begin from the Setup.
// - A Contestant starts a Training of a Setup: tfjs.ts runs the model itself; jax.ts and torch_training.py run the
//   Graph. A Training makes turns of some steps: milliseconds and a loss.
// - row.ts measures a Row: one network on one backend. It compares the losses of the first ten steps, then lets the
//   contestants take turns. An Entry of the row is one contestant.
// - Node measures wasm and cpu, and webgpu with --webgpu node; PyTorch is a process beside it (torch.ts).
//   chrome_page.ts measures webgl and webgpu in Chrome with the same code.
// - Records (../records.ts) keep the rows in the JSON file.
// - report.ts makes tables of the rows. page.ts writes them into docs/benchmarks.md, with a picture.
import '@tensorflow/tfjs-backend-wasm';

import * as tf from '@tensorflow/tfjs';

import {progressBar} from '../../examples/support/progress';
import {startWebGPU} from '../../src/node_webgpu';
import {launchesOf} from '../browser/gpu';
import {openPage} from '../browser/serve_page.mjs';
import {commandLine, listed} from '../command_line';
import {readResults, Records} from '../records';
import {print} from '../wasm_training/table';
import {Kernels} from '../wasm_training/variants';
import type {Contestant} from './contestant';
import {contestantsOn} from './gpu_kernels';
import {jaxContestant} from './jax';
import {MODELS} from './models';
import {BENCH, cellsOf, keyOf} from './report';
import {type Effort, type Row, rowOf} from './row';
import {tfjsContestants} from './tfjs';
import {Torch, torchContestants} from './torch';

const BACKENDS = ['wasm', 'cpu', 'webgl', 'webgpu'] as const;
type Backend = (typeof BACKENDS)[number];

const HELP = `npm run bench:whole [-- options]

Measures whole training steps: both passes and Adam. All contestants train the same network from the same weights on
the same batches, and their losses must agree within 1e-3 for ten steps. They take turns in each round. Figures are
times relative to ours in the same round: medians, with the first and third quartile.

Contestants: 'ours' is tfjs with this package (adam; on wasm also wasm-training, on webgl and webgpu gpu-training),
'tfjs alone' has tf.train.adam, 'tfjs with our kernels' has tf.train.adam with the training kernels of ours. jax-js
runs on wasm and webgpu. PyTorch runs beside wasm with one thread and with all cores, if TFJS_OPTIM_PYTHON (or
python3) has torch. webgl and webgpu run in Chrome, and count the draws or dispatches of a step. Each row is written
to the file at once; rows in the file are not repeated.

  --models TEXTS       only models whose name contains one of these, with commas between them, of${listed(MODELS, 23)}
  --backends A,B       of ${BACKENDS.join(', ')} (default: all)
  --batch N            examples per batch, instead of each network's own number. The table shows it
  --contestants TEXTS  only contestants whose name contains one of these; ours always takes part
  --seconds N          approximate seconds of measured rounds per row (default 20)
  --webgpu PLACE       chrome, or node for the machine's graphics card through the package webgpu (default chrome)
  --gpu                Chrome uses the machine's GPU. Without it, Chrome renders in software
  --quick              one second per row; without other options: two models on wasm
  --out FILE           the JSON file (default bench/results/whole.json; with --quick whole_quick.json)
  --help               print this help
`;

const {quick, flag, option, names, count, positive, matching} = commandLine(
  HELP,
  ['models', 'backends', 'batch', 'contestants', 'seconds', 'webgpu', 'out'],
  ['gpu'],
);
const gpu = flag('gpu');
const models = matching('models', MODELS, {separator: ',', fallback: quick ? 'MLP,LSTM' : ''}).map(model => ({
  ...model,
  batch: count('batch', model.batch),
}));
const backends = names('backends', BACKENDS, quick ? ['wasm'] : BACKENDS);
const wanted = option('contestants', '').split(',');
const chosen = wanted.includes('') ? [''] : ['ours', ...wanted];
const effort: Effort = {budget: positive('seconds', quick ? 1 : 20) * 1000, leastRounds: quick ? 3 : 5};
const [webgpuPlace] = names('webgpu', ['chrome', 'node'], ['chrome']);
const out = option('out', `bench/results/whole${quick ? '_quick' : ''}.json`);

const torch =
  chosen.some(text => 'PyTorch'.includes(text) || text.includes('PyTorch')) && !(quick && chosen.includes(''))
    ? await Torch.begin()
    : {missing: 'not asked for'};

async function inNode(backend: 'wasm' | 'cpu', measure: (contestants: readonly Contestant[]) => Promise<void>) {
  await tf.setBackend(backend);
  if (backend === 'cpu') return measure(tfjsContestants());
  const kernels = new Kernels();
  await kernels.load();
  return measure([
    ...tfjsContestants(variant => {
      kernels.use(variant);
    }),
    jaxContestant('wasm'),
    ...torchContestants(torch, backend),
  ]);
}

/** On the machine's graphics card. */
async function onCard(asked: typeof models, onRow: (row: Row) => void): Promise<void> {
  const {device, description, software} = await startWebGPU();
  const card = software ? 'rendering in software' : `${device} ${description}`.trim();
  const all = [...contestantsOn('webgpu'), jaxContestant('webgpu'), ...torchContestants(torch, 'webgpu')];
  const contestants = all.filter(({name}) => chosen.some(text => name.includes(text)));
  for (const model of asked)
    onRow(
      await rowOf(
        {backend: 'webgpu', place: `Node ${process.version}, ${card}`},
        model,
        contestants,
        effort,
        launchesOf,
      ),
    );
}

/** Gives each row as soon as it is measured. */
async function measureOn(backend: Backend, asked: typeof models, onRow: (row: Row) => void): Promise<void> {
  if (backend === 'webgpu' && webgpuPlace === 'node') return onCard(asked, onRow);
  if (backend === 'wasm' || backend === 'cpu')
    return inNode(backend, async all => {
      const contestants = all.filter(({name}) => chosen.some(text => name.includes(text)));
      for (const model of asked)
        onRow(await rowOf({backend, place: `Node ${process.version}`}, model, contestants, effort));
    });
  const {page, version, open, close} = await openPage('bench/whole/chrome_page.ts', {gpu});
  try {
    const place = `Chrome ${version}, ${gpu ? "the machine's GPU" : 'rendering in software'}`;
    for (const {name, batch} of asked) {
      // A page of its own for each model, so that nothing is left on the device.
      await open();
      const question = {backend, place, model: name, batch, contestants: chosen, effort};
      onRow(await page.evaluate(about => window.measureWhole(about), question));
    }
  } finally {
    await close();
  }
}

const records = new Records<Row>(out, file => readResults<Row>(file, BENCH), keyOf);
const isDone = (backend: string, {name: model, batch}: (typeof models)[number]): boolean =>
  records.runs.some(row => keyOf(row) === keyOf({backend, model, batch}));
const waiting = backends.map(backend => ({
  backend,
  asked: models.filter(model => !isDone(backend, model)),
}));
const bar = progressBar('{value} of {total} rows | {state}');
bar.start(
  waiting.reduce((sum, {asked}) => sum + asked.length, 0),
  0,
  {state: `${records.runs.length} rows are in ${out} already`},
);
try {
  for (const {backend, asked} of waiting)
    if (asked.length > 0)
      await measureOn(backend, asked, row => {
        records.add(row);
        bar.increment(1, {state: `${row.model} on ${row.backend} is done`});
      });
} finally {
  bar.stop();
  if (torch instanceof Torch) torch.end();
}
for (const backend of backends)
  print(`Whole steps on ${backend}`, records.runs.filter(row => row.backend === backend).flatMap(cellsOf));
console.log(`\nAll figures: ${out}`);
