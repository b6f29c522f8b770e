import type {Callback, External} from './declaration';
import type {Range} from './range';
import {type Required, required} from './required';
import type {Start} from './starts';

/** A stretch of the chain. Only its first callback may be one that waits for all parameters. */
export interface Segment {
  readonly callbacks: readonly Callback[];
}

/** The callbacks of an optimizer in order, with what they declare gathered and checked. */
export interface Chain {
  readonly callbacks: readonly Callback[];
  readonly segments: readonly Segment[];
  /** Every hyper that a callback declares. */
  readonly hypers: ReadonlyMap<string, number | Required>;
  /** Every state entry, with its start. */
  readonly state: ReadonlyMap<string, number | Start>;
  /** Names of options, with the values that they are bound to in the callback that declares them first. */
  readonly options: ReadonlyMap<string, number | boolean>;
  /** Which values options can have. */
  readonly ranges: ReadonlyMap<string, Range>;
  /** Host numbers that all parameters have in common: those of `everyParameter` callbacks. */
  readonly common: ReadonlySet<string>;
  readonly everyParameter: boolean;
  /** The state entries that start anew by themselves where others write the variable. */
  readonly restarts: readonly string[];
  /** What callbacks keep outside. */
  readonly externals: readonly External[];
}

/**
 * Gathers what the callbacks declare.
 * @throws where two callbacks mean different things by a name, or one needs an entry that none before it provides.
 */
export function chainOf(callbacks: readonly Callback[]): Chain {
  const hypers = new Map<string, number | Required>();
  const state = new Map<string, number | Start>();
  const options = new Map<string, number | boolean>();
  const common = new Set<string>();
  const kinds = new Map<string, {kind: string; by: string}>();
  const claim = (entry: string, kind: string, by: string) => {
    const first = kinds.get(entry);
    if (first !== undefined && first.kind !== kind) {
      throw new Error(
        `'${entry}' is ${kind} of ${by} and ${first.kind} of ${first.by}; hypers, state and options never share a name. \`hpMap\` of OptimWrapper renames its hypers.`,
      );
    }
    if (first === undefined) kinds.set(entry, {kind, by});
  };
  callbacks.forEach(checkIsCallback);
  for (const cb of callbacks) {
    const {declaration, name} = cb;
    for (const [hyper, value] of Object.entries(declaration.hypers)) {
      claim(hyper, 'a hyper', name);
      const known = hypers.get(hyper);
      if (known === undefined || known === required) hypers.set(hyper, value);
    }
    for (const [option, value] of Object.entries(cb.options)) {
      claim(option, 'an option', name);
      if (!options.has(option)) options.set(option, value);
    }
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
          `${name} reads '${entry}', which no callback before it provides; put the callback whose state '${entry}' is before ${name}.`,
        );
      }
      if (
        known !== undefined &&
        (Object.hasOwn(declaration.reads, entry) ? typeof known !== typeof start : known !== start)
      ) {
        throw new Error(`${name} and a callback before it start the state entry '${entry}' differently.`);
      }
      if (!own) continue;
      const shared = declaration.everyParameter && typeof start === 'number';
      if (known !== undefined && shared !== common.has(entry)) {
        throw new Error(
          `${name}: '${entry}' is common to all parameters in one callback and each parameter's own in another.`,
        );
      }
      state.set(entry, start);
      if (shared) common.add(entry);
    }
  }
  return {
    callbacks,
    segments: segmentsOf(callbacks),
    hypers,
    state,
    options,
    common,
    ranges: rangesOf(callbacks),
    everyParameter: callbacks.some(cb => cb.declaration.everyParameter),
    restarts: callbacks.flatMap(cb => cb.declaration.restarts),
    externals: callbacks.flatMap(({declaration: {external}}) => external ?? []),
  };
}

function checkIsCallback(cb: unknown, i: number): void {
  if (typeof cb === 'function' && 'declaration' in cb) return;
  throw new Error(
    `Callback ${i} is ${Array.isArray(cb) ? 'a list: spread it, as in [...accumulate(4)]' : `no callback but ${String(cb)}: make one by callback(…)`}.`,
  );
}

function segmentsOf(callbacks: readonly Callback[]): Segment[] {
  const segments: Array<{callbacks: Callback[]}> = [];
  for (const cb of callbacks) {
    const last = segments.at(-1);
    if (last === undefined || waitsForAll(cb)) segments.push({callbacks: [cb]});
    else last.callbacks.push(cb);
  }
  return segments;
}

/**
 * A total needs the whole segment before it, and so does what acts on all at once; an `everyParameter` callback has to
 * know whether any parameter is still on its way.
 */
function waitsForAll({declaration}: Callback): boolean {
  return declaration.total !== undefined || declaration.everyParameter || declaration.together !== undefined;
}

function rangesOf(callbacks: readonly Callback[]): Map<string, Range> {
  const all = callbacks.flatMap(({declaration: {ranges}}) => Object.entries(ranges));
  return new Map(all.flatMap(([option, range]) => (range === undefined ? [] : [[option, range] as const])));
}
