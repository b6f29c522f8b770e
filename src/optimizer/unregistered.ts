import type {Callback} from '../rule/declaration';
import {Optimizer} from './optimizer';

/**
 * What a saved `OptimWrapper` finds on a page that does not use it, so that it can be left out of bundles: loading
 * says what to do. Registered in its place until then.
 */
export class UnregisteredWrapper extends Optimizer<readonly Callback[]> {
  static override get className(): string {
    return 'TfjsOptimOptimWrapper';
  }
}

/** The same for partitions. */
export class UnregisteredPartition extends Optimizer<readonly Callback[]> {
  static override get className(): string {
    return 'TfjsOptimPartition';
  }

  static override fromConfig(): never {
    throw new Error('The saved optimizer is a partition: call Partition.register() before loading it.');
  }
}
