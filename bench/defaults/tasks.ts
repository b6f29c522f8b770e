import * as tf from '@tensorflow/tfjs';

import {loadDigits} from '../../examples/digits/data';
import {at} from '../../examples/support/lookup';

/** A training of a few hundred steps. */
export interface ShortTask {
  readonly name: string;
  readonly loss: 'categoricalCrossentropy' | 'meanSquaredError';
  readonly epochs: number;
  /** The model. The seed decides its initial weights. */
  readonly model: (seed: number) => tf.LayersModel;
  /** The data. The seed decides them and their order. The caller must dispose them. */
  readonly data: (seed: number) => Promise<Data>;
}

/** Inputs and targets. */
export interface Data {
  readonly xs: tf.Tensor;
  readonly ys: tf.Tensor;
}

/** Seeds start at 1, because TensorFlow.js treats 0 as no seed. */
const initializer = (seed: number, layer: number) => tf.initializers.glorotUniform({seed: 100 * seed + layer + 1});
const digits = async (seed: number): Promise<Data> => (await loadDigits(2048, seed)).training.tensors();

const mlpOnDigits: ShortTask = {
  name: 'digits, dense',
  loss: 'categoricalCrossentropy',
  epochs: 5,
  model: seed =>
    tf.sequential({
      layers: [
        tf.layers.dense({inputShape: [784], units: 64, activation: 'relu', kernelInitializer: initializer(seed, 0)}),
        tf.layers.dense({units: 10, activation: 'softmax', kernelInitializer: initializer(seed, 1)}),
      ],
    }),
  data: digits,
};

const convolutionsOnDigits: ShortTask = {
  name: 'digits, convolutions',
  loss: 'categoricalCrossentropy',
  epochs: 3,
  model: seed =>
    tf.sequential({
      layers: [
        tf.layers.reshape({inputShape: [784], targetShape: [28, 28, 1]}),
        tf.layers.conv2d({filters: 8, kernelSize: 3, activation: 'relu', kernelInitializer: initializer(seed, 0)}),
        tf.layers.maxPooling2d({poolSize: 2}),
        tf.layers.conv2d({filters: 16, kernelSize: 3, activation: 'relu', kernelInitializer: initializer(seed, 1)}),
        tf.layers.maxPooling2d({poolSize: 2}),
        tf.layers.flatten(),
        tf.layers.dense({units: 10, activation: 'softmax', kernelInitializer: initializer(seed, 2)}),
      ],
    }),
  data: digits,
};

const curve: ShortTask = {
  name: 'a curve, regression',
  loss: 'meanSquaredError',
  epochs: 20,
  model: seed =>
    tf.sequential({
      layers: [
        tf.layers.dense({inputShape: [2], units: 32, activation: 'tanh', kernelInitializer: initializer(seed, 0)}),
        tf.layers.dense({units: 32, activation: 'tanh', kernelInitializer: initializer(seed, 1)}),
        tf.layers.dense({units: 1, kernelInitializer: initializer(seed, 2)}),
      ],
    }),
  data: seed =>
    Promise.resolve(
      tf.tidy(() => {
        const xs = tf.randomUniform([1024, 2], -2, 2, 'float32', seed);
        const columns = tf.split(xs, 2, 1);
        const [x, y] = [at(columns, 0), at(columns, 1)];
        return {xs, ys: x.mul(2).sin().add(x.mul(y))};
      }),
    ),
};

/** This task has small gradients, because the loss is a mean over 784 pixels. */
const autoencoder: ShortTask = {
  name: 'digits, autoencoder',
  loss: 'meanSquaredError',
  epochs: 5,
  model: seed =>
    tf.sequential({
      layers: [
        tf.layers.dense({inputShape: [784], units: 32, activation: 'relu', kernelInitializer: initializer(seed, 0)}),
        tf.layers.dense({units: 784, activation: 'sigmoid', kernelInitializer: initializer(seed, 1)}),
      ],
    }),
  data: async seed => {
    const {xs, ys} = await digits(seed);
    ys.dispose();
    return {xs, ys: xs.clone()};
  },
};

const CHARACTERS = '0123456789+ ';
const QUESTION = 5;
const ANSWER = 3;

/** Inputs are sums of two numbers below 100, as text. Targets are the results, as text. Characters are one-hot. */
const sums: ShortTask = {
  name: 'a GRU that adds numbers',
  loss: 'categoricalCrossentropy',
  epochs: 10,
  model: seed =>
    tf.sequential({
      layers: [
        tf.layers.gru({
          inputShape: [QUESTION, CHARACTERS.length],
          units: 48,
          kernelInitializer: initializer(seed, 0),
          recurrentInitializer: initializer(seed, 1),
        }),
        tf.layers.repeatVector({n: ANSWER}),
        tf.layers.gru({
          units: 48,
          returnSequences: true,
          kernelInitializer: initializer(seed, 2),
          recurrentInitializer: initializer(seed, 3),
        }),
        tf.layers.timeDistributed({
          layer: tf.layers.dense({
            units: CHARACTERS.length,
            activation: 'softmax',
            kernelInitializer: initializer(seed, 4),
          }),
        }),
      ],
    }),
  data: seed => {
    const numbers = tf.tidy(() =>
      tf.randomUniform<tf.Rank.R2>([1024, 2], 0, 100, 'float32', seed).floor().arraySync(),
    );
    const pairs = numbers.map(pair => ({
      question: pair.join('+').padEnd(QUESTION),
      answer: String(at(pair, 0) + at(pair, 1)).padEnd(ANSWER),
    }));
    const oneHot = (texts: readonly string[]) =>
      tf.tidy(() =>
        tf
          .oneHot(
            tf.tensor2d(
              texts.map(text => Array.from(text, each => CHARACTERS.indexOf(each))),
              undefined,
              'int32',
            ),
            CHARACTERS.length,
          )
          .toFloat(),
      );
    return Promise.resolve({
      xs: oneHot(pairs.map(({question}) => question)),
      ys: oneHot(pairs.map(({answer}) => answer)),
    });
  },
};

export const TASKS: readonly ShortTask[] = [mlpOnDigits, convolutionsOnDigits, autoencoder, curve, sums];
