import type * as tf from '@tensorflow/tfjs-core';

import type {Layout} from './layout';

/** A variable, and what it is in a module of PyTorch. */
export interface Counterpart {
  readonly variable: tf.Variable;
  /** The name of the parameter or buffer, as `named_parameters()` and `named_buffers()` give it. */
  readonly name: string;
  readonly layout: Layout;
  /** Whether it is a parameter there. A buffer, such as the running mean of batch norm, has no state. */
  readonly isParameter: boolean;
}
