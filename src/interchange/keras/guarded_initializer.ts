import * as tf from '@tensorflow/tfjs-core';

import {isDict} from '../../util/config_reader';
import {sizeOf} from '../transfer/host_tensor';

/** How many numbers the weights of the model that is built now may still have. Undefined while none is built. */
let left: number | undefined;

const NAME = 'TfjsOptimGuardedInitializer';

/** The configuration of an initializer that is guarded while a model is built. */
export const guarded = (className: string, config: Readonly<Record<string, unknown>>) => ({
  className: NAME,
  config: {className, config},
});

/**
 * An initializer of a loaded model. Its weights are replaced, so it starts them as zeros. It also counts them: a
 * damaged configuration must not allocate more than its file has. When the model is built, it looks like the one that
 * the file names.
 */
class GuardedInitializer extends tf.serialization.Serializable {
  static get className(): string {
    return NAME;
  }

  readonly #inner: {readonly className: string; readonly config: tf.serialization.ConfigDict};

  constructor(config: tf.serialization.ConfigDict) {
    super();
    const {className, config: inner} = config;
    if (typeof className !== 'string' || !isConfig(inner))
      // Unreachable: only `guarded` names this class.
      throw new Error(`${NAME} is only for loading models of Keras.`);
    this.#inner = {className, config: inner};
  }

  apply(shape: number[]): tf.Tensor {
    const size = sizeOf(shape);
    if (left !== undefined && !(size <= left))
      throw new Error('its configuration describes more weights than the file has, so one of them is damaged');
    if (left !== undefined) left -= size;
    return tf.zeros(shape);
  }

  override getClassName(): string {
    return left === undefined ? this.#inner.className : NAME;
  }

  getConfig(): tf.serialization.ConfigDict {
    return left === undefined ? {...this.#inner.config} : {...this.#inner};
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    return new cls(config);
  }
}

function isConfig(x: unknown): x is tf.serialization.ConfigDict {
  return isDict(x);
}

/** Builds a model whose weights have at most this many numbers. */
export function guardedBuild<T>(most: number, build: () => T): T {
  tf.serialization.registerClass(GuardedInitializer);
  left = most;
  try {
    return build();
  } finally {
    left = undefined;
  }
}
