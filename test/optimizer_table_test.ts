import {isOptimizer, lion, muon, type Optimizer, type Scalar, scheduleFree} from '../src';
import {chainOf} from '../src/rule/chain';
import {tensorsIn} from '../src/state/state_dict';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {resultDifference, runInFloat64, runOnBackend} from './support/composition_run';
import type {Composition} from './support/compositions';
import {leakless} from './support/leakless';
import {optimizerTable, ratesOf, type TableRow} from './support/optimizer_table';
import {present} from './support/present';
import {rowsOn} from './support/rows_on';
import {tf} from './support/tfjs';
import {gradientNumbers, stateOf, train, valuesOf, variablesOf} from './support/training';
import {wrappedTable} from './support/wrapped_table';

const SHAPES = [[2, 3], [], [4]];

/** The loss after some steps, as a share of the loss before. */
async function progress(optimizer: Optimizer, steps: number, loss: () => tf.Scalar): Promise<number> {
  const before = tf.tidy(loss);
  for (let step = 0; step < steps; step++) optimizer.minimize(loss);
  const after = tf.tidy(loss);
  const [[first = NaN] = [], [last = NaN] = []] = await valuesOf([before, after]);
  tf.dispose([before, after]);
  return last / first;
}

/** An optimizer made from the saved configuration and weights of another, as on a page that loads it. */
async function reloaded(optimizer: Optimizer): Promise<Optimizer> {
  const config: unknown = JSON.parse(JSON.stringify(optimizer.getConfig()));
  const entry = tf.serialization.SerializationMap.getMap().classNameMap[optimizer.getClassName()];
  if (entry === undefined || !isConfig(config)) throw new Error(`${optimizer.getClassName()} is not registered.`);
  const made: unknown = entry[1](entry[0], config);
  if (!isOptimizer(made)) throw new Error('fromConfig made no optimizer.');
  const weights = (await optimizer.getWeights()).map(({name, tensor}) => ({name, tensor: tensor.clone()}));
  await made.setWeights(weights);
  tf.dispose(weights.map(({tensor}) => tensor));
  return made;
}

function isConfig(x: unknown): x is tf.serialization.ConfigDict {
  return typeof x === 'object' && x !== null;
}

/** A short run with the callbacks of a row. */
function compositionOf({make}: TableRow): Composition {
  const made = make(0.05, {wd: 0.1});
  const chain = chainOf(made.callbacks);
  const hypers = Object.entries(present(made.hypers[0]))
    .filter(([name]) => chain.hypers.has(name))
    .map(([name, value]): [string, readonly Scalar[]] => [name, [value]]);
  const group = [[2, 3], []].map((shape, i) => ({
    shape,
    init: gradientNumbers(100, i, shape),
    doWd: true,
    gradients: [0, 1, 2].map(step => gradientNumbers(step, i, shape)),
  }));
  const composition = {
    callbacks: made.callbacks,
    hypers: Object.fromEntries(hypers),
    groups: [group],
    freezeTo: 0,
    steps: 3,
    schedule: [],
  };
  made.dispose();
  return composition;
}

describe('register', () => {
  it('may be called, although importing the factory has registered all', () => {
    for (const factory of [lion, muon, scheduleFree])
      expect(() => {
        factory.register();
      }).not.toThrow();
  });
});

