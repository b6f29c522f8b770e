import * as tf from '@tensorflow/tfjs';
import {adam, fineTune, fitOneCycle, layerGroups, slice} from 'tfjs-optim';

import {network} from '../../../examples/digits/contestant';
import {at, defined} from '../../../examples/support/lookup';
import type {Setup} from '../setup';
import type {Example} from './classes';
import {inputOf, type Picture, PIXELS} from './picture';

/** The layers with weights that the network keeps from its training on digits. */
const BODY = ['strokes', 'shapes'];
/** The new last layer. */
const HEAD = 'answer';

/** How it is trained. First only the new layer learns, then all layers, each time along one cycle of learning rates. */
export const PLAN = {
  frozenEpochs: 5,
  epochs: 15,
  /** The epochs of each further cycle, of all layers. */
  moreEpochs: 10,
  batch: 8,
  lr: 0.01,
  /** The rate of the last layer divided by that of the others. */
  lrMult: 10,
};
const FIRST_EPOCHS = PLAN.frozenEpochs + PLAN.epochs;

/** The training on digits from which a classifier starts. */
export interface Base {
  readonly setup: Setup;
  /** The optimizer whose network is taken. */
  readonly name: string;
  /** The number of its steps. */
  readonly step: number;
}

/** How far a cycle of training is. */
export interface Progress {
  readonly step: number;
  readonly steps: number;
}

/** A network that was trained on digits, with a new last layer for the visitor's classes. */
export class Classifier {
  readonly #model: tf.LayersModel;

  /**
   * @param model is compiled with its optimizer.
   * @param epochs that it has been trained for.
   */
  constructor(
    model: tf.LayersModel,
    readonly base: Base,
    public epochs: number,
  ) {
    this.#model = model;
  }

  /** A new one. @param trained the network with the weights to start from, which is left as it is. */
  static from(trained: tf.LayersModel, base: Base, classes: number): Classifier {
    const model = network(base.setup.seed, {name: HEAD, units: classes});
    for (const name of BODY) model.getLayer(name).setWeights(trained.getLayer(name).getWeights());
    const optimizer = adam(PLAN.lr, {params: layerGroups(model, [HEAD])});
    model.compile({optimizer, loss: 'categoricalCrossentropy'});
    return new Classifier(model, base, 0);
  }

  /** The model, to be saved. */
  get model(): tf.LayersModel {
    return this.#model;
  }

  /** The number of classes that it tells apart. */
  get classes(): number {
    return defined(at(this.#model.outputs, 0).shape.at(-1), 'number of outputs');
  }

  /** How far the cycle is that began last, in epochs. */
  get cycle(): {readonly done: number; readonly of: number} {
    const more = this.epochs - FIRST_EPOCHS;
    if (more <= 0) return {done: this.epochs, of: FIRST_EPOCHS};
    return {done: ((more - 1) % PLAN.moreEpochs) + 1, of: PLAN.moreEpochs};
  }

  /** The number of cycles after the first one that have begun. */
  get moreCycles(): number {
    return Math.max(0, Math.ceil((this.epochs - FIRST_EPOCHS) / PLAN.moreEpochs));
  }

  /**
   * Trains until the end of the present cycle, or for a new one if that has ended.
   * @param signal stops it after a batch. Then the present epoch counts as not trained.
   * @throws (rejects) the signal's reason where it is aborted.
   */
  async train(
    examples: readonly Example[],
    signal: AbortSignal,
    onProgress: (progress: Progress) => void,
  ): Promise<void> {
    const isFirst = this.epochs < FIRST_EPOCHS;
    const {done, of} = isFirst || this.cycle.done < this.cycle.of ? this.cycle : {done: 0, of: PLAN.moreEpochs};
    const batches = Math.ceil(examples.length / PLAN.batch);
    let step = done * batches;
    const settings = {
      batchSize: PLAN.batch,
      shuffle: false,
      initialEpoch: done,
      signal,
      onProgress: () => {
        onProgress({step: ++step, steps: of * batches});
      },
      callbacks: {
        onEpochEnd: () => {
          if (!signal.aborted) this.epochs++;
        },
      },
    };
    const {xs, ys} = tensorsOf(examples, this.classes);
    try {
      if (isFirst) {
        const {frozenEpochs: freezeEpochs, epochs, lr: baseLr, lrMult} = PLAN;
        await fineTune(this.#model, xs, ys, {freezeEpochs, epochs, baseLr, lrMult, ...settings});
      } else {
        const lrMax = slice(PLAN.lr / 2 / PLAN.lrMult, PLAN.lr / 2);
        await fitOneCycle(this.#model, xs, ys, {epochs: PLAN.moreEpochs, lrMax, ...settings});
      }
    } finally {
      tf.dispose([xs, ys]);
    }
  }

  /** The probability of each class, for each picture. */
  async read(pictures: readonly Picture[]): Promise<ReadonlyArray<readonly number[]>> {
    const outputs = tf.tidy(() => {
      const answers = this.#model.apply(inputsOf(pictures));
      if (!(answers instanceof tf.Tensor)) throw new Error('The network must have one output; it has more.');
      return answers;
    });
    const values = await outputs.data();
    outputs.dispose();
    return pictures.map((_, i) => [...values.subarray(i * this.classes, (i + 1) * this.classes)]);
  }

  dispose(): void {
    const {optimizer} = this.#model;
    this.#model.dispose();
    optimizer.dispose();
  }
}

function inputsOf(pictures: readonly Picture[]): tf.Tensor2D {
  return tf.tensor2d(
    pictures.map(picture => [...inputOf(picture)]),
    [pictures.length, PIXELS],
  );
}

function tensorsOf(examples: readonly Example[], classes: number) {
  const labels = examples.map(({label}) => label);
  return {
    xs: inputsOf(examples.map(({picture}) => picture)),
    ys: tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat()),
  };
}
