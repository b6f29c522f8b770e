import {serialization} from '@tensorflow/tfjs-core';

import {isDict} from '../util/config_reader';
import {own} from '../util/own';

/** An object as it is saved: its class, and what makes it again. */
interface SavedObject {
  readonly className: string;
  readonly config: serialization.ConfigDict;
}

export function isSavedObject(x: unknown): x is SavedObject {
  return isDict(x) && typeof x['className'] === 'string' && isDict(x['config']);
}

/**
 * Makes an object of the registered class from its configuration.
 * @throws where no class is registered under the name.
 */
export function fromRegisteredClass({className, config}: SavedObject): unknown {
  const registered = own(serialization.SerializationMap.getMap().classNameMap, className);
  if (registered === undefined)
    throw new Error(
      `The class '${className}' of the saved optimizer is not registered. Import the module that defines it.`,
    );
  const [cls, fromConfig] = registered;
  return fromConfig(cls, config);
}

/** `instanceof` that narrows to what the class makes. */
export function isInstance<T extends serialization.Serializable>(
  cls: serialization.SerializableConstructor<T>,
  x: serialization.Serializable,
): x is T {
  return x instanceof cls;
}
