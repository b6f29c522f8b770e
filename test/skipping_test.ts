import {
  accumulate,
  adam,
  type Callback,
  callback,
  copy,
  ema,
  lin,
  loadOptimizer,
  lookahead,
  Optimizer,
  optimizers,
  OptimWrapper,
  partition,
  required,
  rmsProp,
  saveOptimizer,
  scalar,
  sgd,
  sgdStep,
  skipNonFinite,
  startAt,
  type Value,
  zeros,
} from '../src';
import {describeBackends} from './support/backends';
import {bitsOf} from './support/bits';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {rowsOn} from './support/rows_on';
import {tf} from './support/tfjs';
import {step, suiteWith, valuesOf, variableOf} from './support/vectors';

interface Made {
  readonly name: string;
  readonly make: () => Optimizer;
}
const SKIP = {skipNonFinite: true} as const;
const EVERY: readonly Made[] = [
  ...optimizers.map(({name, make}) => ({
    name,
    make: () => {
      const usual = make();
      const mom = usual.hypers.some(hypers => 'mom' in hypers) ? {mom: 0.9} : {};
      usual.dispose();
      return make(0.01, {wd: 0.1, ...mom, ...SKIP});
    },
  })),
  {name: 'sgd with dampening', make: () => sgd(0.01, {mom: 0.9, dampening: 0.5, ...SKIP})},
  {name: 'adam with AMSGrad', make: () => adam(0.01, {amsgrad: true, ...SKIP})},
  {
    name: 'rmsProp like tf.train',
    make: () => rmsProp(0.01, {mom: 0.9, centered: true, like: 'tf.train', eps: 1e-3, ...SKIP}),
  },
  {name: 'a wrapped Adam', make: () => new OptimWrapper(tf.train.adam(0.01), SKIP)},
  {name: 'a wrapped Adagrad', make: () => new OptimWrapper(tf.train.adagrad(0.01), SKIP)},
  {name: 'Lookahead', make: () => lookahead(adam(0.01, SKIP), {k: 2})},
  {name: 'an average', make: () => ema(adam(0.01, SKIP))},
];

/** Runs alone, because it reverses the gradient. */
const reversedTest = callback(
  'reversedTest',
  {hypers: {lr: required}, state: {reversedSum: startAt(({p}) => p.onesLike())}},
  ({p, grad, lr, reversedSum}) => {
    if (!(grad instanceof tf.Tensor)) throw new Error('It needs a tensor.');
    const reversed: Value = tf.reverse(grad);
    const sum = reversedSum.add(reversed);
    return {p: p.sub(sum.mul(lr)), reversedSum: sum};
  },
);
/** Has state of another shape. */
const pairTest = callback(
  'pairTest',
  {hypers: {lr: required}, state: {pair: startAt(() => tf.zeros([1, 2]))}},
  ({p, grad, lr, pair}) => ({p: p.sub(grad.mul(lr)), pair: pair.add(1)}),
);
const firstGradTest = callback(
  'firstGradTest',
  {state: {first: startAt(({grad}) => grad), seen: copy, added: zeros}},
  ({p, grad, added}) => ({seen: p, added: added.add(grad)}),
);
const countTest = callback(
  'countTest',
  {shared: {ran: 0}, total: ({grad}) => ({sum: grad.sum()})},
  ({ran, total}) => ({shared: {ran: ran.add(total.sum)}}),
);

const OF_SQUARES = {
  skips: true,
  hypers: {lr: required},
  total: ({grad}: {readonly grad: Value}) => ({square: grad.square().sum()}),
} as const;
/** Both skip a step where the squares of the gradients are more than 3. */
const stepsAndSkips = callback('stepsAndSkips', OF_SQUARES, ({p, grad, lr, total}) => ({
  p: p.sub(grad.mul(lr)),
  skip: total.square.sub(3),
}));
const updatesAndSkips = callback('updatesAndSkips', OF_SQUARES, ({grad, lr, total}) => ({
  update: grad.mul(lr),
  skip: total.square.sub(3),
}));
/** Skips by a number that can differ between groups. */
const limitTest = callback(
  'limitTest',
  {skips: true, hypers: {limit: required}, total: ({grad}) => ({square: grad.square().sum()})},
  ({limit, total}) => ({skip: total.square.sub(limit)}),
);

