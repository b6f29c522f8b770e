import {
  adam,
  type Callback,
  type HyperValue,
  lamb,
  larc,
  Lookahead,
  Optimizer,
  type ParamGroups,
  qhAdam,
  rAdam,
  ranger,
  rmsProp,
  type Scalar,
  sgd,
  slice,
} from '../../src';
import {houseCallbacks} from '../../src/callbacks';
import {expectClose} from './close';
import {argument} from './golden';
import type {Arguments, Built, GoldenArgument, Hypers} from './golden_files.mjs';
import {present} from './present';

const HYPERS = ['mom', 'sqrMom', 'eps', 'wd', 'nu1', 'nu2', 'beta', 'trustCoeff'] as const;
const FLAGS = ['clip', 'decoupleWd'] as const;

type Settings = {[K in (typeof HYPERS)[number]]?: HyperValue} & {[K in (typeof FLAGS)[number]]?: boolean} & {
  readonly params: ParamGroups;
};

const FACTORIES: Readonly<Record<string, (lr: HyperValue | undefined, settings: Settings) => Optimizer>> = {
  SGD: sgd,
  RMSProp: rmsProp,
  Adam: adam,
  RAdam: rAdam,
  QHAdam: qhAdam,
  Larc: larc,
  Lamb: lamb,
  ranger,
};

/** A golden case's optimizer. */
interface BuiltCase extends Built {
  readonly inner?: Built;
  readonly cbs?: ReadonlyArray<string | readonly [string, Readonly<Record<string, Scalar>>]>;
}

/** fastai's name in this package: `sqr_mom` is `sqrMom`, `qhadam_step` is `qhAdamStep`. */
export function camelCase(name: string): string {
  return name.replace(/^(qh|r)adam/, '$1_adam').replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Renames the keys from fastai's names to ours. */
export function camelCaseKeys<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [camelCase(name), value]));
}

/** The package's callback for fastai's name. */
function goldenCallback(name: string): Callback {
  const found = houseCallbacks.find((cb: Callback) => cb.name === camelCase(name));
  if (found === undefined) throw new Error(`There is no callback for fastai's '${name}'.`);
  return found;
}

/** A hyper's value as `setHyper` takes it. */
export function hyperValue(value: GoldenArgument): HyperValue {
  const given = argument(value, (start, end) => (start === null ? slice(end) : slice(start, end)));
  if (given === null) throw new Error('A hyper is never null.');
  return given;
}

/** The optimizer of a golden case over groups of variables. */
export function buildOptimizer({optimizer, hypers, inner, cbs}: BuiltCase, params: ParamGroups): Optimizer {
  if (cbs !== undefined) {
    const callbacks = cbs.map(entry =>
      typeof entry === 'string' ? goldenCallback(entry) : goldenCallback(entry[0]).with(camelCaseKeys(entry[1])),
    );
    return new Optimizer<readonly Callback[]>(callbacks, {...hyperValues(hypers), params});
  }
  if (inner !== undefined) return new Lookahead(buildOptimizer(inner, params), numbersOf(hypers));
  const make = FACTORIES[optimizer];
  if (make === undefined) throw new Error(`There is no factory for '${optimizer}'.`);
  const {lr, ...given} = hyperValues(hypers);
  const settings: Settings = {params};
  for (const name of HYPERS) if (given[name] !== undefined) settings[name] = given[name];
  for (const name of FLAGS) if (given[name] !== undefined) settings[name] = given[name] === true;
  return make(lr, settings);
}

/** Expects the hypers of every group to be fastai's, except for the rounding of the powers in a slice. */
export function expectHypers(optimizer: Optimizer, expected: readonly Hypers[], what: string): void {
  const actual = optimizer.hypers.map(values => Object.entries(values).sort());
  const wanted = expected.map(values => Object.entries(camelCaseKeys(values)).sort());
  expect(actual.map(entries => entries.map(([name]) => name)))
    .withContext(what)
    .toEqual(wanted.map(entries => entries.map(([name]) => name)));
  wanted.forEach((entries, i) => {
    expectClose(
      present(actual[i]).map(([, value]) => Number(value)),
      entries.map(([, value]) => value),
      1e-15,
      `${what}, group ${i}`,
    );
  });
}

function hyperValues(hypers: Arguments): Record<string, HyperValue> {
  return camelCaseKeys(Object.fromEntries(Object.entries(hypers).map(([name, value]) => [name, hyperValue(value)])));
}

function numbersOf(values: Arguments): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (typeof value !== 'number') throw new Error(`${name} is not a number.`);
      return [name, value];
    }),
  );
}
