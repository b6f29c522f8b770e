import * as tf from '@tensorflow/tfjs';

import {logged} from '../support/lookup';
import type {Digits} from './data';
import type {BatchLogs} from './progress';

const BATCH = 64;

/** The number of batches per epoch. */
export function batchesOf(digits: Digits): number {
  return Math.ceil(digits.size / BATCH);
}

/**
 * A small convolutional network for 28·28 pixels. The seed decides its initial weights.
 * @param last the layer that answers, with one unit for each possible answer.
 */
export function network(seed: number, last = {name: 'digit', units: 10}): tf.LayersModel {
  const conv = (name: string, filters: number, each: number) =>
    tf.layers.conv2d({
      name,
      filters,
      kernelSize: 3,
      activation: 'relu',
      kernelInitializer: tf.initializers.heNormal({seed: seed + each}),
    });
  return tf.sequential({
    layers: [
      tf.layers.reshape({inputShape: [784], targetShape: [28, 28, 1]}),
      conv('strokes', 16, 0),
      tf.layers.maxPooling2d({poolSize: 2}),
      conv('shapes', 32, 1),
      tf.layers.maxPooling2d({poolSize: 2}),
      tf.layers.flatten({}),
      tf.layers.dense({
        ...last,
        activation: 'softmax',
        kernelInitializer: tf.initializers.glorotNormal({seed: seed + 2}),
      }),
    ],
  });
}

/** A model in training, with its losses and its time. */
export class Contestant {
  /** The loss of each batch so far. */
  readonly losses: number[] = [];
  /** The loss in validation after each epoch so far. */
  readonly validationLosses: number[] = [];
  /** The time that training took so far. */
  seconds = 0;

  constructor(
    readonly name: string,
    readonly model: tf.LayersModel,
  ) {}

  /** Trains on all digits once, in an order that the seed decides. */
  async epoch(digits: Digits, seed: number, onBatch: (logs: BatchLogs) => void): Promise<void> {
    const {xs, ys} = digits.shuffled(seed).tensors();
    const start = performance.now();
    await this.model.fit(xs, ys, {
      batchSize: BATCH,
      shuffle: false,
      callbacks: {
        onBatchEnd: (_, logs) => {
          const loss = logged(logs, 'loss');
          this.losses.push(loss);
          onBatch({loss, accuracy: logged(logs, 'acc')});
        },
      },
    });
    this.seconds += (performance.now() - start) / 1000;
    tf.dispose([xs, ys]);
  }
}
