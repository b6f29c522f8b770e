import {serialization} from '@tensorflow/tfjs-core';

import {isDict} from '../util/config_reader';
import {own} from '../util/own';

/** An object as it is saved. */
export interface SavedObject {
  readonly className: string;
  readonly config: serialization.ConfigDict;
}

export function isSavedObject(x: unknown): x is SavedObject {
  return isDict(x) && typeof x['className'] === 'string' && isDict(x['config']);
}

/**
 * Makes an object of the class that is registered under the name.
 * @throws where no such class is registered.
 */
export function fromRegisteredClass({className, config}: SavedObject): unknown {
  const registered = own(serialization.SerializationMap.getMap().classNameMap, className);
  if (registered === undefined)
    throw new Error(
      `The optimizer is of the class '${className}', which is not registered here; import the module that defines it.`,
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
