import * as tf from '@tensorflow/tfjs';

import {allDigits, type Digits} from '../../examples/digits/data';
import {at} from '../../examples/support/lookup';
import {adam, fitOneCycle} from '../../src';
import {randomFrom} from '../lr_find/random';
import {text} from '../moby_dick';

/** Inputs and targets. */
export interface Data {
  readonly xs: tf.Tensor;
  readonly ys: tf.Tensor;
}

/** What one run trains. */
export interface Problem {
  /** Not compiled. */
  readonly model: tf.LayersModel;
  /** The batches, one after another: steps·batch examples, in the order in which they are taken. */
  readonly training: Data;
  /** What the loss is measured on. It is never trained on. It is the same for all seeds. */
  readonly heldOut: Data;
}

/** A task. It decides everything but the optimizer, the learning rate and the schedule. */
export interface Task {
  /** The name in files and on the command line. */
  readonly name: string;
  readonly title: string;
  readonly loss: 'sparseCategoricalCrossentropy' | 'categoricalCrossentropy' | 'meanSquaredError';
  readonly steps: number;
  readonly batch: number;
  /**
   * What a run with this seed trains. The seed decides the initial weights and the batches. Equal seeds give equal
   * ones, whatever the optimizer is. The caller must dispose the model and the data.
   */
  readonly problem: (seed: number, steps: number) => Promise<Problem>;
}

const PIXELS = 784;
const HELD_OUT = 500;
/** Which digits are held out does not depend on the seed of a run. */
const SPLIT_SEED = 1;
const {layers, initializers} = tf;

/** Seeds of initializers. They start at 1, because TensorFlow.js treats 0 as no seed. */
const seedOf = (seed: number, layer: number): number => 100 * seed + layer + 1;
const glorot = (seed: number, layer: number) => initializers.glorotUniform({seed: seedOf(seed, layer)});
const he = (seed: number, layer: number) => initializers.heNormal({seed: seedOf(seed, layer)});

let digits: Promise<Digits> | undefined;
/** All digits, in the same order for all seeds: the first ones are held out, the others can be trained on. */
async function split(shown: readonly number[]): Promise<{readonly heldOut: Digits; readonly pool: Digits}> {
  digits ??= allDigits(SPLIT_SEED);
  const some = (await digits).showing(shown);
  return {heldOut: some.slice(0, HELD_OUT), pool: some.slice(HELD_OUT, some.size)};
}

const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Batches of digits. No digit comes twice. @throws where there are too few. */
function once(pool: Digits, seed: number, count: number): Digits {
  if (count > pool.size) throw new Error(`There are ${pool.size} digits to train on; ${count} are needed.`);
  return pool.shuffled(seed).slice(0, count);
}

function convolutions(seed: number): tf.LayersModel {
  return tf.sequential({
    layers: [
      layers.reshape({inputShape: [PIXELS], targetShape: [28, 28, 1]}),
      layers.conv2d({filters: 8, kernelSize: 3, activation: 'relu', kernelInitializer: he(seed, 0)}),
      layers.maxPooling2d({poolSize: 2}),
      layers.conv2d({filters: 16, kernelSize: 3, activation: 'relu', kernelInitializer: he(seed, 1)}),
      layers.maxPooling2d({poolSize: 2}),
      layers.flatten(),
      layers.dense({units: 10, activation: 'softmax', kernelInitializer: glorot(seed, 2)}),
    ],
  });
}

const classification: Task = {
  name: 'digits',
  title: 'Digits, a convolution net',
  loss: 'categoricalCrossentropy',
  steps: 240,
  batch: 32,
  problem: async (seed, steps) => {
    const {heldOut, pool} = await split(ALL);
    return {
      model: convolutions(seed),
      training: once(pool, seed, steps * 32).tensors(),
      heldOut: heldOut.tensors(),
    };
  },
};

/** Its gradients are small, because the loss is a mean over 784 pixels. */
const autoencoder: Task = {
  name: 'autoencoder',
  title: 'Digits, an autoencoder',
  loss: 'meanSquaredError',
  steps: 500,
  batch: 16,
  problem: async (seed, steps) => {
    const {heldOut, pool} = await split(ALL);
    const images = (some: Digits): Data => {
      const {xs, ys} = some.tensors();
      ys.dispose();
      return {xs, ys: xs.clone()};
    };
    return {
      model: tf.sequential({
        layers: [
          layers.dense({units: 64, activation: 'relu', inputShape: [PIXELS], kernelInitializer: he(seed, 0)}),
          layers.dense({units: 16, kernelInitializer: glorot(seed, 1)}),
          layers.dense({units: 64, activation: 'relu', kernelInitializer: he(seed, 2)}),
          layers.dense({units: PIXELS, activation: 'sigmoid', kernelInitializer: glorot(seed, 3)}),
        ],
      }),
      training: images(once(pool, seed, steps * 16)),
      heldOut: images(heldOut),
    };
  },
};

