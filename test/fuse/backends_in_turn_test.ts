import {callback, lastAxis, Optimizer, otherAxes, partition, required, sgdStep, startAt, type Value} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

const perRow = (x: Value): Value => x.mean(lastAxis(x), true);
const perColumn = (x: Value): Value => x.mean(otherAxes(x), true);
/** Has state per row, per column and for the whole parameter, shared numbers and numbers of groups. */
const everything = callback(
  'everythingTest',
  {
    hypers: {lr: required},
    state: {
      rowAvg: startAt(({p}) => perRow(p)),
      colAvg: startAt(({p}) => perColumn(p)),
      level: startAt(({p}) => p.mean()),
    },
    groupState: {k: 0},
    group: ({k}) => ({k: k + 1}),
    shared: {drift: 0.5, largest: 0},
    total: ({grad}) => ({sum: grad.square().sum()}),
  },
  ({grad, lr, rowAvg, colAvg, level, k, drift, largest, total}) => {
    const rows = rowAvg.mul(0.5).add(perRow(grad.square()));
    const cols = colAvg.mul(0.5).add(perColumn(grad));
    const next = drift.mul(0.9).add(total.sum.div(total.sum.add(1)));
    return {
      rowAvg: rows,
      colAvg: cols,
      level: level.mul(0.9).add(grad.mean()),
      update: grad
        .div(rows.sqrt().add(0.1))
        .add(cols)
        .add(level)
        .mul(drift)
        .mul(lr / k),
      shared: {drift: next, largest: largest.maximum(next)},
    };
  },
);
const SHAPES = [[], [5], [4, 9], [5, 1], [2, 3, 5]];
const STEPS = 6;

function ramp(shape: readonly number[], phase: number): tf.Tensor {
  return tf.tensor(
    Array.from({length: shape.reduce((a, b) => a * b, 1)}, (_, i) => Math.sin(i * 0.7 + phase)),
    [...shape],
  );
}

const MAKE: Readonly<Record<string, () => Optimizer>> = {
  'all state': () => new Optimizer([everything], {lr: 0.1}),
  'the state of parts': () =>
    partition(
      [
        {of: ({rank}) => rank < 2, by: new Optimizer([everything], {lr: 0.1})},
        {by: new Optimizer([sgdStep], {lr: 0.1})},
      ],
      {skipNonFinite: true},
    ),
};

/** Makes steps, each on the next backend in turn. */
async function run(make: () => Optimizer, backends: readonly string[]): Promise<number[]> {
  const variables = SHAPES.map((shape, i) => tf.tidy(() => tf.variable(ramp(shape, i))));
  const optimizer = make();
  for (let step = 0; step < STEPS; step++) {
    await tf.setBackend(backends[step % backends.length] ?? 'cpu');
    tf.tidy(() => {
      optimizer.applyGradients(variables.map(({name, shape}, i) => ({name, tensor: ramp(shape, step + i + 1)})));
    });
  }
  const state = variables.flatMap(variable => Object.values(optimizer.state.get(variable)));
  const tensors = [...variables, ...state.filter(value => value instanceof tf.Tensor)];
  const values = await Promise.all(tensors.map(async tensor => [...(await tensor.data())]));
  const shared = await optimizer.shared();
  optimizer.dispose();
  tf.dispose(variables);
  return [...values.flat(), ...Object.values(shared)];
}

// Without WebGPU, from whose software device another backend reads zeros.
describeBackends(
  'backends in turn',
  backend => {
    for (const [what, make] of Object.entries(MAKE))
      it(`hand on ${what}`, () =>
        leakless(async () => {
          const expected = await run(make, ['cpu']);
          expectClose(await run(make, [backend, 'cpu']), expected, 1e-4);
          expectClose(await run(make, ['cpu', backend, backend]), expected, 1e-4);
          await tf.setBackend(backend);
        }));
  },
  ['cpu', 'wasm', 'webgl'],
);
