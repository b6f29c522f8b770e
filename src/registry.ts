import type {Callback} from './callback';

const registered = new Map<string, Callback>();
const protectedNames = new Set<string>();

/** Makes `made` the callback of its name. The package's own cannot be replaced: saved models rely on their maths. */
export function register(made: Callback): void {
  if (protectedNames.has(made.name)) {
    throw new Error(`'${made.name}' is the name of a callback of tfjs-optim; give yours another name.`);
  }
  registered.set(made.name, made);
}

/** Keeps later callbacks from taking the names of these. */
export function protect(own: readonly Callback[]): void {
  for (const {name} of own) protectedNames.add(name);
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
