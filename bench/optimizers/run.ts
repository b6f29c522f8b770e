// `npm run bench`: the step of every optimizer, ours beside tfjs's own, in one run. `npm run bench -- --help` lists the options.
import {mkdirSync, writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {parseArgs} from 'node:util';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import {optimizers} from '../../src';
import type {Measured} from '../wasm_training/measure';
import {CASES} from './cases';
import {jaxAdam} from './jax';
import {type Row, rowOf} from './row';

const HELP = `npm run bench [-- options]

Times an optimizer's step alone, on given gradients: fused, as ordinary operations, the nearest of tf.train, and a memory copy of the bytes
that the rule must read and write. The contestants take turns, round after round. Milliseconds are medians, ± half the distance between the quartiles.

  --backends A,B     of wasm, cpu           (default wasm,cpu)
  --optimizers A,B   of ${optimizers.map(({name}) => name).join(', ')}
  --cases TEXT       only cases whose name contains TEXT: ${CASES.map(({name}) => name).join('; ')}
  --budget MS        to spend on each row, about (default 1500)
  --out FILE         where the figures go as JSON (default bench/results/optimizers.json)
  --help
`;

const text = {type: 'string'} as const;
const {values} = parseArgs({options: {backends: text, optimizers: text, cases: text, budget: text, out: text, help: {type: 'boolean'}}});
if (values.help === true) {
  console.log(HELP);
  process.exit(0);
}
const backends = (values.backends ?? 'wasm,cpu').split(',');
const wanted = values.optimizers?.split(',');
const rows: Row[] = [];

const ms = ({median, low, high}: Measured): string => `${median.toFixed(median < 1 ? 3 : 2)} ±${((high - low) / 2).toFixed(median < 1 ? 3 : 2)}`;
const ratio = (a: Measured, b: Measured): string => (a.median / b.median).toFixed(2);

function shown(row: Row): Record<string, string | number> {
  const {ours, eager, stock, copy} = row.times;
  return {
    backend: row.backend, optimizer: row.optimizer, case: row.case, 'ours ms': ms(ours), 'eager ÷': ratio(eager, ours), 'tf.train ms': ms(stock), 'tf.train ÷': ratio(stock, ours),
    '× copy': ratio(ours, copy), kernels: `${row.kernels.ours} / ${row.kernels.stock}`, 'bytes made': `${row.bytesAllocated.ours} / ${row.bytesAllocated.stock}`,
    'first ms': row.firstStep.toFixed(1),
  };
}

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, tfjs ${tf.version.tfjs}; kernels and bytes: ours / tf.train`);
for (const backend of backends) {
  if (!await tf.setBackend(backend)) throw new Error(`The backend ${backend} did not start.`);
  for (const {name, make} of optimizers) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    for (const each of CASES) {
      if (!each.name.includes(values.cases ?? '')) continue;
      const row = await rowOf(name, () => make(1e-3), each, Number(values.budget ?? 1500));
      rows.push(row);
      console.log(Object.entries(shown(row)).map(([key, value]) => `${key} ${value}`).join(' | '));
    }
  }
}
console.table(rows.map(shown));
const jax = await jaxAdam(1_000_000, 30);
const adam = rows.find(row => row.backend === 'wasm' && row.optimizer === 'adam' && row.case === '1 of 1 M');
console.log(`jax-js jit, Adam with decay, 1 of 1 M: ${ms(jax)} ms${adam === undefined ? '' : `, ${ratio(jax, adam.times.ours)} times ours`}`);
const out = values.out ?? 'bench/results/optimizers.json';
mkdirSync('bench/results', {recursive: true});
writeFileSync(out, JSON.stringify({processor: cpus()[0]?.model, node: process.version, tfjs: tf.version.tfjs, date: new Date().toISOString(), rows, jax}, undefined, 1));
console.log(`All figures: ${out}`);
