import type * as tf from '@tensorflow/tfjs';
import {fineTune, fitOneCycle} from 'tfjs-optim';

/** The data, the number of steps and the learning rate. */
interface Training {
  readonly xs: tf.Tensor;
  readonly ys: tf.Tensor;
  /** The number of steps. Each step uses all digits. */
  readonly steps: number;
  /** The learning rate, or the highest one of a schedule. The optimizer has the same one. */
  readonly lr: number;
  readonly callbacks: tf.CustomCallbackArgs;
}

/** A way to learn new digits from a few examples. */
export interface Way {
  readonly name: string;
  readonly pretrained: boolean;
  train(model: tf.LayersModel, training: Training): Promise<unknown>;
}

const oneCycle: Way['train'] = (model, {xs, ys, steps, callbacks}) =>
  fitOneCycle(model, xs, ys, {...inWhole(xs), epochs: steps, callbacks});

/** All ways take the same number of steps. */
export const WAYS: readonly Way[] = [
  {
    name: 'from scratch, one rate',
    pretrained: false,
    train: (model, {xs, ys, steps, callbacks}) => model.fit(xs, ys, {...inWhole(xs), epochs: steps, callbacks}),
  },
  {name: 'from scratch, one-cycle', pretrained: false, train: oneCycle},
  {name: 'pretrained, one-cycle for all layers', pretrained: true, train: oneCycle},
  {
    name: 'pretrained, fineTune',
    pretrained: true,
    // Half of the steps train the head alone, half all layers. The first layer's rate is a tenth of the head's.
    train: (model, {xs, ys, steps, lr, callbacks}) =>
      fineTune(model, xs, ys, {
        ...inWhole(xs),
        baseLr: lr,
        freezeEpochs: Math.floor(steps / 2),
        epochs: Math.ceil(steps / 2),
        lrMult: 10,
        callbacks,
      }),
  },
];

function inWhole(xs: tf.Tensor) {
  return {batchSize: xs.shape[0], shuffle: false} as const;
}
