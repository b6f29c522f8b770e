import type {serialization} from '@tensorflow/tfjs-core';

import {at} from '../util/at';
import {own} from '../util/own';
import {type Chain, chainOf, type Division, segmentsOf} from './chain';
import type {Callback} from './declaration';

/** The part of a callback that runs for all parts. */
export const ALL = -1;
/** The class of partitions. Here, because a chain names it. */
export const PARTITION = 'TfjsOptimPartition';

/** One callback of a partition, with its part, or `ALL`. */
export type Divided = readonly [part: number, callback: Callback];

/** What is specific to a part beside its callbacks. */
export interface PartSettings {
  /** What summaries call it. */
  readonly name: string;
  /** Whether one-cycle leaves its `mom` alone, unless it is given `moms`. */
  readonly keepsMom: boolean;
  /** What makes the rule again by which it takes variables. Undefined where that can't be saved. */
  readonly takes: serialization.ConfigDict | undefined;
}

/**
 * The chain of a partition. Names are checked in each part by itself, so two parts can use a name differently.
 * @throws where two callbacks that run on the same parameters use a name differently.
 */
export function dividedChain(divided: readonly Divided[], parts: readonly PartSettings[]): Chain {
  const callbacks = divided.map(([, callback]) => callback);
  const partOf = divided.map(([part]) => part);
  const count = parts.length;
  const runsIn = (part: number) => divided.filter(([of]) => of === part || of === ALL);
  const shared = chainOf(divided.filter(([of]) => of === ALL).map(([, callback]) => callback)).common;
  checkNumbers(divided, shared);
  checkOnlyOnce(divided);
  const chains = Array.from({length: count}, (_, part) => chainOf(runsIn(part).map(([, callback]) => callback)));
  const ownNumbers = chains.map(({common}) => new Set([...common].filter(name => !shared.has(name))));
  const lastTakers = chains.map((_, part) =>
    divided.map(([of, {declaration}]) => (of === part || of === ALL) && declaration.takesUpdate).lastIndexOf(true),
  );
  const keyIn = (part: number, name: string): string | undefined => {
    if (shared.has(name)) return name;
    return at(ownNumbers, part).has(name) ? `${part}/${name}` : undefined;
  };
  const division: Division = {
    className: PARTITION,
    chains,
    toConfig: () =>
      parts.map(({keepsMom, name, takes}, i) => ({
        callbacks: partOf.flatMap((part, index) => (part === i ? [index] : [])),
        keepsMom,
        name,
        ...(takes && {takes}),
      })),
    chainOf: group => at(chains, group % count),
    takes: (index, group) => partOf[index] === ALL || partOf[index] === group % count,
    lastTakerOf: group => at(lastTakers, group % count),
    keyOf: (group, name) => keyIn(group % count, name),
    commonOf: (group, common) =>
      Object.fromEntries(
        [...at(chains, group % count).common].flatMap(name => {
          const value = own(common, keyIn(group % count, name) ?? name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
    forParts: (groups, each) => {
      const results = chains.map((chain, part) =>
        each(
          groups.filter((_, i) => i % count === part),
          chain,
          part,
        ),
      );
      return groups.map((_, i) => at(at(results, i % count), Math.floor(i / count)));
    },
    withCallbacks: others =>
      dividedChain(
        partOf.map((part, i) => [part, at(others, i)]),
        parts,
      ),
    extended: last => dividedChain([...divided, ...chains.map((_, part): Divided => [part, last])], parts),
    changed: (...of) => changedChain(division, {divided, parts}, ...of),
  };
  return {
    callbacks,
    segments: segmentsOf(callbacks),
    lastTaker: Math.max(...lastTakers),
    hypers: union(chains.map(({hypers}) => hypers)),
    state: union(chains.map(({state}) => state)),
    options: union(chains.map(({options}) => options)),
    ranges: union(chains.map(({ranges}) => ranges)),
    common: new Set([...shared, ...ownNumbers.flatMap((names, part) => [...names].map(name => `${part}/${name}`))]),
    everyParameter: chains.some(({everyParameter}) => everyParameter),
    restarts: [...new Set(chains.flatMap(({restarts}) => restarts))],
    groupState: union(chains.map(({groupState}) => groupState)),
    // A callback for all parts is in the chain of each.
    shared: [...new Map(chains.flatMap(chain => chain.shared).map(entries => [entries.key, entries])).values()],
    canSkip: chains.some(({canSkip}) => canSkip),
    externals: chains.flatMap(({externals}) => externals),
    division,
  };
}

function changedChain(
  before: Division,
  {divided, parts}: {readonly divided: readonly Divided[]; readonly parts: readonly PartSettings[]},
  ...[change, common, hypers]: Parameters<Division['changed']>
): Chain | undefined {
  const {chains} = before;
  const lists = chains.map((chain, part) => change(chain.callbacks, before.commonOf(part, common), at(hypers, part)));
  if (lists.every(list => list === undefined)) return undefined;
  const left = lists.map(list => list?.values());
  const chain = dividedChain(
    divided.map(([of, callback]): Divided => {
      // A callback for all is replaced alike in all parts that take part.
      const [replaced = callback] = left.flatMap((list, part) => {
        const next = of === ALL || of === part ? list?.next() : undefined;
        return next === undefined || next.done === true ? [] : [next.value];
      });
      return [of, replaced];
    }),
    parts,
  );
  const {division} = chain;
  if (division === undefined) throw new Error('The chain of a partition must be divided.');
  return {
    ...chain,
    division: {
      ...division,
      takes: (index, group) => lists[group % chains.length] !== undefined && division.takes(index, group),
    },
  };
}

/** What all parts declare together. Where two parts use a name differently, it says what the first one declares. */
function union<V>(maps: ReadonlyArray<ReadonlyMap<string, V>>): Map<string, V> {
  return new Map([...maps].reverse().flatMap(map => [...map]));
}

/** @throws where two callbacks have a shared number by the same name, because it belongs to the whole optimizer. */
function checkOnlyOnce(divided: readonly Divided[]): void {
  const owners = new Map<string, string>();
  for (const [part, {name, declaration}] of divided) {
    const who = `${name} of ${part === ALL ? 'all parts' : `part ${part}`}`;
    for (const entry of Object.keys(declaration.shared)) {
      const other = owners.get(entry);
      if (other !== undefined)
        throw new Error(
          `${other} and ${who} both have the shared number '${entry}'; ` +
            'put the callback, or a setting such as skipNonFinite, on the partition instead.',
        );
      owners.set(entry, who);
    }
  }
}

/** @throws where a part has a number that all parts share. Then the parts would count it differently. */
function checkNumbers(divided: readonly Divided[], shared: ReadonlySet<string>): void {
  for (const [part, {name, declaration}] of divided) {
    if (part === ALL || !declaration.everyParameter) continue;
    const twice = Object.keys(declaration.state).find(entry => shared.has(entry));
    if (twice !== undefined)
      throw new Error(
        `${name} of part ${part} and a callback for all parts both count '${twice}'; ` +
          'put the callback in all parts or in none.',
      );
  }
}
