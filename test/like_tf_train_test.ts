import './support/wrapped_table';

import {adadelta, adagrad, adam, adamax, isOptimizer, type Optimizer, optimizers, rmsProp, sgd} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {elementOf} from './support/present';
import {tf} from './support/tfjs';
import {gradientNumbers, valuesOf, variablesOf} from './support/training';

const LIKE = {like: 'tf.train'} as const;

interface Pair {
  readonly name: string;
  readonly theirs: (lr: number) => tf.Optimizer;
  readonly ours: (lr: number) => Optimizer;
}

/** Every optimizer of tf.train beside ours: with the defaults of both, and with hypers that are given. */
const PAIRS: readonly Pair[] = [
  {name: 'sgd', theirs: lr => tf.train.sgd(lr), ours: lr => sgd(lr, LIKE)},
  {name: 'momentum', theirs: lr => tf.train.momentum(lr, 0.9), ours: lr => sgd(lr, {mom: 0.9, ...LIKE})},
  {
    name: 'nesterov',
    theirs: lr => tf.train.momentum(lr, 0.9, true),
    ours: lr => sgd(lr, {mom: 0.9, nesterov: true, ...LIKE}),
  },
  {name: 'adagrad', theirs: lr => tf.train.adagrad(lr), ours: lr => adagrad(lr, LIKE)},
  {
    name: 'adagrad that starts at 0.5',
    theirs: lr => tf.train.adagrad(lr, 0.5),
    ours: lr => adagrad(lr, {initialAccumulatorValue: 0.5, ...LIKE}),
  },
  {name: 'adadelta', theirs: lr => tf.train.adadelta(lr), ours: lr => adadelta(lr, LIKE)},
  {
    name: 'adadelta with rho and epsilon',
    theirs: lr => tf.train.adadelta(lr, 0.8, 1e-2),
    ours: lr => adadelta(lr, {sqrMom: 0.8, eps: 1e-2, ...LIKE}),
  },
  {name: 'adam', theirs: lr => tf.train.adam(lr), ours: lr => adam(lr, LIKE)},
  {
    name: 'adam with betas and epsilon',
    theirs: lr => tf.train.adam(lr, 0.8, 0.9, 1e-2),
    ours: lr => adam(lr, {mom: 0.8, sqrMom: 0.9, eps: 1e-2, ...LIKE}),
  },
  {name: 'adamax', theirs: lr => tf.train.adamax(lr), ours: lr => adamax(lr, LIKE)},
  {
    name: 'adamax with betas, epsilon and decay',
    theirs: lr => tf.train.adamax(lr, 0.8, 0.9, 1e-2, 0.1),
    ours: lr => adamax(lr, {mom: 0.8, sqrMom: 0.9, eps: 1e-2, lrDecay: 0.1, ...LIKE}),
  },
  {name: 'rmsprop', theirs: lr => tf.train.rmsprop(lr), ours: lr => rmsProp(lr, LIKE)},
  {
    name: 'rmsprop with momentum',
    theirs: lr => tf.train.rmsprop(lr, 0.8, 0.9, 1e-2),
    ours: lr => rmsProp(lr, {sqrMom: 0.8, mom: 0.9, eps: 1e-2, ...LIKE}),
  },
  {
    name: 'centered rmsprop',
    theirs: lr => tf.train.rmsprop(lr, 0.9, 0, undefined, true),
    ours: lr => rmsProp(lr, {centered: true, ...LIKE}),
  },
  {
    name: 'centered rmsprop with momentum',
    theirs: lr => tf.train.rmsprop(lr, 0.8, 0.5, 1e-6, true),
    ours: lr => rmsProp(lr, {centered: true, sqrMom: 0.8, mom: 0.5, eps: 1e-6, ...LIKE}),
  },
];

const SHAPES = [[], [3], [4, 5], [2, 3, 2, 4]];
const STEPS = 50;
/** On WebGL, a step of tf.train takes dozens of draws. */
const STEPS_ON_GPUS = 20;

/** Small gradients, and those with a small variance, give NaN in tf.train's centered RMSProp. */
function needsVariance(name: string): boolean {
  return name.startsWith('centered');
}

/** A loss whose gradients differ in size from element to element, up to about 10. */
function lossOf(variables: readonly tf.Variable[], name: string): () => tf.Scalar {
  return () =>
    tf.tidy(() =>
      tf
        .addN(
          variables.map(variable => {
            const curvature = tf.linspace(needsVariance(name) ? 0.5 : 0.01, 3, variable.size).reshape(variable.shape);
            return variable.sub(2).square().mul(curvature).sum();
          }),
        )
        .asScalar(),
    );
}

/** The values that new variables of these shapes have. */
async function valuesOfNew(shapes: ReadonlyArray<readonly number[]>): Promise<number[][]> {
  const variables = variablesOf(shapes);
  const values = await valuesOf(variables);
  tf.dispose(variables);
  return values;
}

