// `npm start`: trains on handwritten digits with an optimizer of this package and with tf.train.adam. Then it saves,
// loads and continues. See HELP in digits/options.ts.
import '@tensorflow/tfjs-backend-wasm';
// TensorFlow.js alone cannot train convolutions on WASM.
import 'tfjs-optim/wasm-training';

import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';

import * as tf from '@tensorflow/tfjs';
import {fileSystem} from 'tfjs-optim/file-system';

import {runCommand} from './digits/command_line';
import {batchesOf, Contestant, network} from './digits/contestant';
import {type Digits, loadDigits} from './digits/data';
import {lossPlot} from './digits/loss_plot';
import {helpFor, type Options, optionsFrom} from './digits/options';
import {Progress} from './digits/progress';
import {type Score, scoreOf} from './digits/score';
import {table} from './digits/table';
import {aboutOptimizer} from './support/about_optimizers';
import {showing} from './support/averages';
import {cardInWords} from './support/graphics_card';

async function main(options: Options): Promise<void> {
  const {
    optimizer: {name, make},
    lr,
    adamLr,
    epochs,
    digits,
    seed,
    out,
  } = options;
  await start(options.backend);
  const {training, validation} = await loadDigits(digits, seed);
  console.log(
    `${training.size} digits to train with, ${validation.size} others to validate with; ` +
      `backend ${tf.getBackend()}, seed ${seed}, ` +
      (lr === adamLr ? `lr ${lr}` : `lr ${lr} for ${name} and ${adamLr} for tf.train.adam`),
  );
  console.log(`\n${aboutOptimizer(name)}`);

  const ours = contestant(name, make(lr), seed);
  const theirs = contestant('tf.train.adam', tf.train.adam(adamLr), seed);
  const train = async (contestants: readonly Contestant[], first: number, last: number) => {
    const batches = contestants.length * (last - first + 1) * batchesOf(training);
    const progress = new Progress(
      contestants.map(one => one.name),
      batches,
      `epoch ${first}`,
    );
    try {
      for (let epoch = first; epoch <= last; epoch++) {
        for (const one of contestants) {
          await one.epoch(training, seed * 1000 + epoch, logs => progress.batch(one.name, `epoch ${epoch}`, logs));
          const {loss} = await showing(one.model.optimizer, () => scoreOf(one.model, validation));
          one.validationLosses.push(loss);
        }
      }
    } finally {
      progress.stop();
    }
  };
  await train([ours, theirs], 1, epochs);
  const results: Result[] = [];
  for (const one of [ours, theirs]) results.push(await resultOf(one, epochs, training, validation));

  const place = join(out, 'model');
  await ours.model.save(fileSystem(place), {includeOptimizer: true});
  const loaded = await tf.loadLayersModel(fileSystem(place));
  const again = new Contestant(`${name}, saved, loaded`, loaded);
  await train([again], epochs + 1, epochs + 1);
  results.push(await resultOf(again, epochs + 1, training, validation));
  const losses = [ours, theirs].map(
    one => [one.name, {training: one.losses, validation: one.validationLosses}] as const,
  );
  await writeFile(join(out, 'loss.svg'), lossPlot(new Map(losses)));

  const heading = ['', 'epochs', 'training loss', 'accuracy', 'validation loss', 'accuracy', 'seconds'];
  console.log(`\n${table(heading, results.map(rowOf))}\n`);
  console.log(verdict(results));
  console.log(SECONDS);
  console.log(`Wrote ${join(place, 'model.json')}, ${join(place, 'weights.bin')} and ${join(out, 'loss.svg')}.`);
}

async function start(backend: Options['backend']): Promise<void> {
  if (backend === 'webgpu') {
    console.log(await cardInWords());
    return;
  }
  if (!(await tf.setBackend(backend)))
    throw new Error(`The backend ${backend} did not start. Choose another one with --backend.`);
  await tf.ready();
}

function contestant(name: string, optimizer: tf.Optimizer, seed: number): Contestant {
  const model = network(seed);
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return new Contestant(name, model);
}

const SECONDS =
  'The seconds hardly differ, because the network dominates at this size: its forward and backward passes take ' +
  "nearly all of them, and the optimizers' steps a small part. docs/benchmarks.md measures the steps alone.";

interface Result {
  readonly name: string;
  readonly epochs: number;
  readonly training: Score;
  readonly validation: Score;
  readonly seconds: number;
}

async function resultOf(one: Contestant, epochs: number, training: Digits, validation: Digits): Promise<Result> {
  const {name, model, seconds} = one;
  return showing(model.optimizer, async () => ({
    name,
    epochs,
    training: await scoreOf(model, training),
    validation: await scoreOf(model, validation),
    seconds,
  }));
}

function rowOf({name, epochs, training, validation, seconds}: Result): string[] {
  return [
    name,
    String(epochs),
    ...[training, validation].flatMap(({loss, accuracy}) => [loss.toFixed(4), percent(accuracy)]),
    seconds.toFixed(1),
  ];
}

function verdict([ours, adam]: readonly Result[]): string {
  if (ours === undefined || adam === undefined) throw new Error('The verdict needs two results.');
  const [better, worse] = ours.validation.loss < adam.validation.loss ? [ours, adam] : [adam, ours];
  const [loss, accuracy] = [
    [better, worse].map(({validation}) => validation.loss.toFixed(4)).join(' against '),
    [better, worse].map(({validation}) => percent(validation.accuracy)).join(' against '),
  ];
  return (
    `By validation loss ${better.name} did better than ${worse.name} in this run (${loss}); the accuracy is ` +
    `${accuracy}. Other seeds and learning rates can reverse that.`
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

await runCommand('npm start --', helpFor, optionsFrom, main);
