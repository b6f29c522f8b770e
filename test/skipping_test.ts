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
  {hypers: {lr: required}, state: {pair: startAt(() => tf.zeros([2]))}},
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

      for (const {name, make} of EVERY) {
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
      /^eager: .*it can skip steps, and has state of other shapes or a callback that runs alone with `shared`/,
    );
    step(optimizer, [a, [NaN, 3]]);
    expectClose(await valuesOf(a), [1 - 3, 2 - 1], 1e-6);
    expect(await optimizer.shared()).toEqual(jasmine.objectContaining({calls: 1}));
    optimizer.dispose();
    a.dispose();
  });
});