describeBackends(
  'An optimizer like that of tf.train',
  backend => {
    const steps = backend === 'webgl' ? STEPS_ON_GPUS : STEPS;
    for (const {name, theirs, ours} of PAIRS) {
      it(`is ${name}, fused, where gradients vary`, () =>
        leakless(async () => {
          const [expected, actual] = [variablesOf(SHAPES), variablesOf(SHAPES)];
          const [stock, mine] = [theirs(1e-3), ours(1e-3)];
          for (let step = 0; step < steps; step++)
            for (const [optimizer, variables] of [[stock, expected] as const, [mine, actual] as const])
              tf.tidy(() => {
                optimizer.applyGradients(
                  variables.map((variable, i) => ({
                    name: variable.name,
                    tensor: tf.tensor(
                      gradientNumbers(step, i, variable.shape).map(x =>
                        needsVariance(name) ? x + Math.sign(x) / 10 : x,
                      ),
                      variable.shape,
                      'float32',
                    ),
                  })),
                );
              });
          await compare(stock, mine, expected, actual);
        }));

      // The same kernels get gradients that tfjs computed. On WebGL one optimizer shows it.
      if (backend === 'webgl' && name !== 'adam') continue;
      it(`is ${name}, fused, on a loss`, () =>
        leakless(async () => {
          const [expected, actual] = [variablesOf(SHAPES), variablesOf(SHAPES)];
          const [stock, mine] = [theirs(1e-3), ours(1e-3)];
          for (let step = 0; step < steps; step++) {
            stock.minimize(lossOf(expected, name), false, expected);
            mine.minimize(lossOf(actual, name), false, actual);
          }
          await compare(stock, mine, expected, actual);
        }));
    }

    async function compare(
      stock: tf.Optimizer,
      mine: Optimizer,
      expected: tf.Variable[],
      actual: tf.Variable[],
    ): Promise<void> {
      const [wanted, got, starts] = await Promise.all([valuesOf(expected), valuesOf(actual), valuesOfNew(SHAPES)]);
      for (const [i, values] of wanted.entries()) {
        expect(values.every(Number.isFinite)).toBe(true);
        expect(values).not.toEqual(elementOf(starts, i));
        expectClose(elementOf(got, i), values, 1e-6, `parameter ${i}`);
      }
      expect(mine.fusedOn).toBe(backend);
      mine.dispose();
      stock.dispose();
      tf.dispose([expected, actual]);
    }

    it('stays finite in a centered rmsProp where the variance is 0, which is NaN in tf.train', () =>
      leakless(async () => {
        const [expected, actual] = [variablesOf([[2]]), variablesOf([[2]])];
        const [stock, mine] = [
          tf.train.rmsprop(1e-3, 0.9, 0, undefined, true),
          rmsProp(1e-3, {centered: true, ...LIKE}),
        ];
        for (const [optimizer, variables] of [[stock, expected] as const, [mine, actual] as const])
          tf.tidy(() => {
            optimizer.applyGradients(variables.map(one => ({name: one.name, tensor: tf.tensor1d([0, 1e-4])})));
          });
        const [[zero = 0, small = 0] = []] = await valuesOf(actual);
        const [before = []] = await valuesOfNew([[2]]);
        expect((await valuesOf(expected)).flat()).toEqual([NaN, NaN]);
        expectClose(
          [zero, small],
          [elementOf(before, 0), elementOf(before, 1) - 1e-7 / Math.sqrt(tf.backend().epsilon())],
          1e-6,
        );
        mine.dispose();
        stock.dispose();
        tf.dispose([expected, actual]);
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);

describeBackends(
  'like',
  () => {
    it('gives the defaults of tf.train, and hypers that are given keep their values', () => {
      const eps = tf.backend().epsilon();
      const hypers = (optimizer: Optimizer) => ({...elementOf(optimizer.hypers, 0)});
      expect(hypers(adam(undefined, LIKE))).toEqual({lr: 1e-3, mom: 0.9, sqrMom: 0.999, eps, wd: 0});
      expect(hypers(adam(0.1, {wd: 0.3, eps: undefined, ...LIKE}))).toEqual({
        lr: 0.1,
        mom: 0.9,
        sqrMom: 0.999,
        eps,
        wd: 0.3,
      });
      expect(hypers(adadelta(undefined, LIKE))).toEqual({lr: 1e-3, sqrMom: 0.95, eps, wd: 0});
      expect(hypers(adamax(undefined, LIKE))).toEqual({
        lr: 2e-3,
        mom: 0.9,
        sqrMom: 0.999,
        eps,
        lrDecay: 0,
        wd: 0,
      });
      expect(hypers(rmsProp(0.1, LIKE))).toEqual({lr: 0.1, sqrMom: 0.9, mom: 0, eps, wd: 0});
      expect(hypers(adagrad(0.1, LIKE))).toEqual({lr: 0.1, initialAccumulatorValue: 0.1, lrDecay: 0, eps, wd: 0});
    });

    it('is a setting of the rows that it names in errors', () => {
      const have = optimizers.flatMap(({name, make}) => {
        try {
          Reflect.apply(make, undefined, [0.1, LIKE]);
          return [name];
        } catch (error) {
          expect(String(error)).toContain(
            name === 'adamW' ? 'tf.train has no AdamW' : 'adagrad, adadelta, adam, adamax, rmsProp and sgd',
          );
          return [];
        }
      });
      expect(have.sort()).toEqual(['adadelta', 'adagrad', 'adam', 'adamax', 'rmsProp', 'sgd']);
      expect(isOptimizer(adam(0.1, {...LIKE, like: undefined}))).toBe(true);
    });

    it('asks the backend for eps only where it is not given', () => {
      const asked = spyOnProperty(tf.engine(), 'backend', 'get').and.throwError('No backend is ready.');
      expect(() => [
        sgd(0.1, LIKE),
        adam(0.1, {eps: 1e-7, ...LIKE}),
        adagrad(0.1, {eps: 1e-7, ...LIKE}),
      ]).not.toThrow();
      expect(asked).not.toHaveBeenCalled();
      expect(() => adam(0.1, LIKE)).toThrowError('No backend is ready.');
    });
  },
  ['cpu', 'wasm', 'webgl'],
);
