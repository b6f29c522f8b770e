import type {Callback} from './callback';

const registered = new Map<string, Callback>();

/** Makes `made` the callback of its name. */
export function register(made: Callback): void {
  registered.set(made.name, made);
}

/** The callback of that name, for loading. */
export function registeredCallback(name: string): Callback {
  const found = registered.get(name);
  if (found === undefined) {
    throw new Error(`The saved optimizer uses a callback '${name}' that is not registered here. ` +
      `Run the module that makes it, callback('${name}', …), before loading.`);
  }
  return found;
}
