import {serialization} from '@tensorflow/tfjs-core';

import type {Registering} from './row';

/**
 * Adds `register` to a factory, and registers the class at once, so that a bundle with the factory can load what it
 * made. Call it with `@__PURE__`.
 */
export function registering<F extends object>(
  cls: serialization.SerializableConstructor<serialization.Serializable>,
  make: F,
): F & Registering {
  const register = () => {
    serialization.registerClass(cls);
  };
  register();
  return Object.assign(make, {register});
}
