import type {serialization} from '@tensorflow/tfjs-core';

import {memo} from '../util/memo';
import {own} from '../util/own';
import {shown} from '../util/shown';
import type {Callback, External, OptionDecl, Scalar} from './declaration';
import type {Range, Ranges} from './range';
import {type Required, required} from './required';
import type {Start} from './starts';

/** A stretch of the chain. Only its first callback may wait for all parameters. */
export interface Segment {
  readonly callbacks: readonly Callback[];
  /** The index of its first callback in the chain. */
  readonly first: number;
}

/** The numbers of one callback that belong to no parameter. One tensor holds them, in this order. */
export interface SharedEntries {
  /** Names the tensor: the first of the names. */
  readonly key: string;
  readonly names: readonly string[];
  readonly starts: readonly number[];
  /** The name of the callback. */
  readonly by: string;
}

/** The callbacks of an optimizer in order, with everything that they declare. */
export interface Chain {
  readonly callbacks: readonly Callback[];
  readonly segments: readonly Segment[];
  /** The index of the last callback that takes the update; -1 without one. */
  readonly lastTaker: number;
  /** Every hyper that a callback declares. */
  readonly hypers: ReadonlyMap<string, number | Required>;
  /** Every state entry, with its start. */
  readonly state: ReadonlyMap<string, number | Start>;
  /** Every option, with its value in the first callback that declares it. */
  readonly options: ReadonlyMap<string, number | boolean>;
  /** The ranges of hypers and options. What is absent can be any finite number. */
  readonly ranges: Ranges;
  /** The host numbers that all parameters share: those of `everyParameter` callbacks. */
  readonly common: ReadonlySet<string>;
  readonly everyParameter: boolean;
  /** The state entries that restart by themselves where others write the variable. */
  readonly restarts: readonly string[];
  /** Every number of parameter groups, with its start. */
  readonly groupState: ReadonlyMap<string, number>;
  /** The numbers that belong to no parameter, by callback. */
  readonly shared: readonly SharedEntries[];
  /** Whether a callback can skip the step. */
  readonly canSkip: boolean;
  /** What callbacks keep outside. */
  readonly externals: readonly External[];
  /** How it is divided. Only in a partition; then what is specific to a part must be read from the part's chain. */
  readonly division?: Division;
}

/**
 * How the chain of a partition is divided. Groups are ordered so that group i belongs to the part i modulo the number
 * of parts.
 */
export interface Division {
  /** The class under which every optimizer with such a chain is saved. */
  readonly className: string;
  /** The parts as a configuration holds them: which callbacks are a part's own, by index, and its settings. */
  toConfig(): serialization.ConfigDict[];
  /** What each part runs: its own callbacks, and those for all. */
  readonly chains: readonly Chain[];
  /** The chain of a group. */
  chainOf(group: number): Chain;
  /** Whether the callback of that index runs on the parameters of a group. */
  takes(index: number, group: number): boolean;
  /** The index of the last callback that takes the update of a group's parameters. */
  lastTakerOf(group: number): number;
  /** The key of a number that a group shares, among those of all parts; undefined where it is not shared. */
  keyOf(group: number, name: string): string | undefined;
  /** The shared numbers that a group sees, by their names. */
  commonOf(group: number, common: Numbers): Numbers;
  /** Applies `each` to the groups of every part. @returns its results in the order of the groups. */
  forParts<T, U>(groups: readonly T[], each: (groups: readonly T[], chain: Chain, part: number) => readonly U[]): U[];
  /** The same division with other callbacks in the places of these. */
  withCallbacks(callbacks: readonly Callback[]): Chain;
  /** The same division with one more callback at the end of each part. */
  extended(last: Callback): Chain;
  /**
   * The chain in which `change` has replaced the callbacks of some parts. It runs on these only. Undefined where it
   * replaces those of none.
   */
  changed(change: ChangeOfCallbacks, common: Numbers, hypers: readonly Hypers[]): Chain | undefined;
}

type Numbers = Readonly<Record<string, number>>;
type Hypers = Readonly<Record<string, Scalar>>;

/**
 * Other callbacks in place of those of a chain; undefined for none. It gets the host numbers that the chain's
 * parameters share, and the hypers of the first group.
 */
export type ChangeOfCallbacks = (
  callbacks: readonly Callback[],
  common: Numbers,
  hypers: Hypers,
) => readonly Callback[] | undefined;

