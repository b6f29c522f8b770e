import {own} from '../util/own';
import {shown} from '../util/shown';
import {callAlone} from './call_alone';
import type {
  Callback,
  Context,
  Declaration,
  GivenDeclaration,
  HyperDecl,
  HyperSpec,
  OptionDecl,
  Scalar,
  StateDecl,
  Widen,
  WithoutDefault,
} from './declaration';
import {conventionalRange} from './hypers';
import {checkRange, type Range} from './range';
import {register} from './registry';
import type {Required} from './required';
import type {Value} from './value';

type Entry<I, V = Value> = I extends number ? number : V;
type Numbers<G> = {readonly [K in keyof G]: number};
type Scalars<D, V = Value> = {readonly [K in keyof D]: V};
type Own<H, S, R, N, O, E, TU = false, G = {}, D = {}> = (TU extends true
  ? {readonly update: E extends true ? Value | undefined : Value}
  : unknown) & {
  readonly p: Value;
  readonly grad: E extends true ? Value | undefined : Value;
  readonly doWd: boolean;
} & Numbers<H> &
  Numbers<G> &
  Scalars<D> & {readonly [K in keyof O]: Widen<O[K]>} & {
    readonly [K in keyof S]: Entry<S[K]>;
  } & {readonly [K in keyof N]: Entry<N[K]>} & {readonly [K in keyof R]?: Entry<R[K]> | undefined};
type Totals<T> = [keyof T] extends [never] ? unknown : {readonly total: {readonly [K in keyof T]: Value}};
type Update<S, V = Value, D = {}> = {
  readonly shared?: Partial<Scalars<D, V>>;
  readonly skip?: V;
  readonly p?: V;
  readonly update?: V;
  readonly grad?: V;
  readonly stop?: boolean;
} & {
  readonly [K in keyof S]?: Entry<S[K], V>;
};
/** What a callback returns, and nothing else. */
type Only<U, S, D, SK> = {
  readonly [K in keyof U]: K extends 'shared'
    ? OnlyShared<U[K], D>
    : K extends 'skip'
      ? SK extends true
        ? unknown
        : never
      : K extends 'p' | 'update' | 'grad' | 'stop' | keyof S
        ? unknown
        : never;
};
type OnlyShared<V, D> = {readonly [K in keyof V]: K extends keyof D ? unknown : never};
/** What `group` returns: new numbers, and nothing else. */
type OnlyNumbers<GU, G> = {readonly [K in keyof GU]: K extends keyof G ? number | undefined : never};
type Swap = {readonly p: Value};

type Defaulted<H> = {[K in keyof H]: H[K] extends WithoutDefault ? never : K}[keyof H];
/** What the declarations of hypers hold, and nothing else. */
type OnlySpecs<H> = {
  readonly [K in keyof H]: H[K] extends number | Required
    ? unknown
    : {readonly [F in keyof H[K]]: F extends keyof HyperSpec ? unknown : never};
};
/** What a callback that is called alone must be given. Everything that has a start or a default can be left out. */
type Alone<H, S, R, N, O, V, G = {}, D = {}> = {
  readonly p: V;
  readonly update?: V;
  readonly grad?: V;
  readonly doWd?: boolean;
} & {
  readonly [K in Exclude<keyof H, Defaulted<H>>]: number;
} & {readonly [K in Defaulted<H>]?: number} & {readonly [K in keyof N]: Entry<N[K], V>} & {
  readonly [K in keyof O]?: Widen<O[K]>;
} & {readonly [K in keyof S]?: Entry<S[K], V>} & {readonly [K in keyof R]?: Entry<R[K], V>} & Partial<Numbers<G>> &
  Partial<Scalars<D, V>>;

/** A callback that can be called alone, as a plain function of one parameter: tensors in, tensors out. */
export interface CallableCallback<H extends HyperDecl, S, R, N, O extends OptionDecl, G = {}, D = {}> extends Callback<
  H,
  O
> {
  <V extends Value>(at: Alone<H, S, R, N, O, V, G, D>): Update<S, V, D>;
  /**
   * @param how `alone`: the name under which a step's update is returned, such as 'update'. Without it, a step returns
   *   the new `p`.
   */
  <V extends Value, const K extends string>(
    at: Alone<H, S, R, N, O, V, G, D>,
    how: {readonly alone: K},
  ): Update<S, V, D> & {readonly [P in K]?: V};
}

