import {
  adam,
  averageGrad,
  type Callback,
  callback,
  lookahead,
  momentumStep,
  Optimizer,
  required,
  sgd,
  sgdStep,
  startAt,
  stepStat,
  zeros,
} from '../src';
import {houseCallbacks} from '../src/callbacks';
import {checkDeclaration} from '../src/rule/declaration_check';
import {registeredCallback} from '../src/rule/registry';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {accumulate, keepAverage, limitNorm} from './support/demonstrating_callbacks';
import {leakless} from './support/leakless';
import {elementOf, present} from './support/present';
import {tf} from './support/tfjs';
import {stateOf, valuesOf} from './support/training';

const TOLERANCE = 1e-6;

/** Applies gradients given as numbers; null where a parameter has none. */
function apply(
  optimizer: Optimizer,
  variables: readonly tf.Variable[],
  gradients: ReadonlyArray<readonly number[] | null>,
): void {
  tf.tidy(() => {
    optimizer.applyGradients(
      variables.map(({name, shape}, i) => {
        const gradient = elementOf(gradients, i);
        return {name, tensor: gradient === null ? null : tf.tensor([...gradient], shape, 'float32')};
      }),
    );
  });
}

const vectors = (...values: ReadonlyArray<readonly number[]>) =>
  values.map(list => tf.tidy(() => tf.variable(tf.tensor1d([...list]))));

