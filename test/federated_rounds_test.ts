import {adam, ema, lookahead, type Optimizer, prodigy, scheduleFree} from '../src';
import {at} from '../src/util/at';
import {describeBackends} from './support/backends';
import {leakless} from './support/leakless';
import {tf} from './support/tfjs';
import {stateOf, train} from './support/training';
import {step, valuesOf, variableOf} from './support/vectors';

interface Case {
  readonly make: (variable: tf.Variable) => Optimizer;
  /** The entries that `rebase()` restarts, as numbers after an idle step from `mean`. All others go on. */
  readonly points: (mean: readonly number[], after: readonly number[]) => Readonly<Record<string, readonly number[]>>;
}

const STEPS = 3;
const CASES: Readonly<Record<string, Case>> = {
  adam: {make: variable => adam(0.1, {params: [variable]}), points: () => ({})},
  lookahead: {
    // No synchronization within these steps.
    make: variable => lookahead(adam(0.1, {params: [variable]}), {k: 20}),
    points: mean => ({slow: mean}),
  },
  ema: {
    make: variable => ema(adam(0.1, {params: [variable]}), {decay: 0.5}),
    points: (mean, after) => ({average: mean.map((m, i) => (m + at(after, i)) / 2)}),
  },
  // An idle step leaves the new weights as they are.
  scheduleFreeAdamW: {
    make: variable => scheduleFree('adamW', 0.1, {params: [variable]}),
    points: mean => ({z: mean, x: mean}),
  },
  prodigy: {make: variable => prodigy(1, {params: [variable]}), points: mean => ({origin: mean})},
};

interface Client {
  readonly variable: tf.Variable;
  readonly optimizer: Optimizer;
}

function clientsOf({make}: Case, count: number): Client[] {
  return Array.from({length: count}, () => {
    const variable = variableOf([1, -2, 3]);
    return {variable, optimizer: make(variable)};
  });
}

/** Gives all clients the mean of their weights. */
function exchange(clients: readonly Client[]): void {
  tf.tidy(() => {
    const mean = tf.addN(clients.map(({variable}) => variable)).div(clients.length);
    for (const {variable} of clients) variable.assign(mean.clone());
  });
}

/** Numbers that belong to no parameter: steps, sums of weights, Prodigy's distance. */
async function numbersOf(optimizer: Optimizer): Promise<object> {
  const {state, common, groupState, shared, iterations} = optimizer.stateDict();
  const tensors = Object.entries(shared ?? {}); // absent without any
  const values = await Promise.all(tensors.map(async ([name, tensor]) => [name, [...(await tensor.data())]]));
  tf.dispose([state.map(entries => ({...entries})), tensors.map(([, tensor]) => tensor)]);
  return {common, groupState, iterations, values};
}

const dispose = (clients: readonly Client[]) => {
  for (const {variable, optimizer} of clients) {
    optimizer.dispose();
    variable.dispose();
  }
};

describeBackends('federated rounds', () => {
  for (const [name, setup] of Object.entries(CASES)) {
    it(`restart points in weight space by rebase(), and nothing else: ${name}`, () =>
      leakless(async () => {
        const warned = spyOn(console, 'warn');
        const clients = clientsOf(setup, 2);
        for (let round = 0; round < 2; round++) {
          for (const [i, {variable, optimizer}] of clients.entries())
            train(optimizer, [variable], (2 * round + i) * STEPS, (2 * round + i + 1) * STEPS);
          const before = await Promise.all(clients.map(({optimizer}) => numbersOf(optimizer)));
          const states = await Promise.all(clients.map(({variable, optimizer}) => stateOf(optimizer, variable)));
          exchange(clients);
          for (const [i, {variable, optimizer}] of clients.entries()) {
            optimizer.rebase();
            expect(await numbersOf(optimizer)).toEqual(at(before, i));
            const points = Object.keys(setup.points([], []));
            const moments = Object.entries(at(states, i)).filter(([entry]) => !points.includes(entry));
            expect(moments.length).toBeGreaterThan(0);
            expect(await stateOf(optimizer, variable)).toEqual(Object.fromEntries(moments));
          }
        }
        const {variable, optimizer} = at(clients, 0);
        const mean = await valuesOf(variable);
        step(optimizer, [variable, [0, 0, 0]]);
        const after = await valuesOf(variable);
        const state = await stateOf(optimizer, variable);
        for (const [entry, expected] of Object.entries(setup.points(mean, after))) {
          const values = state[entry];
          if (!Array.isArray(values)) throw new Error(`There is no '${entry}'.`);
          expect(values.length).toBe(3);
          values.forEach((value: unknown, i) => {
            expect(value).withContext(entry).toBeCloseTo(at(expected, i), 5);
          });
        }
        // TensorFlow.js greets by a warning when its first operation runs in Node.
        expect(warned.calls.allArgs().filter(([text]) => String(text).startsWith('tfjs-optim'))).toEqual([]);
        dispose(clients);
      }));
  }

  it('with equal gradients are the training of one client: adam', () =>
    leakless(async () => {
      const [alone, ...clients] = clientsOf(at(Object.values(CASES), 0), 3);
      if (alone === undefined) throw new Error('There are three clients.');
      for (let from = 0; from < 4 * STEPS; from += STEPS) {
        for (const {variable, optimizer} of [alone, ...clients]) train(optimizer, [variable], from, from + STEPS);
        exchange(clients);
        for (const {optimizer} of clients) optimizer.rebase();
      }
      const expected = await valuesOf(alone.variable);
      for (const {variable} of clients) expect(await valuesOf(variable)).toEqual(expected);
      dispose([alone, ...clients]);
    }));
});
