import type {Optimizer} from '../../../src';
import {tensorsIn} from '../../../src/state/state_dict';
import {present} from '../present';
import {tf} from '../tfjs';

/** Reads a number of every group. */
export function numberOf(name: string): (optimizer: Optimizer) => readonly number[] {
  return optimizer => {
    const dict = optimizer.stateDict();
    tf.dispose(tensorsIn(dict));
    return present(dict.groupState).map(numbers => present(numbers[name]));
  };
}
