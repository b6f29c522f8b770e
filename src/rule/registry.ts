import type {Callback} from './declaration';

/** Makes a callback again from what its `External` saved, where it has one. */
type Revive = (external: Readonly<Record<string, unknown>>) => Callback;
const registered = new Map<string, Revive>();

/** Tells how the callback of that name is found when an optimizer is loaded. */
export function register(name: string, revive: Revive): void {
  registered.set(name, revive);
}

/** The callback of that name, for loading. */
export function registeredCallback(name: string, external: Readonly<Record<string, unknown>> = {}): Callback {
  const revive = registered.get(name);
  if (revive !== undefined) return revive(external);
  throw new Error(
    `The saved optimizer uses a callback '${name}' that is not registered here. Run the module that makes it, callback('${name}', …), before loading, ` +
      'or OptimWrapper.register() for what that wrapped.',
  );
}
