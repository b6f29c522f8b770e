import type * as tf from '@tensorflow/tfjs-core';

import type {Callback} from '../rule/declaration';
import {rulesIn} from '../state/saved_config';
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

  static override fromConfig(_: unknown, config: tf.serialization.ConfigDict): never {
    const rules = rulesIn(config);
    throw new Error(
      rules.length === 0
        ? 'The saved optimizer is a partition: call Partition.register() before loading it.'
        : `The saved optimizer is a partition that was made with ${rules.join(' and ')}. Before loading it, call ` +
            `Partition.register() and ${rules.map(rule => `${rule}.register()`).join(' and ')}, with ` +
            `\`import {Partition, ${rules.join(', ')}} from 'tfjs-optim'\`.`,
    );
  }
}

/** What a saved optimizer finds on a page whose bundle lacks the factory that it was made with. */
function unregistered(className: string, factory: string): tf.serialization.SerializableConstructor<Optimizer> {
  return class extends Optimizer {
    static override get className(): string {
      return className;
    }

    static override fromConfig(): never {
      throw new Error(
        `The saved optimizer was made with ${factory}, which this bundle lacks: call ${factory}.register() before ` +
          `loading it, with \`import {${factory}} from 'tfjs-optim'\`.`,
      );
    }
  };
}

export const UnregisteredLookahead = unregistered('TfjsOptimLookahead', 'lookahead');
export const UnregisteredEma = unregistered('TfjsOptimEma', 'ema');
