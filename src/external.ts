import type {serialization} from '@tensorflow/tfjs-core';
import type {Callback, Scalar} from './callback';

/** What a callback keeps outside of the optimizer that it is part of, as `OptimWrapper` keeps another optimizer. */
export interface External {
  /** Lets the hypers of a group that are kept outside be read and written there. */
  link(hypers: Record<string, Scalar>, group: number): void;
  /** What makes the callback again after loading. Names stand under the key `name`, as in every saved configuration. */
  getConfig(): serialization.ConfigDict;
  /** Frees what is outside. */
  dispose(): void;
}

type Revive = (config: Readonly<Record<string, unknown>>) => Callback;
const revivers = new Map<string, Revive>();

/** Tells how the callback of that name is made again from what its `External` saved. */
export function registerExternal(name: string, revive: Revive): void {
  revivers.set(name, revive);
}

/** Makes a callback again that keeps something outside. */
export function revived(name: string, config: Readonly<Record<string, unknown>>): Callback {
  const revive = revivers.get(name);
  if (revive !== undefined) return revive(config);
  throw new Error(`The saved optimizer contains '${name}', which is not registered here. ` +
    'For an optimizer of tf.train that was wrapped: import {OptimWrapper} from \'tfjs-optim\' and call OptimWrapper.register() before loading.');
}
