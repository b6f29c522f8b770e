import {tf} from './tfjs';

/** Whether x is what a layer gives that is applied to `tf.input`. */
export function isSymbolic(x: unknown): x is tf.SymbolicTensor {
  return x instanceof tf.SymbolicTensor;
}