describeBackends('every optimizer', backend => {
  for (const row of optimizerTable) {
    // There are no matrix products in float64. golden_modern_test compares these.
    if (row.name === 'muon') continue;
    it(`${row.name}: computes what its callbacks do in float64`, async () => {
      const composition = compositionOf(row);
      expect(resultDifference(await runOnBackend(composition), runInFloat64(composition), 5e-6)).toBeUndefined();
    });
  }

  // Software WebGPU is too slow for more.
  if (backend === 'webgpu') return;

  for (const row of rowsOn(backend, [...optimizerTable, ...wrappedTable])) {
    describe(row.name, () => {
      const {make} = row;
      const rates = ratesOf(row);

      it('converges on a quadratic', () =>
        leakless(async () => {
          const [weights, curvature] = [
            tf.tidy(() => tf.variable(tf.tensor1d([3, -2, 1, 5]))),
            tf.tensor1d([1, 0.5, 0.2, 0.1]),
          ];
          const optimizer = make(rates.quadratic, {params: [weights], wd: 0});
          expect(await progress(optimizer, 50, () => weights.sub(1).square().mul(curvature).sum())).toBeLessThan(0.05);
          optimizer.dispose();
          tf.dispose([weights, curvature]);
        }));

      // The rules are the same on WebGL, where 300 steps of scalars take seconds.
      if (backend !== 'webgl') {
        it('converges on the function of Rosenbrock', () =>
          leakless(async () => {
            const [x, y] = [tf.tidy(() => tf.variable(tf.scalar(0.4))), tf.tidy(() => tf.variable(tf.scalar(1)))];
            const optimizer = make(rates.rosenbrock, {params: [x, y], wd: 0});
            expect(
              await progress(optimizer, 300, () =>
                x.sub(1).square().add(y.sub(x.square()).square().mul(100)).asScalar(),
              ),
            ).toBeLessThan(0.01);
            optimizer.dispose();
            tf.dispose([x, y]);
          }));
      }

      it('changes nothing in a step with zero gradients and without decay', () =>
        leakless(async () => {
          const variables = variablesOf(SHAPES);
          const optimizer = make(0.1, {params: variables, wd: 0});
          const before = await valuesOf(variables);
          tf.tidy(() => {
            optimizer.applyGradients(
              variables.map(variable => ({name: variable.name, tensor: tf.zerosLike(variable)})),
            );
          });
          expect(await valuesOf(variables)).toEqual(before);
          optimizer.dispose();
          tf.dispose(variables);
        }));

      it('trains groups as separate optimizers would', () =>
        leakless(async () => {
          const [together, apart] = [variablesOf(SHAPES), variablesOf(SHAPES)];
          const grouped = make([0.1, 0.02], {params: [together.slice(0, 1), together.slice(1)], wd: [0, 0.1]});
          const single = [
            make(0.1, {params: apart.slice(0, 1), wd: 0}),
            make(0.02, {params: apart.slice(1), wd: 0.1}),
          ];
          train(grouped, together, 0, 7);
          for (let step = 0; step < 7; step++) {
            single.forEach((optimizer, i) => {
              const [mine, missing] = i === 0 ? [apart.slice(0, 1), []] : [apart, [0]];
              train(optimizer, mine, step, step + 1, missing);
            });
          }
          expect(await valuesOf(together)).toEqual(await valuesOf(apart));
          for (const optimizer of [grouped, ...single]) optimizer.dispose();
          tf.dispose([together, apart]);
        }));

      it('does the same by applyGradients, by backward and step, and by minimize', () =>
        leakless(async () => {
          const results = await Promise.all(
            ['applyGradients', 'backward', 'minimize'].map(async way => {
              const variables = variablesOf(SHAPES);
              const optimizer = make(0.1, {params: variables});
              const loss = () => tf.addN(variables.map(variable => variable.square().sum())).asScalar();
              for (let step = 0; step < 3; step++) {
                if (way === 'minimize') {
                  optimizer.minimize(loss);
                } else if (way === 'backward') {
                  optimizer.backward(loss).dispose();
                  optimizer.step();
                  optimizer.zeroGrad();
                } else {
                  const {value, grads} = optimizer.computeGradients(loss);
                  optimizer.applyGradients(grads);
                  tf.dispose([value, grads]);
                }
              }
              const values = await valuesOf(variables);
              optimizer.dispose();
              tf.dispose(variables);
              return values;
            }),
          );
          expect(results[1]).toEqual(results[0]);
          expect(results[2]).toEqual(results[0]);
        }));

      it('goes on from a state dict as if it had not been interrupted', () =>
        leakless(async () => {
          const [straight, resumed] = [variablesOf(SHAPES), variablesOf(SHAPES)];
          const params = (list: tf.Variable[]) => [list.slice(0, 1), list.slice(1)];
          const first = make([0.1, 0.02], {params: params(straight)});
          const second = make([0.5, 0.5], {params: params(resumed), wd: 0.5});
          train(first, straight, 0, 4, [2]);
          const dict = first.stateDict();
          second.loadStateDict(dict);
          tf.tidy(() => {
            resumed.forEach((variable, i) => variable.assign(present(straight[i]).clone()));
          });
          tf.dispose(tensorsIn(dict));
          train(first, straight, 4, 12);
          train(second, resumed, 4, 12);
          expect(await valuesOf(resumed)).toEqual(await valuesOf(straight));
          for (const optimizer of [first, second]) optimizer.dispose();
          tf.dispose([straight, resumed]);
        }));

      it('goes on from its configuration and weights as if it had not been interrupted', () =>
        leakless(async () => {
          const straight = variablesOf(SHAPES, 'saved');
          const first = make([0.1, 0.02], {params: [straight.slice(0, 1), straight.slice(1)], wd: 0.1});
          train(first, straight, 0, 4, [2]);
          const second = await reloaded(first);
          // Their names end with another number, like those of a model that is loaded while the first one exists.
          const resumed = tf.tidy(() =>
            straight.map(variable => tf.variable(variable.clone(), true, `${variable.name}_1`)),
          );
          train(first, straight, 4, 12);
          train(second, resumed, 4, 12);
          expect(await valuesOf(resumed)).toEqual(await valuesOf(straight));
          expect(second.callbacks.map(({name, options}) => ({name, options}))).toEqual(
            first.callbacks.map(({name, options}) => ({name, options})),
          );
          expect(second.hypers.map(values => ({...values}))).toEqual(first.hypers.map(values => ({...values})));
          expect(second.iterations).toBe(first.iterations);
          for (const optimizer of [first, second]) optimizer.dispose();
          tf.dispose([straight, resumed]);
        }));

      it('leaks nothing in 100 steps inside and outside tf.tidy, in saving, loading and disposing', () =>
        leakless(async () => {
          const variables = variablesOf([[4]]);
          const optimizer = make(0.1, {params: variables});
          train(optimizer, variables, 0, 1);
          const {numTensors} = tf.memory();
          train(optimizer, variables, 1, 51);
          tf.tidy(() => {
            train(optimizer, variables, 51, 101);
          });
          expect(tf.memory().numTensors).toBe(numTensors);
          const again = await reloaded(optimizer);
          again.attach(variables);
          train(again, variables, 101, 103);
          again.clearState();
          again.dispose();
          optimizer.dispose();
          tf.dispose(variables);
        }));

      it('leaves a parameter without a gradient alone, its state and its step count', () =>
        leakless(async () => {
          const variables = variablesOf(SHAPES);
          const [, without] = variables;
          if (without === undefined) throw new Error('There is no second parameter.');
          const optimizer = make(0.1, {params: variables, wd: 0.1});
          // Common numbers do not belong to the parameter.
          const own = async () => ({...(await stateOf(optimizer, without)), count: 0});
          train(optimizer, variables, 0, 1);
          const [values, state] = [await valuesOf([without]), await own()];
          train(optimizer, variables, 1, 2, [1]);
          train(optimizer, variables, 2, 3, [0, 1, 2]);
          expect(await valuesOf([without])).toEqual(values);
          expect(await own()).toEqual(state);
          optimizer.dispose();
          tf.dispose(variables);
        }));

      it('trains scalars like vectors of one element, and does not change empty parameters', () =>
        leakless(async () => {
          const [scalar, vector, empty] = tf.tidy(() => [
            tf.variable(tf.scalar(0.7)),
            tf.variable(tf.tensor1d([0.7])),
            tf.variable(tf.tensor2d([], [0, 3])),
          ]);
          const params = [scalar, vector, empty];
          const optimizer = make(0.1, {params});
          // scheduleFreeRAdam is silent in the first five steps.
          for (const gradient of [0.5, -0.25, 0.125, 0.25, -0.125, 0.5, 0.25]) {
            tf.tidy(() => {
              optimizer.applyGradients(
                params.map(variable => ({name: variable.name, tensor: tf.fill(variable.shape, gradient)})),
              );
            });
          }
          const [first = [], second = [], third] = await valuesOf(params);
          expectClose(first, second, 1e-6);
          expect(first).not.toEqual([Math.fround(0.7)]);
          expect(third).toEqual([]);
          optimizer.dispose();
          tf.dispose(params);
        }));
    });
  }
});
