import type {Callback} from './declaration';

/** Makes a callback again after loading, from what its `External` saved. Without one, it gets an empty object. */
type Revive = (external: Readonly<Record<string, unknown>>) => Callback;
const registered = new Map<string, Revive>();

/** Registers what makes the callback with this name when an optimizer is loaded. */
export function register(name: string, revive: Revive): void {
  registered.set(name, revive);
}

/** Whether there is a callback with this name. */
export function isRegistered(name: string): boolean {
  return registered.has(name);
}

/**
 * The callback with this name, for loading.
 * @param rules the rules of the table that the optimizer was made with, as far as bundles can leave them out.
 * @throws where it is not registered.
 */
export function registeredCallback(
  name: string,
  external: Readonly<Record<string, unknown>> = {},
  rules: readonly string[] = [],
): Callback {
  const revive = registered.get(name);
  if (revive !== undefined) return revive(external);
  if (rules.length > 0)
    throw new Error(
      `The saved optimizer was made with ${rules.join(' and ')}, and its callback '${name}' is not registered. ` +
        `Before loading, ${rules.map(rule => `call ${rule}.register()`).join(' and ')}, with ` +
        `\`import {${rules.join(', ')}} from 'tfjs-optim'\`, or import 'tfjs-optim/all', which registers every rule. ` +
        `If '${name}' is yours, run the module with callback('${name}', …).`,
    );
  throw new Error(
    `The saved optimizer uses the callback '${name}', which is not registered. Before loading, run the module with ` +
      `callback('${name}', …), import 'tfjs-optim/all' if the callback is the package's, or call ` +
      'OptimWrapper.register() if a wrapper was saved.',
  );
}