/** The chain that runs on the parameters of a group. */
export function chainIn(chain: Chain, group: number): Chain {
  return chain.division?.chainOf(group) ?? chain;
}

/** The shared numbers that the parameters of a group see, by their names. */
export function commonIn({division}: Chain, group: number, common: Numbers): Numbers {
  return division?.commonOf(group, common) ?? common;
}

/** The key of a number among those that are shared; undefined where it is one parameter's own. */
export function commonKey({common, division}: Chain, group: number, name: string): string | undefined {
  return division === undefined ? (common.has(name) ? name : undefined) : division.keyOf(group, name);
}

/** The options of a callback in a group. One that was set by name is a hyper of the group. */
export function optionsIn({options}: Callback, hypers: Hypers): OptionDecl {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, own(hypers, name) ?? value]));
}

/** How a state entry starts in a group: what its start depends on besides the parameter. Undefined for no entry. */
export function startIn(
  {callbacks, state}: Chain,
  entry: string,
  hypers: Hypers,
): {readonly start: number | Start; readonly options: OptionDecl} | undefined {
  const start = state.get(entry);
  const owner = callbacks.find(({declaration}) => Object.hasOwn(declaration.state, entry));
  return start === undefined ? undefined : {start, options: owner === undefined ? {} : optionsIn(owner, hypers)};
}

/** Whether a callback of the chain runs on the parameters of a group. */
export function takesPart({division}: Chain, index: number, group = 0): boolean {
  return division?.takes(index, group) ?? true;
}

/** Further checks of callbacks, which throw. `callback` adds them: bundles without it do without them. */
export const chainChecks = new Set<(callbacks: readonly Callback[]) => void>();

/**
 * Collects and checks what the callbacks declare.
 * @throws where two callbacks use a name differently or have no value of a hyper in common, a callback with state, or
 *   a decay, is there twice, or one needs an entry that no callback before it provides.
 */
