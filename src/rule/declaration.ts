import type * as tf from '@tensorflow/tfjs-core';

import type {Range} from './range';
import type {Required} from './required';
import type {Start} from './starts';
import type {Value} from './value';

/** A hyper's value in one group. It is a boolean where an option was set by name as a setting. */
export type Scalar = number | boolean;
/** The argument of `evaluate`, `total` and a callback's function, as the code that calls them sees it. */
export type Context = Readonly<Record<string, unknown>>;

/** A hyper with its range, which replaces that of its name. Without bounds, it can be any finite number. */
export interface HyperSpec extends Range {
  /** The default, or `required`. */
  readonly default: number | Required;
}
/** What a hyper without a default is declared as. */
export type WithoutDefault = Required | {readonly default: Required};
/** Hypers by name: a default, `required`, or one of these with a range. */
export type HyperDecl = Readonly<Record<string, number | Required | HyperSpec>>;
/** The defaults of hypers by name, without their ranges. */
export type HyperDefaults = Readonly<Record<string, number | Required>>;
/** State entries by name: a host number, or how a tensor starts. */
export type StateDecl = Readonly<Record<string, number | Start>>;
/** Options by name, with their values. */
export type OptionDecl = Readonly<Record<string, Scalar>>;

/**
 * What a callback declares. Its functions are methods, because each takes a context of its own type. The types of
 * `callback` check those where a rule is written.
 */
export interface Declaration {
  readonly hypers: HyperDefaults;
  readonly state: StateDecl;
  readonly reads: StateDecl;
  readonly needs: StateDecl;
  readonly options: OptionDecl;
  /** The ranges of hypers and options. Those that can be any finite number have none. */
  readonly ranges: Readonly<Record<string, Range | undefined>>;
  readonly restarts: readonly string[];
  /** Numbers that belong to a parameter group, with their starts. */
  readonly groupState: Readonly<Record<string, number>>;
  /** Numbers on the device that belong to no parameter, with their starts. */
  readonly shared: Readonly<Record<string, number>>;
  readonly everyParameter: boolean;
  /** Whether it gets the update of the step before it, and may return another. */
  readonly takesUpdate: boolean;
  /** Whether its function calls functions of TensorFlow.js. Then it runs alone, without a warning. */
  readonly needsTensors: boolean;
  /** Whether its change of `p` counts as an update for later callbacks. False for weight decay. */
  readonly isStep: boolean;
  /** Whether it decays the weights, or the option that says so. */
  readonly decays: boolean | string;
  /** Whether `group` runs also in steps in which no parameter of the group has a gradient. */
  readonly everyGroup: boolean;
  /** Computes new numbers of a group from those before the step. */
  group?(at: Context): object;
  /** Whether it can skip the step. */
  readonly skips: boolean;
  total?(at: Context): object;
  evaluate?(at: Context): object;
  /** Only for `OptimWrapper`: acts on all parameters at once, with real tensors, instead of `run`. */
  together?(drafts: ReadonlyArray<Draft<tf.Tensor, {readonly variable: tf.Variable; readonly group: number}>>): void;
  /** What the callback keeps outside of the optimizer. Absent in most callbacks. */
  readonly external?: External;
  run(at: Context): object;
}

/** A declaration as a user gives it: hypers with their ranges. */
export type GivenDeclaration = Omit<Declaration, 'hypers'> & {readonly hypers: HyperDecl};

/** One piece of an optimizer. Made by `callback`. */
export interface Callback<H extends HyperDecl = HyperDecl, O extends OptionDecl = OptionDecl> {
  /** The name that it is registered under. */
  readonly name: string;
  /** The hypers that it reads, as they are declared. */
  readonly hypers: H;
  /** The options as they are bound now. */
  readonly options: O;
  /** Everything that it declares, with its function. */
  readonly declaration: Declaration;
  /**
   * The same callback with some of its options bound to other values. They are saved with the optimizer.
   * @throws for an option that the callback does not declare, a value of another type, or one out of range.
   */
  with(options: {readonly [K in keyof O]?: Widen<O[K]>}): this;
}

/** The type of an option's other values. */
export type Widen<T> = T extends boolean ? boolean : T extends number ? number : never;

/** What a callback keeps outside of the optimizer that it is part of, as `OptimWrapper` keeps another optimizer. */
export interface External {
  /** Links those hypers of a group that are outside, so that they are read and written there. */
  link(hypers: Record<string, Scalar>, group: number): void;
  /**
   * What makes the callback again after loading. Names must be values of the key `name`, as in every saved
   * configuration.
   */
  getConfig(): tf.serialization.ConfigDict;
  /** Disposes what is outside. */
  dispose(): void;
}

/** The host numbers of one parameter group in a step. */
export interface GroupStep {
  /** The numbers as the callbacks that have run left them. */
  readonly now: Readonly<Record<string, number>>;
  /** Computes the callback's new numbers, unless it has computed them in this step. */
  advance(cb: Callback, hypers: Readonly<Record<string, Scalar>>): void;
}

/** A gradient that no callback has read. */
export interface Unread {
  /** The callback that returned it. */
  readonly by: string;
  /** A step after it that may read the gradient in other calls. */
  readonly passed?: string;
}

/** A parameter as it was when a callback may have skipped the step. */
export interface Gate<V extends Value> {
  /** A scalar, positive where the step is skipped. */
  readonly skip: V;
  readonly p: V;
  /** Also the starts of entries that started later. */
  readonly entries: Record<string, V | number>;
}

/**
 * The scratch copy of one parameter in a step. Callbacks put new values here. When all are computed, the step writes
 * them back.
 */
export interface Draft<V extends Value, Of = unknown> {
  /** What the draft was made from. */
  readonly of: Of;
  /** The parameter's group. Only in a partition, where the group tells the part. */
  readonly group?: number;
  /** The parameter before the step. Entries that start now are computed from it. */
  readonly before: V;
  p: V;
  /** What is still to be subtracted from `p`. Callbacks that take the update can replace it until then. */
  update: V | undefined;
  /** Undefined where the parameter has no gradient. */
  grad: V | undefined;
  /** False for a frozen parameter, which only `everyParameter` callbacks see. */
  readonly trains: boolean;
  readonly doWd: boolean;
  readonly hypers: Readonly<Record<string, Scalar>>;
  /**
   * The numbers of the parameter's group. A draft of several parameters has those of all their groups, which are
   * equal. Empty where no callback declares `groupState`.
   */
  readonly groups: readonly GroupStep[];
  /** State by name: tensors and host numbers. Entries that have not started are absent. */
  readonly entries: Record<string, V | number>;
  stopped: boolean;
  /** Absent where a callback has read the present gradient, or none returned one. */
  unread?: Unread | undefined;
  /** Absent where no callback has asked to skip the step. */
  gate?: Gate<V>;
}
