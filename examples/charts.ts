/**
 * Charts as files, in Node: the curve of the learning-rate finder, the schedule of one-cycle and the losses of a
 * training, on handwritten digits.
 *
 * The network has three groups. Each has twice the learning rate of the group before it, and the last one has the rate
 * that the finder suggests. Observable Plot draws, with the document of linkedom, because Node has none. The numbers
 * that are drawn are written too, to training.json. docs/data/plots.json is such a file: `npm run plots` draws the
 * pictures of docs/plots.md from it.
 *
 * npx tsx examples/charts.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// TensorFlow.js alone cannot train convolutions on WASM.
import 'tfjs-optim/wasm-training';

import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

import * as tf from '@tensorflow/tfjs';
import {adam, fitOneCycle, layerGroups, layerwiseDecay, lrFind} from 'tfjs-optim';

import {picturesOf, type RecordedTraining} from './charts/pictures';
import {network} from './digits/contestant';
import {loadDigits} from './digits/data';
import {folder, run, whole} from './support/command_line';
import {at, defined} from './support/lookup';
import {withProgress} from './support/progress';

const OPTIONS = {
  digits: whole(8000, 'how many digits to train on (2000 others validate)', 64, 8000),
  epochs: whole(12, 'how many epochs to train', 1),
  steps: whole(100, 'how many steps the finder makes', 25),
  seed: whole(1, 'decides the initial weights and the order of the digits', 0),
  out: folder('out/charts', 'where the files go'),
};
const BATCH = 64;
/** The rate of the last group where the finder suggests none. */
const USUAL = 3e-3;
/** Digits of each number in the file. A chart shows fewer. */
const PRECISION = 4;

await run(
  'charts.ts',
  'Trains a network on handwritten digits, and draws what happened into SVG files.',
  OPTIONS,
  async ({digits, epochs, steps, seed, out}) => {
    await tf.setBackend('wasm');
    const {training, validation} = await loadDigits(digits, seed);
    const {xs, ys} = training.tensors();
    const held = validation.tensors();
    const model = network(seed);
    const params = layerGroups(model, ['shapes', 'digit']);
    const optimizer = adam(1e-3, {params});
    model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});

    const common = {batchSize: BATCH, shuffle: false};
    const found = await lrFind(model, xs, ys, {...common, numIt: steps});
    const lrMax = layerwiseDecay(found.suggestion ?? USUAL, 0.5, params);
    const {history, epoch} = await withProgress(epochs * Math.ceil(training.size / BATCH), advance =>
      fitOneCycle(model, xs, ys, {
        ...common,
        epochs,
        lrMax,
        validationData: [held.xs, held.ys],
        onProgress: now => advance(`epoch ${now.epoch + 1}`),
      }),
    );
    tf.dispose([xs, ys, held.xs, held.ys]);

    const groups = optimizer.hypers.map(({lr, mom}, i) => ({lr: Number(lr), mom: Number(mom), lrMax: at(lrMax, i)}));
    const recorded: RecordedTraining = {found, history: {history, epoch}, groups};
    const pictures = picturesOf(recorded);
    await mkdir(out, {recursive: true});
    for (const [file, text] of pictures) await writeFile(join(out, file), text);
    const rounded = (_: string, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(PRECISION)) : value;
    await writeFile(join(out, 'training.json'), `${JSON.stringify(recorded, rounded)}\n`);

    console.log(`${found.reason} The suggestion is ${found.suggestion ?? 'none'}.`);
    for (const name of ['loss', 'val_loss'])
      console.log(
        `${name.padEnd(8)} ${defined(history[name], name)
          .map(value => Number(value).toFixed(3))
          .join(' ')}`,
      );
    console.log(`Wrote ${[...pictures.keys(), 'training.json'].map(file => join(out, file)).join(', ')}.`);
  },
);