// `callback`, for users, also checks the declaration. The tests check the declarations of the package's own callbacks.
// The reference takes the descriptions of the parameters from here.
/**
 * Makes a callback and registers it under its name.
 *
 * @param name matches `/^[a-z][A-Za-z0-9]*$/`. Using a name again replaces the callback that had it.
 * @param declaration
 *   - `hypers`: numbers that the optimizer holds per group: a default, or `required`. Either can come with a range, as
 *     in `{clip: {default: 0.25, from: 0, below: 1}, gain: {default: required, above: 0}}`. The bounds are `from` (the
 *     least number), `above`, `to` (the largest), `below` and `whole` (whole numbers only). Without an object, `mom`
 *     and `sqrMom` are in [0, 1), `lr`, `wd`, `eps`, `trustCoeff` and `beta` are from 0, `clipValue`, `clipNorm` and
 *     `globalClipNorm` are above 0, and others are any finite number. The optimizer checks a value where it is given,
 *     set, scheduled or loaded. It must be in the ranges of all callbacks that declare the hyper. Only schedules made
 *     of `constant` and `combine` can move a whole hyper.
 *   - `state`: what the optimizer holds per parameter: a number (on the host) or a start (`zeros`, `copy`, `scalar`,
 *     `startAt(f)`). Callbacks may share an entry that has the same start. `copy` and `startAt(f, {space: 'weight'})`
 *     hold a point in weight space: `opt.rebase()` restarts them from the present weights.
 *   - `restarts`: entries in weight space that also restart by themselves, where others wrote the variable since the
 *     last step.
 *   - `reads`: entries of a callback before it, `undefined` where that callback is absent.
 *   - `needs`: entries that a callback before it must provide.
 *   - `options`: numbers or booleans, bound by `cb.with({...})`.
 *   - `ranges`: the numbers that options can be, as in `{k: {from: 1, whole: true}, share: {from: 0, to: 1}}`, with
 *     the bounds of hypers; checked by `with` and on loading.
 *   - `groupState`, `group`: numbers that belong to a parameter group, with their starts, and the function that
 *     computes new ones: `{groupState: {k: 0}, group: ({k}) => ({k: k + 1})}`. It runs on the host, once per group and
 *     step, before `total` and `fn` run on the group's first parameter. It gets the group's hypers, the options and
 *     these numbers. `total`, `fn` and `evaluate` get the new numbers; no other callback does.
 *   - `everyGroup`: `group` runs also in steps in which no parameter of the group has a gradient. It still does not run
 *     where all parameters of the group are frozen, or were stopped.
 *   - `shared`: numbers that belong to no parameter, such as an estimate for the whole model, with their starts:
 *     `{shared: {d: 1e-6}}`. They are on the device: `fn`, `total` and `evaluate` get scalars with the values from
 *     before the step. `fn` may return new ones, `{shared: {d: …}}`, computed from `total`, these numbers, hypers and
 *     host numbers only. It computes them for every parameter; what it returns for the first one counts. No other
 *     callback gets them. `opt.shared()` reads them.
 *   - `skips`: may return `skip`, a scalar computed from `total`. Where it is positive, later callbacks change neither
 *     parameters nor tensors of state nor shared numbers in this step. Host numbers go on.
 *   - `total`: what to sum over all parameters at this point of the chain; `fn` then gets the sums in `total`.
 *   - `everyParameter`: runs also for frozen parameters and for missing gradients (`grad` is then `undefined`). All
 *     parameters share its numbers. The `p` that it returns for a frozen parameter is ignored.
 *   - `takesUpdate`: gets `update`, which will be subtracted from `p` for the step before it, and may return another
 *     one. The update is applied, `p ← p - update`, before the next callback that does not take it, and at the end.
 *   - `isStep`: false for a statistic, and for a callback such as weight decay, whose change of `p` is not an update
 *     for later callbacks. Default true.
 *   - `decays`: whether it decays the weights, or the name of the option that says so. Default: whether it has the
 *     hyper `wd`. Another such callback is refused beside a step that decays by itself. The optimizers of the table,
 *     and `partition`, refuse one where the weights decay already.
 *   - `needsTensors`: calls functions of TensorFlow.js, such as `tf.matMul`, which can't be traced. It runs alone, as
 *     ordinary operations between fused kernels. Without it, such a callback does so after a warning. Default false.
 *   - `evaluate`: the `{p}` that `opt.eval()` shows until `opt.train()`.
 * @param fn the maths.
 */
