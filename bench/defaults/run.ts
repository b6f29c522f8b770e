// `npm run bench:defaults`: compares the losses of short trainings with fastai's defaults, with those of Adam's paper,
// and with TensorFlow.js's 'adam'. `-- --help` lists the options.
import '@tensorflow/tfjs-backend-wasm';
import '../../src/wasm_training';

import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname} from 'node:path';

import * as tf from '@tensorflow/tfjs';

import {at, defined, numberIn} from '../../examples/support/lookup';
import {adam, adamW} from '../../src';
import {commandLine, listed} from '../command_line';
import {progress, progressEnded} from '../progress';
import {medianOf} from '../wasm_training/measure';
import {type Data, type ShortTask, TASKS} from './tasks';

const BATCH = 32;
/** The optimizer that the others are compared with. */
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

Trains small models for a few hundred steps with TensorFlow.js's 'adam', with adam and adamW with their defaults, and
with adam with one default changed. All start from the same weights and use the same batches and the same learning
rate. The loss is over all training data, after the last step.

  --tasks TEXT   only tasks whose name contains TEXT, of${listed(TASKS, 17)}
  --lr RATE      the learning rate (default 0.001)
  --seeds N      how many seeds (default 5)
  --longer N     N times as many epochs (default 1)
  --quick        one seed
  --out FILE     the JSON file for the figures (default bench/results/defaults.json)
  --help         print this help
`;

/** The loss over all training data after a short training. */
async function finalLoss(task: ShortTask, {xs, ys}: Data, seed: number, optimizer: tf.Optimizer): Promise<number> {
  const model = task.model(seed);
  model.compile({optimizer, loss: task.loss});
  await model.fit(xs, ys, {epochs: task.epochs, batchSize: BATCH, shuffle: false});
  const loss = tf.tidy(() => numberIn(at([model.evaluate(xs, ys, {batchSize: 256})].flat(), 0)));
  model.dispose();
  optimizer.dispose();
  return loss;
}

const digits = (x: number): string => String(Number(x.toPrecision(3)));
const inWords = (values: readonly number[]): string =>
  `${digits(medianOf(values))} (${digits(Math.min(...values))} to ${digits(Math.max(...values))})`;

const {quick, option, count, positive, matching} = commandLine(HELP, ['tasks', 'lr', 'seeds', 'longer', 'out']);
const lr = positive('lr', 0.001);
const seeds = Array.from({length: count('seeds', quick ? 1 : 5)}, (_, i) => i + 1);
const longer = count('longer', 1);
const tasks = matching('tasks', TASKS).map(task => ({
  ...task,
  epochs: task.epochs * longer,
}));
await tf.setBackend('wasm');
const rows: Array<{task: string; steps: number; losses: Record<string, number[]>}> = [];
let done = 0;
for (const task of tasks) {
  const contestants = Object.entries(CONTESTANTS).map(([name, make]) => ({name, make, losses: new Array<number>()}));
  let steps = 0;
  for (const seed of seeds) {
    const data = await task.data(seed);
    steps = task.epochs * Math.ceil(data.xs.shape[0] / BATCH);
    for (const {name, make, losses} of contestants) {
      progress(++done, tasks.length * seeds.length * contestants.length, `${task.name}, ${name}, seed ${seed}`);
      losses.push(await finalLoss(task, data, seed, make(lr)));
    }
    tf.dispose({...data});
  }
  rows.push({task: task.name, steps, losses: Object.fromEntries(contestants.map(one => [one.name, one.losses]))});
}
progressEnded();

console.log(
  `Learning rate ${lr}, ${seeds.length} seeds: the median of the final training loss, and its range; ` +
    "then the ratio to the loss of 'adam' with the same seed.\n",
);
console.log("| task | steps | | final loss | times that of 'adam' |\n|---|---|---|---|---|");
for (const {task, steps, losses} of rows) {
  const standard = defined(losses[STANDARD], `losses of ${STANDARD}`);
  for (const [name, values] of Object.entries(losses)) {
    const ratios = values.map((value, i) => value / at(standard, i));
    console.log(
      `| ${[task, steps, `\`${name}\``, inWords(values), name === STANDARD ? '' : inWords(ratios)].join(' | ')} |`,
    );
  }
}
const out = option('out', 'bench/results/defaults.json');
mkdirSync(dirname(out), {recursive: true});
writeFileSync(out, JSON.stringify({tfjs: tf.version_core, lr, seeds, rows}, undefined, 1));
console.log(`\nAll figures: ${out}`);