/** The bits of the variable and of its state's tensors. */
async function bits(optimizer: Optimizer, variable: tf.Variable): Promise<unknown> {
  const state = Object.values(optimizer.state.get(variable)).filter(value => value instanceof tf.Tensor);
  return bitsOf([variable, ...state]);
}

describeBackends(
  'a step with NaN in a gradient',
  backend => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const fusing of [true, false]) {
      const suite = suiteWith(fusing);

      for (const {name, make} of rowsOn(backend, EVERY)) {
        suite(`is skipped by ${name}, also the first one`, async () => {
          const a = variableOf([1, -2, 3]);
          const optimizer = make();
          step(optimizer, [a, [NaN, 1, 1]]);
          expect(await valuesOf(a)).toEqual([1, -2, 3]);
          for (const entries of [optimizer.state.get(a)])
            for (const value of Object.values(entries))
              if (value instanceof tf.Tensor) expect([...(await value.data())].every(Number.isFinite)).toBeTrue();
          step(optimizer, [a, [1, 2, -1]]);
          const before = await bits(optimizer, a);
          step(optimizer, [a, [1, -Infinity, 1]]);
          step(optimizer, [a, [Infinity, NaN, 1]]);
          expect(await bits(optimizer, a)).toEqual(before);
          step(optimizer, [a, [1, 1, 1]]);
          const after = await valuesOf(a);
          expect(after.every(Number.isFinite)).toBeTrue();
          expect(after).not.toEqual([1, -2, 3]);
          expect(await optimizer.skipped()).toBe(3);
          expect(optimizer.iterations).toBe(5);
          optimizer.dispose();
          a.dispose();
        });
      }

      suite('leaves all parameters as they are, whichever has it', async () => {
        const [a, b, c] = [variableOf([1, 2]), variableOf([3]), variableOf([4])];
        const optimizer = ema(sgd(0.5, {...SKIP, params: [[a], [b, c]]}), {decay: 0.5});
        step(optimizer, [a, [1, 1]], [b, [2]], [c, [2]]);
        step(optimizer, [a, [1, 1]], [b, [NaN]]);
        expect([...(await valuesOf(a)), ...(await valuesOf(b)), ...(await valuesOf(c))]).toEqual([0.5, 1.5, 2, 3]);
        optimizer.eval();
        expect([...(await valuesOf(a)), ...(await valuesOf(b)), ...(await valuesOf(c))]).toEqual([
          0.75, 1.75, 2.5, 3.5,
        ]);
        optimizer.train();
        optimizer.dispose();
        tf.dispose([a, b, c]);
      });

      suite('spoils one window of accumulated gradients only', async () => {
        const a = variableOf([1]);
        const optimizer = sgd(0.5, {callbacks: accumulate(2), ...SKIP, params: [a]});
        step(optimizer, [a, [NaN]]);
        step(optimizer, [a, [2]]);
        expect(await valuesOf(a)).toEqual([1]);
        step(optimizer, [a, [2]]);
        step(optimizer, [a, [4]]);
        expect(await valuesOf(a)).toEqual([1 - 0.5 * 3]);
        expect(await optimizer.skipped()).toBe(1);
        optimizer.dispose();
        a.dispose();
      });

      suite('lets counts and schedules go on', async () => {
        const a = variableOf([1]);
        const optimizer = lookahead(sgd(0.5, {...SKIP, params: [a]}), {k: 2, alpha: 0.5});
        optimizer.setSchedule({lr: lin(1, 0)}, {steps: 4});
        step(optimizer, [a, [1]]);
        expect(await valuesOf(a)).toEqual([0]);
        // Lookahead would synchronize here.
        step(optimizer, [a, [NaN]]);
        expect(await valuesOf(a)).toEqual([0]);
        expect(optimizer.lr).toBe(0.75);
        step(optimizer, [a, [1]]);
        expect(await valuesOf(a)).toEqual([-0.5]);
        step(optimizer, [a, [1]]);
        expect(await valuesOf(a)).toEqual([1 - 0.5 * 1.75]);
        optimizer.dispose();
        a.dispose();
      });

      suite('leaves shared numbers and starts of later callbacks', async () => {
        const a = variableOf([1, 2]);
        const optimizer = new Optimizer<readonly Callback[]>([skipNonFinite, firstGradTest, countTest, sgdStep], {
          lr: 0.5,
          params: [a],
        });
        step(optimizer, [a, [NaN, 4]]);
        const {first, seen, added} = optimizer.state.get(a);
        const read = async (x: unknown) => (x instanceof tf.Tensor ? [...(await x.data())] : x);
        expect([await read(first), await read(seen), await read(added)]).toEqual([
          [0, 0],
          [1, 2],
          [0, 0],
        ]);
        step(optimizer, [a, [1, 2]]);
        expect(await optimizer.shared()).toEqual({skipped: 1, ran: 3});
        expect(await valuesOf(a)).toEqual([0.5, 1]);
        optimizer.dispose();
        a.dispose();
      });

      suite('is skipped also where a callback runs alone, or has state of another shape', async () => {
        for (const rule of [reversedTest, pairTest]) {
          const a = variableOf([1, 2]);
          const optimizer = new Optimizer<readonly Callback[]>([skipNonFinite, rule], {lr: 0.5, params: [a]});
          step(optimizer, [a, [NaN, 4]]);
          step(optimizer, [a, [NaN, 4]]);
          expect(await valuesOf(a)).toEqual([1, 2]);
          step(optimizer, [a, [2, 4]]);
          const expected = rule === reversedTest ? [1 - 0.5 * 5, 2 - 0.5 * 3] : [0, 0];
          expect(await valuesOf(a)).toEqual(expected);
          step(optimizer, [a, [Infinity, 4]]);
          expect(await valuesOf(a)).toEqual(expected);
          expect(await optimizer.skipped()).toBe(3);
          optimizer.dispose();
          a.dispose();
        }
      });

      suite('is one with too large a norm, with maxGradNorm', async () => {
        const [a, b] = [variableOf([1]), variableOf([2])];
        const optimizer = sgd(0.5, {maxGradNorm: 5, params: [a, b]});
        step(optimizer, [a, [3]], [b, [4]]);
        expect([...(await valuesOf(a)), ...(await valuesOf(b))]).toEqual([-0.5, 0]);
        step(optimizer, [a, [3]], [b, [4.01]]);
        step(optimizer, [a, [3e30]], [b, [0]]);
        step(optimizer, [a, [NaN]], [b, [0]]);
        expect([...(await valuesOf(a)), ...(await valuesOf(b))]).toEqual([-0.5, 0]);
        expect(await optimizer.skipped()).toBe(3);
        optimizer.setHyper('maxGradNorm', 6);
        step(optimizer, [a, [3]], [b, [4.5]]);
        expect([...(await valuesOf(a)), ...(await valuesOf(b))]).toEqual([-2, -2.25]);
        optimizer.dispose();
        tf.dispose([a, b]);
      });

      suite('is skipped for all groups or for none', async () => {
        const [a, b] = [variableOf([1]), variableOf([2])];
        const warned = spyOn(console, 'warn');
        const optimizer = sgd(0.5, {maxGradNorm: 5, params: [[a], [b]]});
        optimizer.setHyper('maxGradNorm', [1, 10]);
        expect(() => {
          step(optimizer, [a, [3]], [b, [4]]);
        }).toThrowError(
          "skipNonFinite: 'maxGradNorm' must be the same in all groups, so that a step is skipped for all or for " +
            'none; got 1 and 10.',
        );
        expect([...(await valuesOf(a, b)), optimizer.iterations]).toEqual([1, 2, 0]);
        // A mistake is not a reason to run without fusing from then on.
        expect(optimizer.fusedOn).toBe(fusing ? backend : 'eager: the flag OPTIM_FUSING is off');
        expect(warned).not.toHaveBeenCalled();
        optimizer.setHyper('maxGradNorm', 6);
        step(optimizer, [a, [3]], [b, [4]]);
        expect(await valuesOf(a, b)).toEqual([-0.5, 0]);
        optimizer.dispose();
        tf.dispose([a, b]);
      });

      suite('also drops what the callback that skips returned itself', async () => {
        for (const rule of [stepsAndSkips, updatesAndSkips]) {
          const [a, b] = [variableOf([1]), variableOf([2])];
          const optimizer = new Optimizer<readonly Callback[]>([rule], {lr: [1, 2], params: [[a], [b]]});
          step(optimizer, [a, [1]], [b, [2]]);
          expect(await valuesOf(a, b)).toEqual([1, 2]);
          step(optimizer, [a, [1]], [b, [1]]);
          expect(await valuesOf(a, b)).toEqual([0, 0]);
          optimizer.dispose();
          tf.dispose([a, b]);
        }
      });

      suite('changes no other step by a bit', async () => {
        const run = async (settings: {readonly skipNonFinite?: boolean}) => {
          const a = variableOf([1, -2, 3]);
          const optimizer = adam(0.01, settings);
          for (let i = 0; i < 4; i++) step(optimizer, [a, [i - 1, 0.3 * i, 1]]);
          const result = await bitsOf([a]);
          expect(optimizer.fusedOn).toBe(fusing ? backend : 'eager: the flag OPTIM_FUSING is off');
          optimizer.dispose();
          a.dispose();
          return result;
        };
        expect(await run(SKIP)).toEqual(await run({}));
      });
    }

    it('is counted in saved optimizers, too', () =>
      leakless(async () => {
        const a = variableOf([1]);
        const optimizer = sgd(0.5, {maxGradNorm: 5, params: [a]});
        step(optimizer, [a, [NaN]]);
        const handler = memoryHandler();
        await saveOptimizer(optimizer, handler);
        const loaded = await loadOptimizer(handler, {params: a});
        expect(await loaded.skipped()).toBe(1);
        step(loaded, [a, [6]]);
        step(loaded, [a, [2]]);
        expect(await loaded.skipped()).toBe(2);
        expect(await valuesOf(a)).toEqual([0]);
        loaded.clearState();
        expect(await loaded.skipped()).toBe(0);
        loaded.dispose();
        optimizer.dispose();
        a.dispose();
      }));

    it('costs no tensors', () =>
      leakless(() => {
        const a = variableOf([1]);
        const optimizer = adam(0.5, {...SKIP, params: [a]});
        step(optimizer, [a, [1]]);
        const held = tf.memory().numTensors;
        tf.tidy(() => {
          step(optimizer, [a, [NaN]]);
          step(optimizer, [a, [1]]);
        });
        step(optimizer, [a, [NaN]]);
        expect(tf.memory().numTensors).toBe(held);
        optimizer.dispose();
        a.dispose();
      }));
  },
  ['cpu', 'wasm', 'webgl', 'webgpu'],
);

