import type {Optimizer} from '../../src';
import {number, numbers} from './golden';
import type {GoldenNumber, GoldenNumbers, OptimCase, OptimEvent, Trajectory} from './golden_files.mjs';
import {buildOptimizer, camelCase, camelCaseKeys, expectHypers, hyperValue} from './golden_optimizers';
import {elementOf, present} from './present';
import {tf} from './tfjs';

type StateEntry = boolean | GoldenNumber | GoldenNumbers;
type StateNumbers = Readonly<Record<string, boolean | number | readonly number[]>>;

/** The results of a run: all parameters after every step, and the state at its end. */
interface GoldenRun {
  readonly params: readonly (readonly number[])[][];
  readonly state: readonly StateNumbers[];
}

/** Runs a golden trajectory on the current backend, with its events and their expectations. */
export async function runGolden(one: OptimCase): Promise<GoldenRun> {
  const {groups, init_state: flags = {}, grads, events, expected} = one;
  const lists = groups.map(group =>
    group.map(({init, shape}) => tf.tidy(() => tf.variable(tf.tensor([...init], [...shape], 'float32')))),
  );
  const variables = lists.flat();
  const names = groups.flat().map(({name}) => name);
  const byName = (name: string) => {
    const variable = variables[names.indexOf(name)];
    if (variable === undefined) throw new Error(`There is no parameter '${name}'.`);
    return variable;
  };
  let optimizer = buildOptimizer(one, lists);
  expectHypers(optimizer, expected.hypers_init, 'hypers_init');
  for (const [name, values] of Object.entries(flags)) optimizer.state.set(byName(name), camelCaseKeys(values));
  const snapshots: tf.Tensor[][] = [];
  grads.forEach((gradients, step) => {
    for (const event of events) if (event.step === step) optimizer = applyEvent(optimizer, event, byName, lists);
    tf.tidy(() => {
      optimizer.applyGradients(
        variables.map(({name, shape}, i) => {
          const gradient = elementOf(gradients, i);
          return {name, tensor: gradient === null ? null : tf.tensor([...gradient], shape, 'float32')};
        }),
      );
    });
    snapshots.push(variables.map(variable => variable.clone()));
  });
  expect(optimizer.fusedOn).toBe(tf.getBackend());
  expectHypers(optimizer, expected.hypers_final, 'hypers_final');
  const params = await Promise.all(
    snapshots.map(list => Promise.all(list.map(async tensor => [...(await tensor.data())]))),
  );
  const state = await Promise.all(
    variables.map(async variable => {
      const entries = Object.entries(optimizer.state.get(variable)).map(
        async ([name, value]) => [name, value instanceof tf.Tensor ? [...(await value.data())] : value] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    }),
  );
  optimizer.dispose();
  tf.dispose([snapshots, variables]);
  return {params, state};
}

/** fastai's state at the end, with our names. */
export function goldenState({state, count, slow_weights: slow}: Trajectory): StateNumbers[] {
  return state.map((entries, i) => {
    const own = Object.entries(entries).map(
      ([name, value]: [string, StateEntry]): [string, boolean | number | number[]] => [
        camelCase(name),
        typeof value === 'boolean' ? value : typeof value === 'object' ? numbers(value) : number(value),
      ],
    );
    return {
      ...Object.fromEntries(own),
      ...(count === undefined || slow === undefined ? {} : {count, slow: numbers(present(slow[i]))}),
    };
  });
}

function applyEvent(
  optimizer: Optimizer,
  event: OptimEvent,
  byName: (name: string) => tf.Variable,
  lists: tf.Variable[][],
): Optimizer {
  const what = `${event.kind} before step ${event.step}`;
  switch (event.kind) {
    case 'set_hyper':
      optimizer.setHyper(camelCase(event.key), hyperValue(event.value));
      expectHypers(optimizer, event.expect_hypers, what);
      return optimizer;
    case 'set_hypers':
      optimizer.setHypers(
        camelCaseKeys(
          Object.fromEntries(Object.entries(event.values).map(([name, value]) => [name, hyperValue(value)])),
        ),
      );
      expectHypers(optimizer, event.expect_hypers, what);
      return optimizer;
    case 'freeze_to':
    case 'freeze':
    case 'unfreeze':
      if (event.kind === 'freeze_to') optimizer.freezeTo(event.n);
      else if (event.kind === 'freeze') optimizer.freeze();
      else optimizer.unfreeze();
      expect(optimizer.allParams().map(({trainable}) => trainable))
        .withContext(what)
        .toEqual([...event.expect_trainable]);
      expect(optimizer.frozenIdx).withContext(what).toBe(event.expect_frozen_idx);
      return optimizer;
    case 'set_state':
      optimizer.state.set(byName(event.param), {[camelCase(event.key)]: event.value});
      return optimizer;
    case 'clear_state':
      optimizer.clearState();
      expect(optimizer.allParams().map(({state}) => state))
        .withContext(what)
        .toEqual(event.expect_state.map(camelCaseKeys));
      return optimizer;
    case 'save_load': {
      const dict = optimizer.stateDict();
      const fresh = buildOptimizer(event.fresh, lists);
      expectHypers(fresh, event.expect_hypers_before_load, `${what}, before it is loaded`);
      fresh.loadStateDict(dict);
      expectHypers(fresh, event.expect_hypers, what);
      optimizer.dispose();
      for (const entries of dict.state) tf.dispose(Object.values(entries).filter(value => value instanceof tf.Tensor));
      return fresh;
    }
  }
}
