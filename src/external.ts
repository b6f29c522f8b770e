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

/**
 * Makes callbacks one by one. Where that fails, what those before keep outside is freed.
 * @param make makes a callback, which may come with something outside; what else can fail is in `finish`.
 */
export function eachCallback<T>(sources: readonly T[], make: (source: T) => Callback, finish: (made: Callback, source: T) => Callback): Callback[] {
  const made: Callback[] = [];
  return freeingOnError(made, () => sources.map(source => {
    const callback = make(source);
    made.push(callback);
    return finish(callback, source);
  }));
}

/** Runs what makes an optimizer of callbacks that nobody else has. Where that fails, what they keep outside is freed. */
export function freeingOnError<T>(callbacks: readonly Callback[], make: () => T): T {
  try {
    return make();
  } catch (error) {
    for (const {declaration: {external}} of callbacks) external?.dispose();
    throw error;
  }
}