describeBackends(
  'a step with state of a shape that is not fused',
  backend => {
    it('is skipped eagerly, until the callback that skips is left out', async () => {
      const warned = spyOn(console, 'warn');
      // Warnings are given once for each text.
      const entry = `odd${backend}`;
      const odd = callback('oddTest', {state: {[entry]: startAt(() => tf.zeros([1, 2]))}}, ({grad}) => ({
        grad: grad.mul(2),
      }));
      const [a, b] = [variableOf([1, 2]), variableOf([1, 2])];
      const skips = new Optimizer<readonly Callback[]>([skipNonFinite, odd, sgdStep], {lr: 0.5, params: [a]});
      const plain = new Optimizer<readonly Callback[]>([odd, sgdStep], {lr: 0.5, params: [b]});
      for (const [optimizer, variable] of [
        [skips, a],
        [plain, b],
      ] as const) {
        step(optimizer, [variable, [1, 1]]);
        step(optimizer, [variable, [1, 1]]);
      }
      const why = `it can skip steps, and the shape of its state '${entry}' is not fused with that`;
      expect(skips.fusedOn).toBe(`eager: ${why}`);
      expect(warned).toHaveBeenCalledWith(`tfjs-optim: an optimizer runs without fusing, more slowly: ${why}`);
      expect(plain.fusedOn).toBe(`${backend}, except oddTest`);
      // Another backend may fuse the shape.
      const other = backend === 'cpu' ? 'wasm' : 'cpu';
      await tf.setBackend(other);
      expect(skips.fusedOn).toBe(other);
      await tf.setBackend(backend);
      for (const optimizer of [skips, plain]) optimizer.dispose();
      tf.dispose([a, b]);
    });
  },
  ['cpu', 'wasm'],
);

