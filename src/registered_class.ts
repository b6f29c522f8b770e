import {serialization} from '@tensorflow/tfjs-core';

/**
 * What the class registered under that name makes of a configuration.
 * @throws where no such class is registered.
 */
export function fromRegisteredClass(className: string, config: serialization.ConfigDict): unknown {
  const registered = serialization.SerializationMap.getMap().classNameMap[className];
  if (registered === undefined) throw new Error(`The optimizer is of the class '${className}', which is not registered here; import the module that defines it.`);
  const [cls, fromConfig] = registered;
  return fromConfig(cls, config);
}
