// `npm run bench:defaults`: how far short trainings get with fastai's defaults, with those of Adam's paper, and with
// 'adam'.
import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training';

import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

import * as tf from '@tensorflow/tfjs';

import {adam, adamW} from '../../src';
import {commandLine} from '../command_line';
import {progress, progressEnded} from '../progress';
import {type Data, type ShortTask, TASKS} from './tasks';

const BATCH = 32;
/** What the others are compared with. */
const STANDARD = "'adam'";
const CONTESTANTS: Readonly<Record<string, (lr: number) => tf.Optimizer>> = {
  [STANDARD]: lr => tf.train.adam(lr),
  adam: lr => adam(lr),
  adamW: lr => adamW(lr),
  'adam, sqrMom 0.999': lr => adam(lr, {sqrMom: 0.999}),
  'adam, eps 1e-8': lr => adam(lr, {eps: 1e-8}),
  'adam, wd 0': lr => adam(lr, {wd: 0}),
};

const HELP = `npm run bench:defaults [-- options]

Trains small models for a few hundred steps with TensorFlow.js's 'adam', with adam and adamW as they are, and with adam with one of its defaults
changed: the same initial weights, the same batches and the same rate. The loss is that of all training data after the last step.

  --tasks TEXT   only tasks whose name contains TEXT: ${TASKS.map(({name}) => name).join('; ')}
  --lr RATE      the rate (default 0.001)
  --seeds N      how many seeds (default 5)
  --longer N     N times as many epochs (default 1)
  --quick        one seed
  --out FILE     where the figures go as JSON (default bench/results/defaults.json)
  --help
`;

/** The loss on all training data after a short training. */
async function finalLoss(task: ShortTask, {xs, ys}: Data, seed: number, optimizer: tf.Optimizer): Promise<number> {
  const model = task.model(seed);
  model.compile({optimizer, loss: task.loss});
  await model.fit(xs, ys, {epochs: task.epochs, batchSize: BATCH, shuffle: false});
  const [loss] = tf.tidy(() => [model.evaluate(xs, ys, {batchSize: 256})].flat().map(scalar => scalar.dataSync()[0]));
  model.dispose();
  optimizer.dispose();
  if (loss === undefined) throw new Error('A model that is evaluated has a loss.');
  return loss;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
  if (low === undefined || high === undefined) throw new Error('There is no median of no values.');
  return (low + high) / 2;
}

const digits = (x: number): string => String(Number(x.toPrecision(3)));
const inWords = (values: readonly number[]): string =>
  `${digits(medianOf(values))} (${digits(Math.min(...values))} to ${digits(Math.max(...values))})`;

const {quick, option} = commandLine(HELP, ['tasks', 'lr', 'seeds', 'longer', 'out']);
const lr = Number(option('lr') ?? 1e-3);
const seeds = Array.from({length: quick ? 1 : Number(option('seeds') ?? 5)}, (_, i) => i + 1);
const longer = Number(option('longer') ?? 1);
const tasks = TASKS.filter(({name}) => name.includes(option('tasks') ?? '')).map(task => ({
  ...task,
  epochs: task.epochs * longer,
}));
const names = Object.entries(CONTESTANTS);
await tf.setBackend('wasm');
const rows: Array<{task: string; steps: number; losses: Record<string, number[]>}> = [];
let done = 0;
for (const task of tasks) {
  const losses = new Map<string, number[]>(names.map(([name]) => [name, []]));
  let steps = 0;
  for (const seed of seeds) {
    const data = await task.data(seed);
    steps = task.epochs * Math.ceil(data.xs.shape[0] / BATCH);
    for (const [name, make] of names) {
      progress(++done, tasks.length * seeds.length * names.length, `${task.name}, ${name}, seed ${seed}`);
      losses.get(name)?.push(await finalLoss(task, data, seed, make(lr)));
    }
    tf.dispose({...data});
  }
  rows.push({task: task.name, steps, losses: Object.fromEntries(losses)});
}
progressEnded();

console.log(
  `Rate ${lr}, ${seeds.length} seeds: the median of the final training loss, and its range; then how many times the loss of 'adam' with the same seed.\n`,
);
console.log("| task | steps | | final loss | times that of 'adam' |\n|---|---|---|---|---|");
for (const {task, steps, losses} of rows) {
  for (const [name, values] of Object.entries(losses)) {
    const ratios = values.map((value, i) => value / (losses[STANDARD]?.[i] ?? NaN));
    console.log(
      `| ${[task, steps, `\`${name}\``, inWords(values), name === STANDARD ? '' : inWords(ratios)].join(' | ')} |`,
    );
  }
}
const out = option('out') ?? 'bench/results/defaults.json';
mkdirSync(dirname(out), {recursive: true});
writeFileSync(out, JSON.stringify({tfjs: tf.version_core, lr, seeds, rows}, undefined, 1));
console.log(`\nAll figures: ${out}`);
