import {type Callback, Optimizer, partition, type Scalar} from '../../src';
import type {Arithmetic} from '../../src/rule/arithmetic';
import {chainIn, commonIn, commonKey} from '../../src/rule/chain';
import type {Draft} from '../../src/rule/declaration';
import {ALL} from '../../src/rule/division';
import {GroupNumbers} from '../../src/rule/group_numbers';
import {runChain} from '../../src/rule/run_chain';
import {SharedRun} from '../../src/rule/shared_run';
import {difference} from './close';
import {chainOfAll, type Composition} from './compositions';
import {Float64Value} from './float64_value';
import {elementOf, present} from './present';
import {tf} from './tfjs';

/**
 * A parameter after a run, and its state: host numbers as numbers, tensors as lists. The last result has what all
 * parameters share instead.
 */
export interface ParameterResult {
  readonly p: readonly number[];
  readonly state: Readonly<Record<string, number | readonly number[]>>;
}

/** A hyper in a step: numbers follow the schedule. */
function scheduled(value: Scalar, factor = 1): Scalar {
  return typeof value === 'number' ? value * factor : value;
}

/**
 * Runs a composition on the current backend, as an application would.
 * @param afterStep is called after each step.
 */
export async function runOnBackend(
  composition: Composition,
  afterStep: (optimizer: Optimizer) => void = () => undefined,
): Promise<ParameterResult[]> {
  const {hypers, groups, freezeTo, steps, schedule} = composition;
  const variables = groups.map(group =>
    group.map(({init, shape}) => tf.tidy(() => tf.variable(tf.tensor([...init], [...shape], 'float32')))),
  );
  const rows = groups.flatMap((group, i) => group.map((parameter, j) => ({parameter, variable: variables[i]?.[j]})));
  const optimizer = optimizerOf(composition, variables);
  // A partition has one row of hypers per group and part.
  const parts = composition.partOf === undefined ? 1 : 2;
  try {
    optimizer.freezeTo(freezeTo);
    for (const {
      parameter: {doWd},
      variable,
    } of rows)
      if (variable !== undefined) optimizer.state.set(variable, {doWd});
    for (let step = 0; step < steps; step++) {
      optimizer.hypers.forEach((own, i) => {
        for (const [name, values] of Object.entries(hypers))
          if (Object.hasOwn(own, name)) own[name] = scheduled(present(values[Math.floor(i / parts)]), schedule[step]);
      });
      tf.tidy(() => {
        optimizer.applyGradients(
          rows.map(({parameter: {gradients, shape}, variable}) => {
            const gradient = elementOf(gradients, step);
            return {
              name: present(variable).name,
              tensor: gradient === null ? null : tf.tensor([...gradient], [...shape], 'float32'),
            };
          }),
        );
      });
      afterStep(optimizer);
    }
    const shared = await optimizer.shared();
    const parameters = await Promise.all(
      variables.flat().map(async variable => {
        const state = Object.entries(optimizer.state.get(variable)).filter(([name]) => name !== 'doWd');
        const entries = state.map(
          async ([name, value]) =>
            [name, value instanceof tf.Tensor ? [...(await value.data())] : Number(value)] as const,
        );
        return {p: [...(await variable.data())], state: Object.fromEntries(await Promise.all(entries))};
      }),
    );
    return [...parameters, {p: [], state: shared}];
  } finally {
    optimizer.dispose();
    tf.dispose(variables);
  }
}

function optimizerOf({callbacks, partOf, hypers}: Composition, params: readonly tf.Variable[][]): Optimizer {
  if (partOf === undefined) return new Optimizer<readonly Callback[]>(callbacks, {...hypers, params: [...params]});
  const of = (part: number) => callbacks.filter((_, i) => partOf[i] === part);
  const valuesFor = (some: readonly Callback[]) =>
    Object.entries(hypers).filter(([name]) => some.some(cb => Object.hasOwn(cb.declaration.hypers, name)));
  const by = (part: number) => {
    const own = of(part);
    const first = valuesFor(own).map(([name, values]) => [name, present(values[0])] as const);
    return new Optimizer<readonly Callback[]>(own, Object.fromEntries(first));
  };
  const isFirst = new Set(params.flat().filter((_, i) => i % 2 === 0));
  const forAll = of(ALL);
  const before = forAll.filter(cb => callbacks.indexOf(cb) < partOf.indexOf(0));
  const after = forAll.filter(cb => !before.includes(cb));
  // Required hypers of all parts are settings of the partition.
  const settings: object = {
    params: [...params],
    callbacks: before,
    after,
    ...Object.fromEntries(valuesFor(forAll)),
  };
  return partition([{of: variable => isFirst.has(variable), by: by(0)}, {by: by(1)}], settings);
}

type Float64Draft = Draft<Float64Value>;

const float64: Omit<Arithmetic<Float64Value, Float64Draft>, 'shared'> = {
  isValue: (x): x is Float64Value => x instanceof Float64Value,
  sameShape: (a, b) => a.shape.join() === b.shape.join(),
  difference: (a, b) => a.sub(b),
  chosen: (condition, then, otherwise) => then.where(condition.greater(0), otherwise),
  sum: (_, perLane) => perLane.reduce((a, b) => a.add(b)),
  scope: (_, run) => {
    run();
  },
  enter: () => undefined,
  runsAlone: () => false,
  runAlone: (_, {name}) => {
    throw new Error(`${name} acts on real tensors.`);
  },
};

