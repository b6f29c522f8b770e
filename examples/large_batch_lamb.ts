/**
 * Large batches: `lamb`, `sgd` and `adam` on handwritten digits in batches of 2000, with the same number of
 * steps.
 *
 * A large batch gives exact gradients, but an epoch has few steps, so the steps must be large. LAMB makes each layer's
 * step as long as `lr` times the norm of the layer's weights (`lambStep`). That is meant to keep large steps stable.
 * All three optimizers start from the same weights, use the same batches, and follow the same schedule: a linear
 * warm-up and then half a cosine down to 0 (`warmupCos`). Each is tried with several learning rates and several seeds,
 * because a fair comparison needs the best rate of each. The paper shows the gain for BERT, with batches of tens of
 * thousands; on a network as small as this one, adam does as well or better. Source: You et al., Large Batch
 * Optimization for Deep Learning, 2020, https://arxiv.org/abs/1904.00962.
 *
 * npx tsx examples/large_batch_lamb.ts --help
 */
import '@tensorflow/tfjs-backend-wasm';
// Without this import, products with transposed matrices are slow on WASM, and backpropagation needs many of them.
import 'tfjs-optim/wasm-training';

import * as tf from '@tensorflow/tfjs';
import {adam, lamb, type Optimizer, sgd, warmupCos} from 'tfjs-optim';

import {type Digits, loadDigits} from './digits/data';
import {table} from './digits/table';
import {run, whole} from './support/command_line';
import {at, numberIn} from './support/lookup';
import {withProgress} from './support/progress';

const OPTIONS = {
  digits: whole(8000, 'how many digits to train on (2000 others validate)', 64, 8000),
  batch: whole(2000, 'digits per batch', 1, 8000),
  steps: whole(40, 'steps of each optimizer', 2),
  layers: whole(6, 'hidden layers of 64 units', 1, 50),
  seed: whole(1, 'the first seed (a seed decides the initial weights and the order of the digits)', 0),
  seeds: whole(3, 'how many seeds', 1),
};

/** The optimizers with the learning rates to try. Each rate is about twice the one before. */
const CONTESTANTS = [
  {name: 'sgd', rates: [0.015, 0.03, 0.06], make: (lr: number): Optimizer => sgd(lr, {mom: 0.9})},
  {name: 'adam', rates: [0.005, 0.01, 0.02], make: (lr: number): Optimizer => adam(lr)},
  {name: 'lamb', rates: [0.02, 0.04, 0.08], make: (lr: number): Optimizer => lamb(lr, {wd: 0.01})},
] as const;

function network(layers: number, seed: number, optimizer: Optimizer): tf.LayersModel {
  const dense = (units: number, activation: 'relu' | 'softmax', each: number) =>
    tf.layers.dense({
      units,
      activation,
      kernelInitializer: tf.initializers.heNormal({seed: 100 * seed + each}),
      ...(each === 0 ? {inputShape: [784]} : {}),
    });
  const model = tf.sequential({
    layers: [...Array.from({length: layers}, (_, i) => dense(64, 'relu', i)), dense(10, 'softmax', layers)],
  });
  model.compile({optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy']});
  return model;
}

type Batch = ReturnType<Digits['tensors']>;

function batchesOf(digits: Digits, size: number): Batch[] {
  return Array.from({length: Math.floor(digits.size / size)}, (_, i) =>
    digits.slice(i * size, (i + 1) * size).tensors(),
  );
}

interface Data {
  readonly batches: readonly Batch[];
  readonly training: Batch;
  readonly validation: Batch;
}

async function dataOf(digits: number, batch: number, seed: number): Promise<Data> {
  const {training, validation} = await loadDigits(digits, seed);
  return {
    batches: batchesOf(training, Math.min(batch, training.size)),
    training: training.tensors(),
    validation: validation.tensors(),
  };
}

interface Score {
  readonly trainingLoss: number;
  readonly loss: number;
  readonly accuracy: number;
}

async function train(
  model: tf.LayersModel,
  opt: Optimizer,
  {batches, training, validation}: Data,
  steps: number,
  onStep: (loss: number) => void,
): Promise<Score> {
  opt.setSchedule(warmupCos({pctStart: 0.25, lrStart: opt.learningRate / 25}), {steps});
  for (let i = 0; i < steps; i++) {
    const {xs, ys} = at(batches, i % batches.length);
    onStep(at([await model.trainOnBatch(xs, ys)].flat(), 0));
  }
  const score = ({xs, ys}: Batch) => tf.tidy(() => [model.evaluate(xs, ys, {batchSize: 2000})].flat().map(numberIn));
  const held = score(validation);
  return {trainingLoss: at(score(training), 0), loss: at(held, 0), accuracy: at(held, 1)};
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b) / numbers.length;
}

await run(
  'large_batch_lamb.ts',
  'Trains with lamb, sgd and adam in large batches, for the same number of steps.',
  OPTIONS,
  async ({digits, batch, steps, layers, seed, seeds}) => {
    await tf.setBackend('wasm');
    const runs = CONTESTANTS.flatMap(({name, rates, make}) =>
      rates.map(lr => ({name, lr, make, scores: new Array<Score>()})),
    );
    await withProgress(runs.length * steps * seeds, async advance => {
      for (let each = seed; each < seed + seeds; each++) {
        const data = await dataOf(digits, batch, each);
        for (const {name, lr, make, scores} of runs) {
          const opt = make(lr);
          const model = network(layers, each, opt);
          scores.push(
            await train(model, opt, data, steps, loss =>
              advance(`seed ${each} | ${name} ${lr} | loss ${loss.toFixed(3)}`),
            ),
          );
          model.dispose();
          opt.dispose();
        }
        tf.dispose([data.training, data.validation, ...data.batches].flatMap(({xs, ys}) => [xs, ys]));
      }
    });

    const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
    console.log(
      `\nMeans of ${seeds} seeds after ${steps} steps in batches of ${Math.min(batch, digits)}; ` +
        `${layers} hidden layers.\n`,
    );
    console.log(
      table(
        ['', 'highest lr', 'training loss', 'validation loss', 'accuracy', 'lowest', 'highest'],
        runs.map(({name, lr, scores}) => {
          const accuracies = scores.map(({accuracy}) => accuracy);
          return [
            name,
            String(lr),
            mean(scores.map(({trainingLoss}) => trainingLoss)).toFixed(4),
            mean(scores.map(({loss}) => loss)).toFixed(4),
            percent(mean(accuracies)),
            percent(Math.min(...accuracies)),
            percent(Math.max(...accuracies)),
          ];
        }),
      ),
    );
    const accuracyOf = ({scores}: (typeof runs)[number]) => mean(scores.map(({accuracy}) => accuracy));
    const best = CONTESTANTS.map(({name}) =>
      runs.filter(one => one.name === name).reduce((a, b) => (accuracyOf(b) > accuracyOf(a) ? b : a)),
    ).sort((a, b) => accuracyOf(b) - accuracyOf(a));
    const ranking = best.map(one => `${one.name} ${percent(accuracyOf(one))} (lr ${one.lr})`);
    console.log(`\nValidation accuracy, each with the best of its rates: ${ranking.join(', ')}.`);
  },
);
