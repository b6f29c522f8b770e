import type {serialization} from '@tensorflow/tfjs-core';
import type {Scalar} from './callback';

/** What a callback keeps outside of the optimizer that it is part of, as `OptimWrapper` keeps another optimizer. */
export interface External {
  /** Lets the hypers of a group that are kept outside be read and written there. */
  link(hypers: Record<string, Scalar>, group: number): void;
  /** What makes the callback again after loading. Names stand under the key `name`, as in every saved configuration. */
  getConfig(): serialization.ConfigDict;
  /** Frees what is outside. */
  dispose(): void;
}