const PIECE = 16;
const HELD_OUT_PIECES = 200;

/** Pieces of a text, from places that the seed decides. The targets are the characters that follow. */
function pieces(ids: Int32Array, count: number, seed: number): Data {
  const random = randomFrom(seed);
  const starts = Array.from({length: count}, () => Math.floor(random() * (ids.length - PIECE)));
  const from = (shift: number) => {
    const all = new Int32Array(count * PIECE);
    starts.forEach((start, i) => {
      all.set(ids.subarray(start + shift, start + shift + PIECE), i * PIECE);
    });
    return tf.tensor2d(all, [count, PIECE]);
  };
  return {xs: from(0), ys: tf.tidy(() => from(1).expandDims(2).toFloat())};
}

const characters: Task = {
  name: 'characters',
  title: 'Moby Dick, an LSTM that predicts characters',
  loss: 'sparseCategoricalCrossentropy',
  steps: 300,
  batch: 16,
  problem: (seed, steps) => {
    const {ids, alphabet} = text();
    const end = Math.floor(0.95 * ids.length);
    return Promise.resolve({
      model: tf.sequential({
        layers: [
          layers.embedding({
            inputDim: alphabet,
            outputDim: 16,
            inputLength: PIECE,
            embeddingsInitializer: initializers.randomUniform({minval: -1, maxval: 1, seed: seedOf(seed, 0)}),
          }),
          layers.lstm({
            units: 48,
            returnSequences: true,
            kernelInitializer: glorot(seed, 1),
            recurrentInitializer: glorot(seed, 2),
          }),
          layers.dense({units: alphabet, activation: 'softmax', kernelInitializer: glorot(seed, 3)}),
        ],
      }),
      training: pieces(ids.subarray(0, end), steps * 16, seed),
      heldOut: pieces(ids.subarray(end), HELD_OUT_PIECES, SPLIT_SEED),
    });
  },
};

const SHOTS = 10;
const FEW = 5 * SHOTS;

const pretrained = new Map<number, Promise<tf.Tensor[]>>();
/** The weights of a network that knows the digits 0 to 4, by seed. They stay in memory. */
function weightsOf(seed: number): Promise<tf.Tensor[]> {
  const weights = pretrained.get(seed) ?? pretrain(seed);
  pretrained.set(seed, weights);
  return weights;
}

async function pretrain(seed: number): Promise<tf.Tensor[]> {
  const model = convolutions(seed);
  const optimizer = adam(3e-3);
  model.compile({optimizer, loss: 'categoricalCrossentropy'});
  const {pool} = await split([0, 1, 2, 3, 4]);
  const {xs, ys} = once(pool, seed, 120 * 32).tensors();
  const args = {epochs: 1, batchSize: 32, shuffle: false, verbose: 0, yieldEvery: 'never'} as const;
  await fitOneCycle(model, xs, ys, args);
  const weights = model.getWeights().map(weight => tf.keep(weight.clone()));
  tf.dispose([xs, ys]);
  model.dispose();
  optimizer.dispose();
  return weights;
}

/** All weights are trained at one rate. Each step takes all examples. */
const fineTuning: Task = {
  name: 'fine-tuning',
  title: `Fine-tuning: ${SHOTS} examples of each of the digits 5 to 9, after digits 0 to 4`,
  loss: 'categoricalCrossentropy',
  steps: 80,
  batch: FEW,
  problem: async (seed, steps) => {
    const learned = await weightsOf(seed);
    const {heldOut, pool} = await split([5, 6, 7, 8, 9]);
    const model = convolutions(seed);
    const {length} = learned;
    // The head, the last layer's kernel and bias, keeps its initial weights.
    model.setWeights(model.getWeights().map((weight, i) => (i < length - 2 ? at(learned, i) : weight)));
    const few = pool.shuffled(seed).firstOfEach(SHOTS).tensors();
    const repeated = ({xs, ys}: Data): Data => ({xs: xs.tile([steps, 1]), ys: ys.tile([steps, 1])});
    const training = repeated(few);
    tf.dispose({...few});
    return {model, training, heldOut: heldOut.tensors()};
  },
};

export const TASKS: readonly Task[] = [classification, autoencoder, characters, fineTuning];
