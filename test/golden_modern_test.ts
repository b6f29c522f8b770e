import type {Optimizer} from '../src';
import {tensorsIn} from '../src/state/state_dict';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {number, numbers} from './support/golden';
import type {GoldenNumbers} from './support/golden_files.mjs';
import type {ModernCase, ModernEvent, ModernFile} from './support/golden_modern.mjs';
import * as golden from './support/golden_modern.mjs';
import {leakless} from './support/leakless';
import {adapters, outOfScope} from './support/modern';
import type {Adapter} from './support/modern/adapter';
import {RecordedHypers} from './support/modern/recorded_hypers';
import {elementOf, present} from './support/present';
import {tf} from './support/tfjs';

const files: readonly ModernFile[] = Object.values(golden);
const cases = files.flatMap(file => file.cases);

describe('The recorded runs of modern rules', () => {
  it('are of the format that FORMAT.md describes', () => {
    for (const {format} of files) expect(format).toBe('optim-modern-golden/1');
    for (const {name, grads, expected} of cases)
      expect(expected.f64.params.length).withContext(name).toBe(grads.length);
  });

  it('belong to classes that are compared, or that are out of scope for a reason', () => {
    const known = [...Object.keys(adapters), ...Object.keys(outOfScope)];
    expect([...new Set(cases.map(({optimizer}) => optimizer))].sort()).toEqual([...new Set(known)].sort());
    expect(known.length).toBe(new Set(known).size);
  });
});

/**
 * Kinds of runs that nearly every rule has, and that differ from its other runs only in what the host computes:
 * schedules, saving, step counts, and the value of `eps`, which kernels read. The kernels are those of the
 * runs `plain` and `groups`. On WebGL, where each program takes a good part of a second to compile, one rule per
 * structure of state runs them.
 */
const KINDS_OF_HOST = ['lr_schedule_and_resume', 'weight_decay_schedule', 'missing_gradients', 'where_eps_stands'];
const ONE_PER_STRUCTURE = ['AdaBelief', 'Adafactor', 'Adan', 'Muon', 'Prodigy', 'ScheduleFreeAdamW'];

function addsNothing({name, optimizer}: ModernCase, backend: string): boolean {
  return (
    backend === 'webgl' &&
    KINDS_OF_HOST.some(kind => name.endsWith(`/${kind}`)) &&
    !ONE_PER_STRUCTURE.includes(optimizer)
  );
}

describeBackends(
  'A rule does what recorded runs do:',
  backend => {
    for (const one of cases) {
      const adapter = adapters[one.optimizer];
      if (adapter === undefined || adapter.leftOut?.(one) !== undefined || addsNothing(one, backend)) continue;
      it(one.name, () =>
        leakless(async () => {
          await compare(adapter, one, backend);
        }),
      );
    }
  },
  ['cpu', 'wasm', 'webgl'],
);

/** `data()` would wait for a timer of some milliseconds on WebGL, once for each parameter and step. */
const valuesOf = (tensor: tf.Tensor) => tensor.dataSync();

async function compare(adapter: Adapter, one: ModernCase, backend: string): Promise<void> {
  const {grads, events, inner} = one;
  const {f64, tol} = one.expected;
  const params = adapter.params?.(one) ?? f64.params;
  const lists = one.groups.map(group =>
    group.map(({init, shape}) => tf.tidy(() => tf.variable(tf.tensor(numbers(init), [...shape], 'float32')))),
  );
  const variables = lists.flat();
  const make = () => {
    const given = RecordedHypers.of(one);
    const inside = inner && {rule: inner.optimizer, given: RecordedHypers.inside(one)};
    const made = adapter.make(given, lists, inside);
    expect([...given.unknown, ...(inside?.given.unknown ?? [])])
      .withContext('hypers that the adapter does not pass on')
      .toEqual([]);
    return made;
  };
  let optimizer = make();
  const expectValues = (wanted: readonly GoldenNumbers[], what: string) => {
    for (const [i, variable] of variables.entries())
      expectClose(valuesOf(variable), numbers(elementOf(wanted, i)), tol, `${what}, parameter ${i}`);
  };
  for (const [step, gradients] of grads.entries()) {
    for (const event of events) if (event.step === step) optimizer = applyEvent(optimizer, event, make, adapter);
    tf.tidy(() => {
      optimizer.applyGradients(
        variables.map(({name, shape}, i) => {
          const gradient = elementOf(gradients, i);
          return {name, tensor: gradient === null ? null : tf.tensor(numbers(gradient), shape, 'float32')};
        }),
      );
    });
    const fusedOn = adapter.fusedOn?.(one, backend, step) ?? backend;
    if (typeof fusedOn === 'string') expect(optimizer.fusedOn).toBe(fusedOn);
    else expect(optimizer.fusedOn).toMatch(fusedOn);
    expectValues(elementOf(params, step), `step ${step}`);
    for (const [name, read] of Object.entries(adapter.trace ?? {})) {
      const wanted = [elementOf(present(f64.trace?.[name]), step)].flat().map(number);
      const got = [await read(optimizer)].flat();
      // Relatively, because such numbers can be small.
      const ratios = got.map((value, i) => (value === wanted[i] ? 1 : value / present(wanted[i])));
      expectClose(
        ratios,
        wanted.map(() => 1),
        adapter.traceTolerance ?? 1e-6,
        `${name} after step ${step}`,
      );
    }
    if (adapter.shows === undefined || step < (adapter.showsAfter?.(one) ?? 0)) continue;
    optimizer.eval();
    expectValues(elementOf(present(f64[adapter.shows]), step), `${adapter.shows} after step ${step}`);
    optimizer.train();
  }
  expectState(adapter, one, optimizer, variables);
  optimizer.dispose();
  tf.dispose(variables);
}

function applyEvent(optimizer: Optimizer, event: ModernEvent, make: () => Optimizer, {names}: Adapter): Optimizer {
  if (event.kind === 'set_hyper') {
    const name = present({lr: 'lr', weight_decay: 'wd', ...names}[event.key]);
    if (event.group === undefined) optimizer.setHyper(name, event.value);
    else present(optimizer.hypers[event.group])[name] = event.value;
    return optimizer;
  }
  const dict = optimizer.stateDict();
  optimizer.dispose();
  const fresh = make();
  fresh.loadStateDict(dict);
  tf.dispose(tensorsIn(dict));
  return fresh;
}

function expectState(
  {state = {}}: Adapter,
  one: ModernCase,
  optimizer: Optimizer,
  variables: readonly tf.Variable[],
): void {
  const {expected} = one;
  for (const [i, variable] of variables.entries()) {
    const entries = optimizer.state.get(variable);
    for (const [recorded, ours] of Object.entries(typeof state === 'function' ? state(one) : state)) {
      const wanted: unknown = elementOf(expected.f64.state, i)[recorded];
      // A parameter that never had a gradient has no state.
      const list = listIn(wanted);
      if (list === undefined) continue;
      const value = entries[ours];
      const got = value instanceof tf.Tensor ? valuesOf(value) : [Number(present(value))];
      expectClose(got, numbers(list), expected.tol, `${ours} of parameter ${i}`);
    }
  }
}

/** The numbers of a recorded entry. One that is not of the parameter's shape comes with its own. */
function listIn(entry: unknown): GoldenNumbers | undefined {
  const list: unknown = typeof entry === 'object' && entry !== null && 'data' in entry ? entry.data : entry;
  return isList(list) ? list : undefined;
}

function isList(x: unknown): x is GoldenNumbers {
  return Array.isArray(x);
}
