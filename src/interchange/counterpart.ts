import type * as tf from '@tensorflow/tfjs-core';

import type {Layout} from './layout';

/** One weight of a model, and what it is on the other side. */
export interface Counterpart {
  readonly variable: tf.Variable;
  /** Its name there. */
  readonly name: string;
  readonly layout: Layout;
  /** Whether it is a parameter that trains, and not a statistic such as a running mean. */
  readonly trainable: boolean;
}