/** Runs a composition in plain JavaScript, in float64: the same callbacks on `Float64Value`s. */
export function runInFloat64(composition: Composition): ParameterResult[] {
  const {hypers, groups, freezeTo, steps, schedule, partOf} = composition;
  const chain = chainOfAll(composition);
  const parts = partOf === undefined ? 1 : 2;
  const indexOf = new Map(groups.flat().map((parameter, i) => [parameter, i] as const));
  const value = (shape: readonly number[], numbers: readonly number[]) =>
    new Float64Value(shape, Float64Array.from(numbers));
  const parameters = groups.flatMap((group, i) =>
    group.map(parameter => ({
      parameter,
      // The groups of a partition are divided by part.
      group: parts * i + (present(indexOf.get(parameter)) % parts),
      trains: i >= freezeTo,
      p: value(parameter.shape, parameter.init),
      entries: new Map<string, Float64Value | number>(),
      hypers: Object.fromEntries(
        [...chain.hypers].map(([name, given]) => [name, typeof given === 'number' ? given : NaN]),
      ),
      own: Object.entries(hypers).map(([name, values]) => [name, present(values[i])] as const),
    })),
  );
  const common = new Map<string, number>();
  const shared = new Map(
    chain.shared.flatMap(({names, starts}) => names.map((name, i) => [name, present(starts[i])] as const)),
  );
  let numbers = Array.from(
    {length: parts * groups.length},
    (_, i) => new GroupNumbers(Object.fromEntries(chainIn(chain, i).groupState)),
  );
  for (let step = 0; step < steps; step++) {
    numbers = numbers.map(({now}) => new GroupNumbers(now));
    // As in the optimizer, a parameter without elements does not change.
    const filled = parameters.filter(({p}) => p.size > 0);
    const drafts = filled.map(
      ({parameter: {shape, gradients, doWd}, group, trains, p, entries, hypers: defaults, own}): Float64Draft => {
        const gradient = elementOf(gradients, step);
        return {
          before: p,
          p,
          update: undefined,
          grad: trains && gradient !== null ? value(shape, gradient) : undefined,
          trains,
          doWd,
          hypers: {
            ...defaults,
            ...Object.fromEntries(own.map(([name, hyper]) => [name, scheduled(hyper, schedule[step])])),
          },
          entries: {...Object.fromEntries(entries), ...commonIn(chain, group, Object.fromEntries(common))},
          group,
          groups: [present(numbers[group])],
          stopped: false,
          of: undefined,
        };
      },
    );
    const run = new SharedRun(entry => value([], [present(shared.get(entry))]));
    runChain(chain, drafts, {...float64, shared: run});
    for (const [entry, {values}] of run.after) shared.set(entry, present(values[0]));
    const before = new Map(common);
    drafts.forEach(({p, entries}, i) => {
      const parameter = filled[i];
      if (parameter === undefined) return;
      parameter.p = p;
      for (const [name, entry] of Object.entries(entries)) {
        const key = commonKey(chain, parameter.group, name);
        if (typeof entry === 'number' && key !== undefined) {
          // The entry of a parameter that was stopped does not change.
          if (entry !== before.get(key)) common.set(key, entry);
        } else parameter.entries.set(name, entry);
      }
    });
  }
  const results = parameters.map(({p, entries, group}): ParameterResult => ({
    p: [...p.values],
    state: Object.fromEntries(
      [
        ...entries,
        ...(entries.size > 0 ? Object.entries(commonIn(chain, group, Object.fromEntries(common))) : []),
      ].map(([name, entry]) => [name, typeof entry === 'number' ? entry : [...entry.values]]),
    ),
  }));
  return [...results, {p: [], state: Object.fromEntries(shared)}];
}

/**
 * The first difference between two runs beyond `tolerance·max(1, |expected|)`, in words; undefined where there is
 * none.
 */
export function resultDifference(
  actual: readonly ParameterResult[],
  expected: readonly ParameterResult[],
  tolerance: number,
): string | undefined {
  for (const [i, {p, state}] of expected.entries()) {
    const result = present(actual[i]);
    const names = [result.state, state].map(entries => Object.keys(entries).sort().join());
    if (names[0] !== names[1]) return `parameter ${i} has the state ${names[0]}, expected ${names[1]}`;
    const values = [
      ['p', result.p, p] as const,
      ...Object.entries(state).map(([name, value]) => [name, result.state[name], value] as const),
    ];
    for (const [name, value, wanted] of values) {
      const found = difference(present(value), wanted, tolerance, `${name} of parameter ${i}`);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/**
 * Whether a step ran fused, except for what can't be traced. GPUs fuse no reduction along an axis. What crosses to a
 * callback that runs alone can take more buffers than WebGPU binds.
 */
export function isFused(fusedOn: string, backend: string): boolean {
  const [on, alone = ''] = fusedOn.split(', except ');
  if (backend === 'webgl' || backend === 'webgpu')
    return on === backend || /along an axis|shaders can bind/.test(fusedOn);
  return on === backend && ['', 'randomAlone'].includes(alone);
}
