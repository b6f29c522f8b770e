import type {Callback} from './declaration';

/** Makes a callback again after loading, from what its `External` saved. Without one, it gets an empty object. */
type Revive = (external: Readonly<Record<string, unknown>>) => Callback;
const registered = new Map<string, Revive>();

/** Registers what makes the callback with this name when an optimizer is loaded. */
export function register(name: string, revive: Revive): void {
  registered.set(name, revive);
}

/** The callback with this name, for loading. @throws where it is not registered. */
export function registeredCallback(name: string, external: Readonly<Record<string, unknown>> = {}): Callback {
  const revive = registered.get(name);
  if (revive !== undefined) return revive(external);
  throw new Error(
    `The saved optimizer uses the callback '${name}', which is not registered. Before loading, run the module with ` +
      `callback('${name}', …), or call OptimWrapper.register() if a wrapper was saved.`,
  );
}