export function newCallback<
  H extends HyperDecl = {},
  S extends StateDecl = {},
  R extends StateDecl = {},
  N extends StateDecl = {},
  O extends OptionDecl = {},
  T extends Readonly<Record<string, Value>> = {},
  E extends boolean = false,
  TU extends boolean = false,
  G extends Readonly<Record<string, number>> = {},
  GU extends Partial<Numbers<G>> = Partial<Numbers<G>>,
  D extends Readonly<Record<string, number>> = {},
  SK extends boolean = false,
  U extends Update<S, Value, D> = Update<S, Value, D>,
>(
  name: string,
  declaration: {
    readonly hypers?: H & OnlySpecs<H>;
    readonly state?: S;
    readonly reads?: R;
    readonly needs?: N;
    readonly options?: O;
    readonly ranges?: {readonly [K in keyof O]?: Range};
    readonly restarts?: ReadonlyArray<keyof S & string>;
    readonly everyParameter?: E;
    readonly takesUpdate?: TU;
    readonly isStep?: boolean;
    readonly decays?: boolean | string;
    readonly needsTensors?: boolean;
    readonly groupState?: G;
    readonly everyGroup?: boolean;
    readonly group?: (at: Numbers<H> & {readonly [K in keyof O]: Widen<O[K]>} & Numbers<G>) => GU & OnlyNumbers<GU, G>;
    readonly shared?: D;
    readonly skips?: SK;
    readonly total?: (at: Own<H, S, R, N, O, E, TU, G, D>) => T;
    readonly evaluate?: (at: Own<H, S, R, N, O, true, false, G, D>) => Swap;
  },
  fn: (at: Own<H, S, R, N, O, E, TU, G, D> & Totals<T>) => U & Only<U, S, D, SK>,
): CallableCallback<H, S, R, N, O, G, D>;
export function newCallback(
  name: string,
  declaration: Partial<GivenDeclaration>,
  run: (at: never) => object,
): Callback {
  const made = unregisteredCallback(name, {...declaration, run});
  register(name, () => made);
  return made;
}

const NOTHING: Omit<Declaration, 'run' | 'decays'> = {
  hypers: {},
  state: {},
  reads: {},
  needs: {},
  options: {},
  ranges: {},
  restarts: [],
  groupState: {},
  everyGroup: false,
  shared: {},
  skips: false,
  everyParameter: false,
  takesUpdate: false,
  isStep: true,
  needsTensors: false,
};

/**
 * Makes a callback without registering it. If it is saved, its module must call `register` with what makes it again.
 */
export function unregisteredCallback(
  name: string,
  {hypers = {}, ...declaration}: Partial<GivenDeclaration> & Pick<Declaration, 'run'>,
): Callback {
  const defaults: Record<string, number | Required> = {};
  const ranges: Record<string, Range | undefined> = {...declaration.ranges};
  for (const [hyper, declared] of Object.entries(hypers)) {
    if (typeof declared === 'object' && 'default' in declared) {
      ({default: defaults[hyper], ...ranges[hyper]} = declared);
    } else {
      defaults[hyper] = declared;
      ranges[hyper] ??= conventionalRange(hyper);
    }
  }
  const full: Declaration = {...NOTHING, decays: 'wd' in defaults, ...declaration, hypers: defaults, ranges};
  return bind(name, full, full.options, hypers);
}

/** @param hypers the hypers as they were declared. */
function bind(name: string, declaration: Declaration, options: OptionDecl, hypers: HyperDecl): Callback {
  const parts: Omit<Callback, 'name'> = {
    hypers,
    options,
    declaration,
    with(given: Readonly<Record<string, Scalar | undefined>>) {
      const set: Record<string, Scalar> = {...options};
      for (const [option, value] of Object.entries({...given})) {
        if (value === undefined) continue;
        if (!Object.hasOwn(options, option)) {
          throw new Error(`${name} has no option '${option}'; it has ${Object.keys(options).join(', ') || 'none'}.`);
        }
        if (typeof value !== typeof options[option] || (typeof value === 'number' && !Number.isFinite(value))) {
          throw new Error(`${name}: the option '${option}' must be a ${typeof options[option]}; got ${shown(value)}.`);
        }
        if (typeof value === 'number') checkRange(`${name}'s ${option}`, value, own(declaration.ranges, option));
        set[option] = value;
      }
      return bind(name, declaration, set, hypers);
    },
  };
  const call = (at: Context, how?: unknown) => callAlone(made, at, how);
  const made = Object.defineProperty(Object.assign(call, parts), 'name', {value: name});
  return made;
}
