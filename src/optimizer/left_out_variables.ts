import type * as tf from '@tensorflow/tfjs-core';

import {quoted} from '../util/quoted';
import {warn} from '../util/warn';

const MOST = 5;

/**
 * Whether the loss is that of `fit`, `fitDataset` or `trainOnBatch`: tfjs-layers hands `minimize` a function of its
 * own, which adds what the layers' regularizers lose. No optimizer is told of the model, and a list of variables that
 * a user writes down looks the same as the model's.
 */
export function isLossOfModel(loss: () => tf.Scalar): boolean {
  return /calculateLosses|totalLossFunction/.test(Function.prototype.toString.call(loss));
}

/** Warns that a model trains variables that are not among the optimizer's parameters. */
export function warnLeftOut(variables: readonly tf.Variable[]): void {
  warn(
    `\`params\` leave out ${quoted(variables.slice(0, MOST))}${variables.length > MOST ? ', …' : ''}, ` +
      'which the model trains: they stay as they are. ' +
      'Add them to `params`, or set `trainable = false` on their layers and compile again.',
  );
}