describe('skipNonFinite', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is true or false, and only one callback skips', async () => {
    expect(() => {
      Reflect.apply(adam, undefined, [0.1, {skipNonFinite: 'yes'}]);
    }).toThrowError("skipNonFinite must be true or false; got 'yes'.");
    expect(() => adam(0.1, {maxGradNorm: -1})).toThrowError(/maxGradNorm/);
    expect(() => adam(0.1, {callbacks: [skipNonFinite], skipNonFinite: true})).toThrowError(/skipNonFinite/);
    const optimizer = adam(0.1, {skipNonFinite: false});
    await expectAsync(optimizer.skipped()).toBeRejectedWithError(
      'This optimizer skips no steps; make it with {skipNonFinite: true} to count them.',
    );
    optimizer.dispose();
    const bad = callback('badSkipTest', {skips: true}, ({p}) => ({skip: p}));
    const a = variableOf([1]);
    const skipping = new Optimizer([bad], {params: [a]});
    expect(() => {
      step(skipping, [a, [1]]);
    }).toThrowError(/badSkipTest returned .* for 'skip'; it must return a scalar/);
    expectClose(await valuesOf(a), [1], 0);
    skipping.dispose();
    a.dispose();
  });

  it('is computed from totals, so that it counts for all parameters', async () => {
    const one = callback('skipsOneTest', {skips: true, state: {level: scalar}}, ({p, level}) => ({
      skip: p.square().sum().add(level),
    }));
    const variables = [variableOf([1, 2]), variableOf([0])];
    const optimizer = new Optimizer([one, sgdStep], {lr: 1, params: variables});
    expect(() => {
      step(optimizer, ...variables.map(variable => [variable, [...variable.dataSync()]] as const));
    }).toThrowError(
      "skipsOneTest returned a 'skip' that depends on one parameter; compute it from `total`, so that the step is " +
        'skipped for all or for none.',
    );
    expectClose(await valuesOf(...variables), [1, 2, 0], 0);
    optimizer.dispose();
    tf.dispose(variables);
  });

  it('is the same for all groups', async () => {
    const [a, b] = [variableOf([1]), variableOf([2])];
    const optimizer = new Optimizer([limitTest, sgdStep], {lr: [1, 2], limit: [1, 10], params: [[a], [b]]});
    expect(() => {
      step(optimizer, [a, [1]], [b, [2]]);
    }).toThrowError(
      "limitTest returned a 'skip' that differs between parameters by a hyper or a host number; compute it from " +
        '`total`, so that the step is skipped for all or for none.',
    );
    expect(await valuesOf(a, b)).toEqual([1, 2]);
    optimizer.setHyper('limit', 10);
    step(optimizer, [a, [1]], [b, [2]]);
    expect(await valuesOf(a, b)).toEqual([0, -2]);
    optimizer.dispose();
    tf.dispose([a, b]);
  });

  it('must come before what it skips', () => {
    const message = 'skipNonFinite is the last callback, so it skips nothing; put it before the step.';
    expect(() => sgd(0.1, {after: [skipNonFinite]})).toThrowError(message);
    expect(() => new Optimizer([sgdStep, skipNonFinite], {lr: 1})).toThrowError(message);
    const inner = sgd(0.1);
    expect(() => partition([{by: inner}], {after: [skipNonFinite]})).toThrowError(message);
    expect(inner.lr).toBe(0.1);
    expect(() => sgd(0.1, {callbacks: [skipNonFinite], skipNonFinite: true})).toThrowError(
      'Only one callback can skip steps; got skipNonFinite and skipNonFinite. Leave all but one out.',
    );
    inner.dispose();
  });

  it('is said to be one where two are given', () => {
    const gate = callback('gateTest', {skips: true, total: ({grad}) => ({sum: grad.sum()})}, ({total}) => ({
      skip: total.sum,
    }));
    expect(() => new Optimizer([gate, skipNonFinite], {})).toThrowError(
      'Only one callback can skip steps; got gateTest and skipNonFinite. Leave all but one out.',
    );
  });

  it('runs eagerly where a callback that runs alone has shared numbers', async () => {
    spyOn(console, 'warn');
    const counted = callback('aloneCounted', {shared: {calls: 0}}, ({grad, calls}) => {
      if (!(grad instanceof tf.Tensor)) throw new Error('It needs a tensor.');
      const reversed: Value = tf.reverse(grad);
      return {grad: reversed, shared: {calls: calls.add(1)}};
    });
    const a = variableOf([1, 2]);
    const optimizer = new Optimizer([skipNonFinite, counted, sgdStep], {lr: 1, params: [a]});
    step(optimizer, [a, [1, 3]]);
    expect(optimizer.fusedOn).toMatch(
      /^eager: it can skip steps, and aloneCounted, which runs alone, has `shared` numbers$/,
    );
    step(optimizer, [a, [NaN, 3]]);
    expectClose(await valuesOf(a), [1 - 3, 2 - 1], 1e-6);
    expect(await optimizer.shared()).toEqual(jasmine.objectContaining({calls: 1}));
    optimizer.dispose();
    a.dispose();
  });
});
