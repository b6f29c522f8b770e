import type {Scalar} from '../../rule/declaration';
import {shown} from '../../util/shown';
import {type Chained, valueIn} from '../training/chain_parts';
import {type FileGroup, numberAt, type Origin} from '../training/file_groups';
import type {HyperSpec, TorchRule} from './rules';

const DECAY = 'weight_decay';

/** The parameters of one group of ours that PyTorch treats alike. */
export interface Alike {
  /** The index of their hypers. */
  readonly row: number;
  readonly hypers: Readonly<Record<string, Scalar>>;
  readonly params: readonly string[];
  readonly decays: boolean;
  readonly frozen: boolean;
}

/** The group of PyTorch for such parameters. */
export function groupThere({cls, hypers}: TorchRule, {callbacks}: Chained, alike: Alike): FileGroup {
  const value = (name: string): Scalar => {
    const found = valueIn(callbacks, alike.hypers, name);
    if (found === undefined) throw new Error(`The optimizer has neither a hyper nor an option '${name}'.`);
    return found;
  };
  const isOff = (key: string) => key === DECAY && !alike.decays;
  return {
    cls,
    params: alike.params,
    frozen: alike.frozen,
    hypers: Object.fromEntries(
      Object.entries(hypers).map(([key, spec]) => [key, isOff(key) ? 0 : valueThere(spec, value)]),
    ),
    origin: {row: alike.row, at: Object.fromEntries(placesOf(hypers).filter(([, [key]]) => !isOff(key)))},
  };
}

function valueThere(spec: HyperSpec, value: (name: string) => Scalar): unknown {
  if (typeof spec === 'string') return value(spec);
  if (isTuple(spec)) return spec.map(value);
  if ('is' in spec) return spec.is;
  const {option, words} = spec;
  return words === undefined ? value(option) : words[Number(value(option))];
}

/** Where our hypers are in a group of PyTorch. */
function placesOf(hypers: TorchRule['hypers']): Array<[ours: string, place: Origin['at'][string]]> {
  return Object.entries(hypers).flatMap(([key, spec]): Array<[string, Origin['at'][string]]> => {
    if (typeof spec === 'string') return [[spec, [key]]];
    return isTuple(spec) ? spec.map((ours, i) => [ours, [key, i]]) : [];
  });
}

/** What groups of PyTorch say about one group of ours. */
export interface Read {
  readonly hypers: Readonly<Record<string, number>>;
  /** Whether decay acts on each parameter, by name. Undefined where the class has no decay. */
  readonly decays: ReadonlyMap<string, boolean> | undefined;
}

/**
 * Reads the hypers of one group of ours from the groups that hold its parameters.
 * @param now the hypers as they are.
 * @param problem is called where something does not fit. It may throw.
 */
export function hypersHere(
  rule: TorchRule,
  {callbacks}: Chained,
  now: Readonly<Record<string, Scalar>>,
  groups: readonly FileGroup[],
  problem: (text: string) => void,
): Read {
  const {cls, hypers: specs} = rule;
  for (const [key, spec] of Object.entries(specs)) {
    if (typeof spec === 'string' || isTuple(spec)) continue;
    const wanted = valueThere(spec, name => valueIn(callbacks, now, name) ?? NaN);
    for (const {hypers} of groups) {
      // torch's Muon means 'original' where it has no factor.
      const given = key === 'adjust_lr_fn' ? (hypers[key] ?? 'original') : hypers[key];
      if (given !== undefined && JSON.stringify(given) !== JSON.stringify(wanted))
        problem(
          `'${key}' of ${cls} is ${shown(given)} in the file, and ${shown(wanted)} is what this optimizer computes; ` +
            'make it with the same setting.',
        );
    }
  }
  if (groups.some(({hypers}) => hypers['maximize'] === true))
    problem(`'maximize' of ${cls} is true in the file; this optimizer minimizes.`);
  const places = placesOf(specs);
  const decaying = groups.filter(({hypers}) => hypers[DECAY] !== 0);
  const hypers: Record<string, number> = {};
  for (const [ours, place] of places) {
    const [key, index] = place;
    // Groups in which decay does not act tell nothing about it.
    const values = (key === DECAY ? decaying : groups).map(group => {
      const value = numberAt(group.hypers, place);
      if (value === undefined) throw new Error(`The file has no number '${key}' for ${cls}; save it again.`);
      return value;
    });
    const [first] = values;
    if (first === undefined || !Object.hasOwn(now, ours)) continue;
    const other = values.find(value => value !== first);
    if (other !== undefined)
      problem(
        `'${key}${index === undefined ? '' : `[${index}]`}' is ${first} and ${other} in the file for parameters ` +
          `that are in one group here; give the optimizer \`params\` with a list for each.`,
      );
    hypers[ours] = first;
  }
  return {
    hypers,
    decays: Object.hasOwn(specs, DECAY)
      ? new Map(groups.flatMap(group => group.params.map(name => [name, group.hypers[DECAY] !== 0] as const)))
      : undefined,
  };
}

/** The class of a group. torch's Adam with its flag is AdamW. */
export function classOf({cls, hypers}: FileGroup): string {
  return cls === 'torch.optim.Adam' && hypers['decoupled_weight_decay'] === true ? 'torch.optim.AdamW' : cls;
}

/** Whether decay acts in any of these groups. */
export function decaysIn(groups: readonly FileGroup[]): boolean {
  return groups.some(group => numberAt(group.hypers, [DECAY]) !== 0);
}

/** Whether a hyper of a class is a tuple of ours. */
export function isTuple(spec: HyperSpec): spec is readonly string[] {
  return Array.isArray(spec);
}