export function chainOf(callbacks: readonly Callback[]): Chain {
  const hypers = new Map<string, number | Required>();
  const state = new Map<string, number | Start>();
  const options = new Map<string, number | boolean>();
  const common = new Set<string>();
  const groupState = new Map<string, number>();
  /** The only callback that may use an entry. */
  const owners = new Map<string, string>();
  const kinds = new Map<string, {kind: string; by: string}>();
  const claim = (entry: string, kind: string, by: string) => {
    const first = kinds.get(entry);
    if (first !== undefined && first.kind !== kind) {
      throw new Error(
        `'${entry}' is ${kind} of ${by} and ${first.kind} of ${first.by}; a name must have one meaning. ` +
          'Rename one of them; `hpMap` of OptimWrapper renames its hypers.',
      );
    }
    if (first === undefined) kinds.set(entry, {kind, by});
  };
  const claimAlone = (entry: string, kind: string, by: string) => {
    claim(entry, kind, by);
    if (owners.has(entry))
      throw new Error(
        `'${entry}' is ${kind} of ${owners.get(entry)} and of ${by}; only one callback can have it. ` +
          'Rename one of them, or use one callback once.',
      );
    owners.set(entry, by);
  };
  const ranges = new Map<string, Range[]>();
  callbacks.forEach(checkIsCallback);
  for (const check of chainChecks) check(callbacks);
  const gates = callbacks.filter(cb => cb.declaration.skips).map(({name}) => name);
  if (gates.length > 1)
    throw new Error(`Only one callback can skip steps; got ${gates.join(' and ')}. Leave all but one out.`);
  /** The callbacks that can't be there twice. */
  const holders = new Set<string>();
  for (const cb of callbacks) {
    const {declaration, name} = cb;
    const decays = isDecaying(cb);
    if (holders.has(name))
      throw new Error(
        `${name} is there twice, and both would ${decays ? 'decay the weights' : 'update its state'}; leave one out.`,
      );
    if (decays || Object.keys(declaration.state).length > 0) holders.add(name);
    for (const [entry, range] of Object.entries(declaration.ranges))
      if (range !== undefined) memo(ranges, entry, (): Range[] => []).push(range);
    for (const [hyper, value] of Object.entries(declaration.hypers)) {
      claim(hyper, 'a hyper', name);
      const known = hypers.get(hyper);
      if (known === undefined || known === required) hypers.set(hyper, value);
    }
    for (const [option, value] of Object.entries(cb.options)) {
      claim(option, 'an option', name);
      if (!options.has(option)) options.set(option, value);
    }
    for (const [entry, start] of Object.entries(declaration.groupState)) {
      claimAlone(entry, 'a number of groups', name);
      groupState.set(entry, start);
    }
    for (const entry of Object.keys(declaration.shared)) claimAlone(entry, 'a shared number', name);
    for (const [entry, start] of Object.entries({...declaration.reads, ...declaration.needs, ...declaration.state})) {
      claim(entry, 'state', name);
      const known = state.get(entry);
      const own = Object.hasOwn(declaration.state, entry);
      if (
        known === undefined &&
        !own &&
        (Object.hasOwn(declaration.needs, entry) ||
          callbacks.some(other => Object.hasOwn(other.declaration.state, entry)))
      ) {
        throw new Error(
          `${name} reads '${entry}', which no callback before it provides; ` +
            `put a callback with the state '${entry}' before ${name}.`,
        );
      }
      if (
        known !== undefined &&
        (Object.hasOwn(declaration.reads, entry) ? typeof known !== typeof start : known !== start)
      ) {
        throw new Error(
          `${name} and a callback before it start the state '${entry}' differently; use the same start in both.`,
        );
      }
      if (!own) continue;
      const shared = declaration.everyParameter && typeof start === 'number';
      if (known !== undefined && shared !== common.has(entry)) {
        throw new Error(
          `${name} and a callback before it share the number '${entry}', but only one declares \`everyParameter\`; ` +
            'declare it in both or in neither.',
        );
      }
      state.set(entry, start);
      if (shared) common.add(entry);
    }
  }
  return {
    callbacks,
    segments: segmentsOf(callbacks),
    lastTaker: callbacks.map(({declaration}) => declaration.takesUpdate).lastIndexOf(true),
    hypers,
    state,
    options,
    common,
    ranges,
    groupState,
    canSkip: gates.length > 0,
    shared: callbacks.flatMap(({name, declaration: {shared}}) => {
      const names = Object.keys(shared);
      const [key] = names;
      return key === undefined ? [] : [{key, names, starts: Object.values(shared), by: name}];
    }),
    everyParameter: callbacks.some(cb => cb.declaration.everyParameter),
    restarts: callbacks.flatMap(cb => cb.declaration.restarts),
    externals: callbacks.flatMap(({declaration: {external}}) => (external === undefined ? [] : [external])),
  };
}

/** Whether it was made with `callback`. */
export function isCallback(cb: unknown): cb is Callback {
  return typeof cb === 'function' && 'declaration' in cb;
}

/**
 * Whether it decays the weights.
 * @param named the options that were set by name; those of the callback are in their place where absent.
 */
export function isDecaying({declaration: {decays}, options}: Callback, named?: ReadonlyMap<string, unknown>): boolean {
  // Of a list with one value per group, some may be true.
  return typeof decays === 'string' ? (named?.get(decays) ?? own(options, decays)) !== false : decays;
}

function checkIsCallback(cb: unknown, i: number): void {
  if (isCallback(cb)) return;
  throw new Error(
    `Callback ${i} must be made with callback(…); got ` +
      (Array.isArray(cb)
        ? 'a list. Spread it, as in [...accumulate(4)].'
        : `${shown(cb)}. Those of fit belong to model.fit.`),
  );
}

/**
 * Cuts a chain before each callback that must wait for all parameters.
 * @param runsAlone whether the i-th callback runs on all parameters at once.
 */
export function segmentsOf(
  callbacks: readonly Callback[],
  runsAlone: (i: number) => boolean = i => callbacks[i]?.declaration.together !== undefined,
): Segment[] {
  const segments: Array<{callbacks: Callback[]; first: number}> = [];
  for (const [first, cb] of callbacks.entries()) {
    const last = segments.at(-1);
    if (last === undefined || waitsForAll(cb) || runsAlone(first)) segments.push({callbacks: [cb], first});
    else last.callbacks.push(cb);
  }
  return segments;
}

/**
 * Whether a callback must wait until all parameters are through the segment before it: to sum a total, or, with
 * `everyParameter`, to know whether every parameter was stopped.
 */
function waitsForAll({declaration}: Callback): boolean {
  return declaration.total !== undefined || declaration.everyParameter;
}