describeBackends(
  'callbacks of your own',
  () => {
    describe('clipping by the global norm (total)', () => {
      const CASES = [
        {
          title: 'scales all gradients by the same factor where their common norm is larger',
          maxNorm: 1,
          gradients: [[3, 0], [4]],
          expected: [[0.4, 1], [0.2]],
        },
        {
          title: 'leaves smaller gradients as they are',
          maxNorm: 10,
          gradients: [[3, 0], [4]],
          expected: [[-2, 1], [-3]],
        },
        {
          title: 'sums over the parameters that have a gradient',
          maxNorm: 2,
          gradients: [null, [4]],
          expected: [[1, 1], [-1]],
        },
      ];
      for (const {title, maxNorm, gradients, expected} of CASES) {
        it(title, () =>
          leakless(async () => {
            const variables = vectors([1, 1], [1]);
            const optimizer = sgd(1, {callbacks: [limitNorm], maxNorm, params: variables});
            apply(optimizer, variables, gradients);
            (await valuesOf(variables)).forEach((values, i) => {
              expectClose(values, present(expected[i]), TOLERANCE, `parameter ${i}`);
            });
            optimizer.dispose();
            tf.dispose(variables);
          }),
        );
      }

      it('leaves frozen parameters out of the sum, and takes a limit for each group', () =>
        leakless(async () => {
          const variables = vectors([1], [1], [1]);
          const optimizer = sgd(1, {
            callbacks: [limitNorm],
            maxNorm: [1, 1, 2],
            params: variables.map(variable => [variable]),
          });
          optimizer.freezeTo(1);
          apply(optimizer, variables, [[100], [3], [4]]);
          expectClose((await valuesOf(variables)).flat(), [1, 1 - 3 / 5, 1 - (2 * 4) / 5], TOLERANCE);
          optimizer.dispose();
          tf.dispose(variables);
        }));
    });

    describe('gradient accumulation (stop)', () => {
      const BATCHES = 4;
      // Eighths, whose sums float32 holds exactly in any order.
      const gradients = Array.from({length: 5 * BATCHES}, (_, t) => [
        [(((t * 5) % 7) - 3) / 8, (((t * 3) % 5) - 2) / 8],
        [(((t * 11) % 13) - 6) / 8],
      ]);
      const mean = (lists: typeof gradients) =>
        lists
          .reduce((a, b) => a.map((values, i) => values.map((x, j) => x + present(present(b[i])[j]))))
          .map(values => values.map(x => x / lists.length));
      const counts = async (optimizer: Optimizer, variables: readonly tf.Variable[]) => {
        const states = await Promise.all(variables.map(variable => stateOf(optimizer, variable)));
        return states.map(({step = 0, count = 0}) => ({step, count}));
      };
      const MAKERS: ReadonlyArray<{
        readonly name: string;
        readonly make: (callbacks: readonly Callback[], params: tf.Variable[]) => Optimizer;
      }> = [
        {name: 'adam', make: (callbacks, params) => adam(0.1, {callbacks, params})},
        {
          name: 'lookahead, which waits while all parameters accumulate',
          make: (callbacks, params) => lookahead(adam(0.1, {callbacks, params}), {k: 2}),
        },
      ];
      for (const {name, make} of MAKERS) {
        it(`makes the step of one big batch: ${name}`, () =>
          leakless(async () => {
            const [small, big] = [vectors([1, -2], [3]), vectors([1, -2], [3])];
            const [every, once] = [make([accumulate.with({n: BATCHES})], small), make([], big)];
            for (let t = 0; t < gradients.length; t += BATCHES) {
              const batches = gradients.slice(t, t + BATCHES);
              for (const list of batches.slice(0, -1)) apply(every, small, list);
              expect(await valuesOf(small))
                .withContext('while it accumulates')
                .toEqual(await valuesOf(big));
              expect(await counts(every, small))
                .withContext('while it accumulates')
                .toEqual(await counts(once, big));
              for (const list of batches.slice(-1)) apply(every, small, list);
              apply(once, big, mean(batches));
            }
            expect(await valuesOf(small)).toEqual(await valuesOf(big));
            expect(await counts(every, small)).toEqual(await counts(once, big));
            for (const optimizer of [every, once]) optimizer.dispose();
            tf.dispose([small, big]);
          }));
      }
    });

    describe('an average of the weights (everyParameter, evaluate)', () => {
      it('is shown between eval() and train(), for frozen parameters too, and no step can be made there', () =>
        leakless(async () => {
          const variables = vectors([8], [8], [8]);
          const optimizer = new Optimizer([sgdStep, keepAverage], {
            lr: 1,
            weightMom: 0.5,
            params: variables.map(variable => [variable]),
          });
          optimizer.freezeTo(1);
          apply(optimizer, variables, [[4], [4], null]);
          apply(optimizer, variables, [[4], [2], null]);
          expect(await valuesOf(variables)).toEqual([[8], [2], [8]]);
          // The second one was 4 and 2: the average went from 8 to 6 to 4.
          const averages = await Promise.all(variables.map(variable => stateOf(optimizer, variable)));
          expect(averages).toEqual([
            {weightAvg: [8], averaged: 2},
            {weightAvg: [4], averaged: 2},
            {weightAvg: [8], averaged: 2},
          ]);
          optimizer.eval();
          expect(await valuesOf(variables)).toEqual([[8], [4], [8]]);
          expect(() => {
            apply(optimizer, variables, [[4], [2], null]);
          }).toThrowError(/train\(\)/);
          optimizer.train();
          expect(await valuesOf(variables)).toEqual([[8], [2], [8]]);
          apply(optimizer, variables, [null, [1], null]);
          expect(await valuesOf(variables)).toEqual([[8], [1], [8]]);
          optimizer.dispose();
          tf.dispose(variables);
        }));

      it('is gone and the trained weights are back when the optimizer is disposed before train()', () =>
        leakless(async () => {
          const variables = vectors([8]);
          const optimizer = new Optimizer([sgdStep, keepAverage], {lr: 1, params: variables});
          apply(optimizer, variables, [[4]]);
          optimizer.eval();
          expect(await valuesOf(variables)).toEqual([[6]]);
          optimizer.dispose();
          expect(await valuesOf(variables)).toEqual([[4]]);
          tf.dispose(variables);
        }));
    });

    describe('state', () => {
      const readsAverage = callback(
        'testReads',
        {hypers: {lr: required}, reads: {gradAvg: zeros}},
        ({p, grad, gradAvg, lr}) => ({p: p.sub((gradAvg ?? grad).mul(lr))}),
      );
      const differs = callback(
        'testDiffers',
        {hypers: {lr: required}, state: {before: startAt(({grad}) => grad)}},
        ({p, grad, before, lr}) => ({p: p.sub(grad.sub(before).mul(lr)), before: grad}),
      );
      const rowMean = callback(
        'testScalarStart',
        {state: {first: startAt(({p, grad}) => p.mul(grad).sum())}},
        ({p, first}) => ({p: p.add(first)}),
      );

      const CASES: ReadonlyArray<{
        readonly title: string;
        readonly callbacks: readonly Callback[];
        readonly gradients: readonly number[];
        readonly expected: number;
      }> = [
        {
          title: 'that is read is undefined where nothing keeps it',
          callbacks: [readsAverage],
          gradients: [1, 2],
          expected: 10 - 1 - 2,
        },
        {
          title: 'that is read is defined where an earlier callback keeps it',
          callbacks: [averageGrad, readsAverage],
          gradients: [1, 2],
          expected: 10 - 1 - 2.5,
        },
        {
          title: 'starts at what startAt computes from the first gradient',
          callbacks: [differs],
          gradients: [1, 2, 5],
          expected: 10 - 1 - 3,
        },
        {
          title: 'starts at what startAt computes from the parameter before the step',
          callbacks: [sgdStep, rowMean],
          gradients: [1, 2],
          expected: 10 - 1 + 10 - 2 + 10,
        },
      ];
      for (const {title, callbacks, gradients, expected} of CASES) {
        it(title, () =>
          leakless(async () => {
            const variables = vectors([10]);
            const optimizer = new Optimizer(callbacks, {
              lr: 1,
              ...(callbacks.includes(averageGrad) ? {mom: 0.5} : {}),
              params: variables,
            });
            for (const gradient of gradients) apply(optimizer, variables, [[gradient]]);
            expect(await valuesOf(variables)).toEqual([[expected]]);
            optimizer.dispose();
            tf.dispose(variables);
          }),
        );
      }
    });

    describe('options', () => {
      const GRADIENTS = [1, 2];
      // The average is 1 and 2.5 undampened (mom 0.5), half of that dampened.
      const CASES: ReadonlyArray<{
        readonly title: string;
        readonly bound?: boolean;
        readonly set?: boolean | readonly boolean[];
        readonly expected: readonly number[];
      }> = [
        {title: 'have defaults', expected: [6.5, 6.5]},
        {title: 'are bound by with()', bound: true, expected: [8.25, 8.25]},
        {title: 'are set by name in the constructor, as a hyper', set: true, expected: [8.25, 8.25]},
        {title: 'that are set by name replace those that are bound', bound: true, set: false, expected: [6.5, 6.5]},
        {title: 'are set for each group', set: [false, true], expected: [6.5, 8.25]},
      ];
      for (const {title, bound = false, set, expected} of CASES) {
        it(title, () =>
          leakless(async () => {
            const variables = vectors([10], [10]);
            const settings = {
              lr: 1,
              mom: 0.5,
              params: variables.map(variable => [variable]),
              ...(set === undefined ? {} : {dampening: set}),
            };
            const optimizer = new Optimizer([averageGrad.with({dampening: bound}), momentumStep], settings);
            for (const gradient of GRADIENTS) apply(optimizer, variables, [[gradient], [gradient]]);
            expect((await valuesOf(variables)).flat()).toEqual([...expected]);
            expect(optimizer.hypers.map(({dampening}) => dampening)).toEqual(
              set === undefined ? [undefined, undefined] : typeof set === 'boolean' ? [set, set] : [...set],
            );
            optimizer.dispose();
            tf.dispose(variables);
          }),
        );
      }
    });
  },
  ['cpu', 'webgl', 'wasm'],
);

