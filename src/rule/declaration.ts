import type * as tf from '@tensorflow/tfjs-core';

import type {Range} from './range';
import type {Required} from './required';
import type {Start} from './starts';
import type {Value} from './value';

/** A hyper's value in one group. Booleans come from options that a constructor set by name. */
export type Scalar = number | boolean;
/** What `evaluate`, `total` and a callback's function are given, as the runner sees it. */
export type Context = Readonly<Record<string, unknown>>;

/** Hypers by name: a default, or `required`. */
export type HyperDecl = Readonly<Record<string, number | Required>>;
/** State entries by name: a number on the host, or how a tensor starts. */
export type StateDecl = Readonly<Record<string, number | Start>>;
/** Options by name, with their values. */
export type OptionDecl = Readonly<Record<string, Scalar>>;

/**
 * What a callback declares. Its functions are methods, for each takes a context of its own type: `callback` checks
 * that where a rule is written.
 */
export interface Declaration {
  readonly hypers: HyperDecl;
  readonly state: StateDecl;
  readonly reads: StateDecl;
  readonly needs: StateDecl;
  readonly options: OptionDecl;
  /** Which values options can have, where not all of their type. */
  readonly ranges: Readonly<Record<string, Range | undefined>>;
  readonly restarts: readonly string[];
  readonly everyParameter: boolean;
  total?(at: Context): object;
  evaluate?(at: Context): object;
  /** For `OptimWrapper` alone: acts on all parameters at once, with real tensors, instead of `run`. */
  together?(drafts: ReadonlyArray<Draft<tf.Tensor, {readonly variable: tf.Variable; readonly group: number}>>): void;
  /** What the callback keeps outside of the optimizer. */
  readonly external?: External;
  run(at: Context): object;
}

/** One piece of an optimizer. Made by `callback`. */
export interface Callback<H extends HyperDecl = HyperDecl, O extends OptionDecl = OptionDecl> {
  /** The name that it is registered under. */
  readonly name: string;
  /** The hypers that it reads: a default, or `required`. */
  readonly hypers: H;
  /** The options as they are bound now. */
  readonly options: O;
  /** All that it declares, with its function. */
  readonly declaration: Declaration;
  /**
   * The same callback with some of its options bound to other values; they are saved with the optimizer.
   * @throws for an option that the callback does not declare, or a value of another type.
   */
  with(options: {readonly [K in keyof O]?: Widen<O[K]>}): this;
}

/** The type of an option's other values. */
export type Widen<T> = T extends boolean ? boolean : T extends number ? number : never;

/** What a callback keeps outside of the optimizer that it is part of, as `OptimWrapper` keeps another optimizer. */
export interface External {
  /** Lets the hypers of a group that are outside be read and written there. */
  link(hypers: Record<string, Scalar>, group: number): void;
  /**
   * What makes the callback again after loading. Names stand under the key `name`, as in every saved configuration.
   */
  getConfig(): tf.serialization.ConfigDict;
  /** Frees what is outside. */
  dispose(): void;
}

/**
 * The scratch copy of one parameter in a step: callbacks put new values here, and the step writes them back when all
 * of them are there.
 */
export interface Draft<V extends Value, Of = unknown> {
  /** What the draft was made of. */
  readonly of: Of;
  /** The parameter before the step, for entries that start now. */
  readonly before: V;
  p: V;
  /** Absent where the parameter has none. */
  grad: V | undefined;
  /** False for a frozen parameter, which only `everyParameter` callbacks see. */
  readonly trains: boolean;
  readonly doWd: boolean;
  readonly hypers: Readonly<Record<string, Scalar>>;
  /** State by name: tensors, and numbers of the host. Entries that have not started are absent. */
  readonly entries: Record<string, V | number>;
  stopped: boolean;
}
