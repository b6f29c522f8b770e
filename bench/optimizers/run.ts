// `npm run bench:optimizers`: measures steps of every optimizer, ours and tfjs's, in one run. `-- --help` lists the
// options.
import '@tensorflow/tfjs-backend-wasm';

import * as tf from '@tensorflow/tfjs';

import {aboutOptimizer, optimizerLines} from '../../examples/support/about_optimizers';
import {optimizers} from '../../src';
import {commandLine, listed} from '../command_line';
import {Machine} from '../machine';
import {progress, progressEnded} from '../progress';
import {rowLine} from '../row_line';
import type {Measured} from '../wasm_training/measure';
import {Torch} from '../whole/torch';
import {CASES} from './cases';
import {gpuRows} from './gpu_rows';
import {compareWithJax} from './jax';
import {type Row, rowOf} from './row';
import {compareWithTorch, shownTorch} from './torch';

const NAMES: readonly string[] = optimizers.map(({name}) => name);

const HELP = `npm run bench:optimizers [-- options]

Measures an optimizer's step alone, with given gradients: fused, as ordinary operations, the most similar optimizer of
tf.train, and a memory copy of the bytes that the rule must read and write. The contestants take turns in each round.
Milliseconds are medians, ± half the distance between the quartiles. Adam on wasm is also compared with jax-js's jit of
the same Adam, at a million parameters, and AdamW in all cases with PyTorch's fused and foreach on the processor, if
TFJS_OPTIM_PYTHON (or python3) has torch.

The backend webgpu is the machine's graphics card; docs/node_gpu.md says what it needs. There, ten steps run before the
card is waited for, no memory is copied for comparison, and all but sgd are compared with tf.train.adam.

  --backends A,B     of wasm, cpu, webgpu (default wasm,cpu)
  --optimizers A,B   of those below (default: all); with --help, explains each
  --cases TEXT       only cases whose name contains TEXT, or one of TEXT;TEXT, of${listed(CASES, 21)}
  --budget MS        approximate milliseconds per row (default 1500); not for webgpu
  --rounds N         rounds of measurements per row on webgpu (default 15; with --quick, 5)
  --quick            a budget of 300, and only cases of at most a million parameters
  --out FILE         the JSON file for the figures (default bench/results/optimizers.json)
  --help             print this help

The optimizers, and what each is for:
${optimizerLines(NAMES, 2)}
`;

/** The help; with known --optimizers, what each is for, what it costs and when not to use it. */
function helpFor(option: (name: 'optimizers', fallback: string) => string): string {
  const named = option('optimizers', '').split(',');
  const known = NAMES.filter(name => named.includes(name));
  return known.length > 0 ? known.map(aboutOptimizer).join('\n') : HELP;
}

const {quick, option, names, count, positive, matching} = commandLine(helpFor, [
  'backends',
  'optimizers',
  'cases',
  'budget',
  'rounds',
  'out',
]);
const backends = names('backends', ['wasm', 'cpu', 'webgpu'], ['wasm', 'cpu']);
const asked = names('optimizers', NAMES);
const cases = matching('cases', CASES, {separator: ';'}).filter(({parameters}) => !quick || parameters <= 1e6);
const budget = positive('budget', quick ? 300 : 1500);
const rounds = count('rounds', quick ? 5 : 15);
const rows: Row[] = [];

const ms = ({median, low, high}: Measured): string =>
  `${median.toFixed(median < 1 ? 3 : 2)} ±${((high - low) / 2).toFixed(median < 1 ? 3 : 2)}`;
const ratio = (a: Measured, b: Measured): string => (a.median / b.median).toFixed(2);

function shown(row: Row): Record<string, string | number> {
  const {ours, eager, stock, copy} = row.times;
  return {
    backend: row.backend,
    optimizer: row.optimizer,
    case: row.case,
    'ours ms': ms(ours),
    'eager ÷': ratio(eager, ours),
    'tf.train ms': ms(stock),
    'tf.train ÷': ratio(stock, ours),
    '× copy': ratio(ours, copy),
    kernels: `${row.kernels.ours} / ${row.kernels.stock}`,
    'bytes made': `${row.bytesAllocated.ours} / ${row.bytesAllocated.stock}`,
    'first ms': row.firstStep.toFixed(1),
  };
}

const machine = new Machine();
console.log("An optimizer's step. Kernels and bytes: ours / tf.train");
const onHost = backends.filter(name => name !== 'webgpu');
const all = onHost.length * asked.length * cases.length;
for (const backend of onHost) {
  if (!(await tf.setBackend(backend))) throw new Error(`The backend ${backend} did not start.`);
  for (const {name, make} of optimizers.filter(each => asked.includes(each.name))) {
    for (const each of cases) {
      progress(rows.length + 1, all, `${name} on ${backend}, ${each.name}`);
      const row = await rowOf(name, () => make(1e-3), each, budget);
      progressEnded();
      rows.push(row);
      console.log(rowLine(shown(row)));
    }
  }
}
if (rows.length > 0) console.table(rows.map(shown));
const gpu = backends.includes('webgpu') ? await gpuRows(asked, cases, rounds) : undefined;
const jax =
  asked.includes('adam') && backends.includes('wasm') ? await compareWithJax(1_000_000, quick ? 10 : 40) : undefined;
if (jax !== undefined) {
  console.log(
    'Adam with decay and debiasing on wasm, 1 of 1 M, the same numbers to 1e-6: ' +
      `jax-js's jit ${ms(jax.jax)} ms, ours ${ms(jax.ours)} ms: ÷ ${ratio(jax.jax, jax.ours)}; ` +
      `tf.train.adam, without decay, ${ms(jax.stock)} ms: ÷ ${ratio(jax.stock, jax.ours)}`,
  );
}
const torch =
  asked.includes('adam') && backends.includes('wasm')
    ? await Torch.begin()
    : {missing: 'adam on wasm is not measured'};
const beside = torch instanceof Torch ? await compareWithTorch(torch, cases, quick ? 10 : 40) : torch;
if (torch instanceof Torch) torch.end();
if ('missing' in beside) console.log(`Without PyTorch: ${beside.missing}.`);
else console.table(beside.map(shownTorch));
machine.write(option('out', 'bench/results/optimizers.json'), {rows, jax, torch: beside, gpu});