describe('the name of a callback', () => {
  it('means the callback that was made last, so that modules can be loaded again', () => {
    const first = callback('testNamedTwice', {}, () => ({}));
    const second = callback('testNamedTwice', {}, () => ({}));
    expect(registeredCallback('testNamedTwice')).toBe(second);
    expect(registeredCallback('testNamedTwice')).not.toBe(first);
  });

  it("is never one of the package's own", () => {
    expect(() => callback('averageGrad', {}, () => ({}))).toThrowError(
      "tfjs-optim has a callback 'averageGrad'; choose another name.",
    );
    expect(registeredCallback('averageGrad')).toBe(averageGrad);
  });

  for (const {name, hypers, options, declaration} of houseCallbacks) {
    it(`may declare ${name}`, () => {
      // A made callback has the ranges of its hypers beside those of its options.
      const ranges = Object.fromEntries(Object.entries(declaration.ranges).filter(([entry]) => entry in options));
      expect(() => {
        checkDeclaration(name, {...declaration, hypers, ranges}, () => ({}));
      }).not.toThrow();
    });
  }

  for (const name of ['Clip', 'clip_norm', '2clip', '', 'clip-norm']) {
    it(`can't be '${name}'`, () => {
      expect(() => callback(name, {}, () => ({}))).toThrowError(/camelCase/);
    });
  }
});

describe('the callbacks of an optimizer', () => {
  const CASES: ReadonlyArray<{readonly title: string; readonly make: () => unknown; readonly message: RegExp}> = [
    {
      title: 'need an entry that no earlier callback provides',
      make: () => new Optimizer([momentumStep], {lr: 1}),
      message: /momentumStep reads 'gradAvg', which no callback before it provides/,
    },
    {
      title: 'need an entry that only a later one provides',
      make: () => new Optimizer([momentumStep, averageGrad], {lr: 1}),
      message: /put a callback with the state 'gradAvg' before momentumStep/,
    },
    {
      title: 'read an entry that only a later one provides',
      make: () => new Optimizer([callback('testReadsEarly', {reads: {gradAvg: zeros}}, () => ({})), averageGrad], {}),
      message: /testReadsEarly reads 'gradAvg'/,
    },
    {
      title: 'start an entry differently',
      make: () =>
        new Optimizer(
          [averageGrad, callback('testOtherStart', {state: {gradAvg: startAt(({grad}) => grad)}}, () => ({}))],
          {},
        ),
      message: /start the state 'gradAvg' differently/,
    },
    {
      title: 'use one name for a hyper and for an option',
      make: () => new Optimizer([callback('testMomOption', {options: {mom: 1}}, () => ({})), averageGrad], {}),
      message: /'mom' is a hyper of averageGrad and an option of testMomOption/,
    },
    {
      title: 'keep a number per parameter and a common number under one name',
      make: () =>
        new Optimizer(
          [stepStat, callback('testCommonStep', {state: {step: 0}, everyParameter: true}, () => ({}))],
          {},
        ),
      message: /share the number 'step', but only one declares `everyParameter`/,
    },
  ];
  for (const {title, make, message} of CASES) {
    it(`are refused where they ${title}`, () => {
      expect(make).toThrowError(message);
    });
  }
});
