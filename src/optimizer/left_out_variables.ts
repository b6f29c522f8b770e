import type * as tf from '@tensorflow/tfjs-core';

import type {ParameterSet} from '../params/parameter_groups';
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

/**
 * Warns where a model trains variables that are not among the optimizer's parameters. A list from the user is not
 * checked.
 * @returns whether it has warned.
 */
export function warnLeftOut(
  loss: () => tf.Scalar,
  variables: readonly tf.Variable[],
  known: Pick<ParameterSet, 'find'>,
): boolean {
  const leftOut = variables.filter(variable => variable.trainable && known.find(variable) === undefined);
  if (leftOut.length === 0 || !isLossOfModel(loss)) return false;
  warn(
    `\`params\` leave out ${quoted(leftOut.slice(0, MOST))}${leftOut.length > MOST ? ', …' : ''}, ` +
      'which the model trains: they stay as they are. ' +
      'Add them to `params`, or set `trainable = false` on their layers and compile again.',
  );
  return true;
}
