import {
  accumulate,
  adam,
  type Callback,
  callback,
  copy,
  loadOptimizer,
  lookahead,
  Optimizer,
  prodigyLr,
  required,
  saveOptimizer,
  type Value,
  zeros,
} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {tf} from './support/tfjs';
import {step, suiteWith, valuesOf, variableOf} from './support/vectors';

const B1 = 0.9;
const B2 = 0.999;
const B3 = Math.sqrt(B2);
const D0 = 0.01;

/** Prodigy (Mishchenko & Defazio, 2023) with lr 1, without decay and bias correction. */
const prodigyTest = callback(
  'prodigyTest',
  {
    state: {start: copy, slope: zeros, mean: zeros, square: zeros},
    shared: {d: D0, dMax: D0, numerator: 0},
    total: ({p, grad, start, slope, d}) => ({
      product: grad.mul(start.sub(p)).sum(),
      size: slope
        .mul(B3)
        .add(grad.mul(d.square().div(D0)))
        .abs()
        .sum(),
    }),
  },
  ({p, grad, slope, mean, square, d, dMax, numerator, total}) => {
    const sum = numerator.mul(B3).add(d.square().div(D0).mul(total.product));
    const estimate = sum.div(total.size);
    const raised = d.maximum(estimate).where(d.equal(D0), d);
    const largest = dMax.maximum(estimate);
    const next = raised.maximum(largest);
    const newMean = mean.mul(B1).add(grad.mul(d.mul(1 - B1)));
    const newSquare = square.mul(B2).add(grad.square().mul(d.square().mul(1 - B2)));
    return {
      p: p.sub(newMean.mul(d).div(newSquare.sqrt().add(next.mul(1e-8)))),
      mean: newMean,
      square: newSquare,
      slope: slope.mul(B3).add(grad.mul(d.square().div(D0))),
      shared: {d: next, dMax: largest, numerator: sum},
    };
  },
);

/** The same in float64, for parameters as one list. */
function prodigyInFloat64(start: readonly number[], grads: ReadonlyArray<readonly number[]>) {
  const p = [...start];
  const [slope, mean, square] = [p.map(() => 0), p.map(() => 0), p.map(() => 0)];
  let [d, dMax, numerator] = [D0, D0, 0];
  const ds: number[] = [];
  for (const grad of grads) {
    const at = (list: readonly number[], i: number) => list[i] ?? NaN;
    numerator = B3 * numerator + (d / D0) * d * grad.reduce((sum, g, i) => sum + g * (at(start, i) - at(p, i)), 0);
    grad.forEach((g, i) => {
      slope[i] = B3 * at(slope, i) + (d / D0) * d * g;
      mean[i] = B1 * at(mean, i) + (1 - B1) * d * g;
      square[i] = B2 * at(square, i) + (1 - B2) * d * d * g * g;
    });
    const estimate = numerator / slope.reduce((sum, s) => sum + Math.abs(s), 0);
    const raised = d === D0 ? Math.max(d, estimate) : d;
    dMax = Math.max(dMax, estimate);
    const next = Math.max(raised, dMax);
    p.forEach((_, i) => {
      p[i] = at(p, i) - (d * at(mean, i)) / (Math.sqrt(at(square, i)) + next * 1e-8);
    });
    d = next;
    ds.push(d);
  }
  return {p, ds};
}

/** A step by an average of the gradients' sums, as it was before the step. */
const levelTest = callback(
  'levelTest',
  {
    hypers: {lr: required},
    shared: {level: 1, calls: 0},
    total: ({grad, level}) => ({sum: grad.sum(), scaled: grad.mul(level.mul(2)).sum()}),
    evaluate: ({p, calls}) => ({p: p.mul(calls)}),
  },
  ({p, grad, lr, level, calls, total}) => ({
    p: p.sub(grad.mul(level.mul(lr))),
    shared: {level: level.mul(0.5).add(total.sum.mul(0.5)).add(total.scaled.mul(0.01)), calls: calls.add(1)},
  }),
);
function nextLevel(level: number, sum: number): number {
  return 0.5 * level + 0.5 * sum + 0.02 * level * sum;
}

/** Runs alone, because it reverses the gradient. */
const aloneTest = callback(
  'aloneSharedTest',
  {hypers: {lr: required}, shared: {first: 2, second: 3}, total: ({grad}) => ({sum: grad.sum()})},
  ({p, grad, lr, first, second, total}) => {
    if (!(grad instanceof tf.Tensor)) throw new Error('It needs a tensor.');
    const reversed: Value = tf.reverse(grad);
    return {
      p: p.sub(reversed.mul(first.mul(lr))),
      shared: {second: second.add(total.sum)},
    };
  },
);
/** Five numbers, of which each is replaced by its neighbour's. */
const ringTest = callback('ringTest', {shared: {r0: 1, r1: 2, r2: 3, r3: 4, r4: 5}}, ({p, r0, r1, r2, r3, r4}) => ({
  p: p.mul(0).add(r0).add(r1.mul(10)).add(r2.mul(100)).add(r3.mul(1000)).add(r4.mul(10000)),
  shared: {r0: r1, r1: r2, r2: r3, r3: r4, r4: r0},
}));

function disposeDict({state, shared = {}}: ReturnType<Optimizer['stateDict']>): void {
  tf.dispose(state.flatMap(values => Object.values(values)).filter(value => value instanceof tf.Tensor));
  tf.dispose(shared);
}

describe('prodigyLr', () => {
  it('refuses an optimizer without prodigyStep', async () => {
    const optimizer = adam(0.1);
    await expectAsync(prodigyLr(optimizer)).toBeRejectedWithError(
      'prodigyLr takes an optimizer that was made by prodigy(…); this one has no prodigyStep.',
    );
    optimizer.dispose();
  });
});

describeBackends(
  'shared numbers',
  backend => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const fusing of [true, false]) {
      const suite = suiteWith(fusing);

      suite("compute Prodigy's d", async () => {
        const start = [0.5, -1.9, 0.55, 2, -0.8, -2.2, 0.1];
        const grads = Array.from({length: 8}, (_, k) =>
          start.map((p, i) => p * (1 - 0.05 * k) + 0.2 * Math.sin(i + k)),
        );
        const {p, ds} = prodigyInFloat64(start, grads);
        const [a, b] = [variableOf(start.slice(0, 4)), variableOf(start.slice(4))];
        const optimizer = new Optimizer([prodigyTest], {params: [[a], [b]]});
        for (const [k, grad] of grads.entries()) {
          step(optimizer, [a, grad.slice(0, 4)], [b, grad.slice(4)]);
          const {d = NaN} = await optimizer.shared();
          expect(Math.abs(d / (ds[k] ?? NaN) - 1))
            .withContext(`d in step ${k}`)
            .toBeLessThan(1e-5);
        }
        expect(ds.at(-1)).toBeGreaterThan(2 * D0);
        expectClose(await valuesOf(a, b), p, 1e-5);
        expect(optimizer.fusedOn).toBe(fusing ? backend : 'eager: the flag OPTIM_FUSING is off');
        optimizer.dispose();
        tf.dispose([a, b]);
      });

      suite('follow the parameters that have a gradient, also late ones', async () => {
        const [a, b] = [variableOf([1, 2]), variableOf([3])];
        const optimizer = new Optimizer([levelTest], {lr: 0.5});
        expect(await optimizer.shared()).toEqual({level: 1, calls: 0});
        step(optimizer, [a, [1, 2]]);
        const first = nextLevel(1, 3);
        step(optimizer, [b, [4]]);
        const second = nextLevel(first, 4);
        step(optimizer, [a, [1, 1]], [b, [-1]]);
        const {level = NaN, calls = NaN} = await optimizer.shared();
        expectClose([level, calls], [nextLevel(second, 1), 3], 1e-6);
        expectClose(
          await valuesOf(a, b),
          [1 - 0.5 - 0.5 * second, 2 - 1 - 0.5 * second, 3 - 2 * first + 0.5 * second],
          1e-6,
        );
        optimizer.eval();
        expectClose(
          await valuesOf(a),
          [1 - 0.5 - 0.5 * second, 2 - 1 - 0.5 * second].map(p => 3 * p),
          1e-6,
        );
        optimizer.train();
        optimizer.clearState();
        expect(await optimizer.shared()).toEqual({level: 1, calls: 0});
        optimizer.dispose();
        tf.dispose([a, b]);
      });

      suite('stay where the callback runs on no parameter', async () => {
        const [a, b] = [variableOf([1]), variableOf([3])];
        const optimizer = new Optimizer([...accumulate(2), levelTest], {lr: 0.5, params: [[a], [b]]});
        const before = tf.memory().numTensors;
        step(optimizer, [a, [2]], [b, [2]]);
        expect(await optimizer.shared()).toEqual({level: 1, calls: 0});
        step(optimizer, [a, [4]], [b, [4]]);
        expect((await optimizer.shared())['calls']).toBe(1);
        expectClose(await valuesOf(a, b), [1 - 0.5 * 3, 3 - 0.5 * 3], 1e-6);
        expect(tf.memory().numTensors).toBeLessThan(before + 10);
        const held = tf.memory().numTensors;
        tf.tidy(() => {
          for (let i = 0; i < 4; i++) step(optimizer, [a, [4]], [b, [4]]);
        });
        expect(tf.memory().numTensors).toBe(held);
        expect((await optimizer.shared())['calls']).toBe(3);
        optimizer.dispose();
        tf.dispose([a, b]);
      });

      suite('are as they were where a step throws', async () => {
        const a = variableOf([1]);
        let isFaulty = false;
        const faulty = callback('faultyTest', {}, ({p}) => {
          if (isFaulty) throw new Error('on purpose');
          return {p};
        });
        const optimizer = new Optimizer([levelTest, faulty], {lr: 0.5, params: [a]});
        step(optimizer, [a, [2]]);
        isFaulty = true;
        const held = tf.memory().numTensors;
        expect(() => {
          step(optimizer, [a, [2]]);
        }).toThrowError('on purpose');
        expect(tf.memory().numTensors).toBe(held);
        expect((await optimizer.shared())['calls']).toBe(1);
        optimizer.dispose();
        a.dispose();
      });

      suite('of several callbacks are five, one and two, and reach one that runs alone', async () => {
        const [a, b] = [variableOf([1, 2, 3]), variableOf([5, 7])];
        const optimizer = new Optimizer<readonly Callback[]>([ringTest, aloneTest, levelTest], {
          lr: 1,
          params: [a, b],
        });
        step(optimizer, [a, [1, 2, 3]], [b, [4, 5]]);
        expectClose(await valuesOf(a, b), [54321 - 7, 54321 - 6, 54321 - 5, 54321 - 14, 54321 - 13], 1e-6);
        expect(await optimizer.shared()).toEqual({
          ...{r0: 2, r1: 3, r2: 4, r3: 5, r4: 1},
          ...{first: 2, second: 18, calls: 1},
          level: Math.fround((await optimizer.shared())['level'] ?? NaN),
        });
        step(optimizer, [a, [0, 0, 0]]);
        expectClose(await valuesOf(a), [15432, 15432, 15432], 1e-6);
        const {r0, r4, second, calls} = await optimizer.shared();
        expect([r0, r4, second, calls]).toEqual([3, 2, 18, 2]);
        optimizer.dispose();
        tf.dispose([a, b]);
      });
    }

    it('are refused in weights of another type or length', async () => {
      const a = variableOf([1]);
      const optimizer = new Optimizer([levelTest], {lr: 0.5, params: [a]});
      step(optimizer, [a, [2]]);
      const weights = await optimizer.getWeights();
      const before = await optimizer.shared();
      for (const [make, got] of [
        [(tensor: tf.Tensor) => tensor.toInt(), 'int32 of shape [2]'],
        [(tensor: tf.Tensor) => tensor.slice([0], [1]), 'float32 of shape [1]'],
      ] as const) {
        const changed = weights.map(({name, tensor}) => ({
          name,
          tensor: name.startsWith('shared:') ? make(tensor) : tensor.clone(),
        }));
        await expectAsync(optimizer.setWeights(changed)).toBeRejectedWithError(
          new RegExp(`'shared:level' is ${got.replace(/[[\]]/g, '\\$&')} instead of float32 of shape \\[2\\]`),
        );
        tf.dispose(changed.map(({tensor}) => tensor));
      }
      expect(await optimizer.shared()).toEqual(before);
      optimizer.dispose();
      a.dispose();
    });

    it('are refused twice in weights, and leave nothing where weights are refused late', () =>
      leakless(async () => {
        const a = variableOf([1]);
        const optimizer = new Optimizer([levelTest], {lr: 0.5, params: [a]});
        step(optimizer, [a, [2]]);
        const weights = (await optimizer.getWeights()).map(({name, tensor}) => ({name, tensor: tensor.clone()}));
        const shared = weights.filter(({name}) => name.startsWith('shared:'));
        expect(shared.length).toBe(1);
        await expectAsync(optimizer.setWeights([...weights, ...shared])).toBeRejectedWithError(
          /'shared:level' appears twice/,
        );
        const loading = optimizer.setWeights(weights);
        optimizer.dispose();
        await expectAsync(loading).toBeRejectedWithError(/can't be used any more/);
        tf.dispose([a, weights.map(({tensor}) => tensor)]);
      }));

    it('that depend on one parameter are refused where a step is fused', () =>
      leakless(() => {
        const a = variableOf([1]);
        for (const result of [
          callback('dependingTest', {shared: {d: 1}}, ({p}) => ({shared: {d: p.sum()}})),
          callback('dependingTest', {shared: {d: 1}}, ({grad, d}) => ({shared: {d: d.add(grad.max())}})),
        ]) {
          const optimizer = new Optimizer([result], {params: [a]});
          expect(() => {
            step(optimizer, [a, [2]]);
          }).toThrowError(
            "dependingTest: the new value of the shared number 'd' depends on one parameter; " +
              'compute it from `total`, shared numbers, hypers and host numbers.',
          );
          optimizer.dispose();
        }
        a.dispose();
      }));

    it('are saved and resumed bit for bit, in every way', () =>
      leakless(async () => {
        const made = () => {
          const a = variableOf([1, 2, 3]);
          const optimizer = lookahead(
            new Optimizer<readonly Callback[]>([prodigyTest, levelTest], {lr: 0.1, params: [a]}),
          );
          return {a, optimizer};
        };
        const one = made();
        for (let i = 0; i < 3; i++) step(one.optimizer, [one.a, [0.5, -1, 0.1 * i]]);
        const [two, three, fresh] = [made(), made(), variableOf([0, 0, 0])];
        await two.optimizer.setWeights(await one.optimizer.getWeights());
        const handler = memoryHandler();
        await saveOptimizer(one.optimizer, handler);
        const dict = one.optimizer.stateDict();
        const shared = await one.optimizer.shared();
        const values = await valuesOf(one.a);

        three.optimizer.loadStateDict(dict);
        const four = {a: fresh, optimizer: await loadOptimizer(handler, {params: fresh})};
        step(one.optimizer, [one.a, [1, 1, 1]]);
        const after = [await valuesOf(one.a), await one.optimizer.shared()];
        for (const {a, optimizer} of [two, three, four]) {
          expect(await optimizer.shared()).toEqual(shared);
          tf.tidy(() => a.assign(tf.tensor1d(values)));
          optimizer.watchWeights();
          step(optimizer, [a, [1, 1, 1]]);
          expect([await valuesOf(a), await optimizer.shared()]).toEqual(after);
        }
        const {shared: left, ...older} = dict;
        expect(Object.keys(left ?? {})).toEqual(['d', 'level']);
        three.optimizer.loadStateDict(older);
        expect((await three.optimizer.shared())['calls']).toBe(0);
        expect(() => {
          three.optimizer.loadStateDict({...dict, shared: {other: three.a}});
        }).toThrowError(/the shared number 'other'/);
        expect(() => {
          three.optimizer.loadStateDict({...dict, shared: {level: three.a}});
        }).toThrowError("The shared number 'level' must be in a live float32 tensor of shape [2].");
        disposeDict(dict);
        for (const {a, optimizer} of [one, two, three, four]) {
          optimizer.dispose();
          a.dispose();
        }
      }));

    it('refuse what they can not be', () =>
      leakless(async () => {
        const a = variableOf([1, 2]);
        const error = (shared: unknown) => () => {
          const bad = callback('badSharedTest', {shared: {d: 1}}, ({p}) => {
            const result: object = {p, shared};
            return {...result};
          });
          const optimizer = adam(0.1, {params: [a], callbacks: [bad]});
          try {
            step(optimizer, [a, [1, 1]]);
          } finally {
            optimizer.dispose();
          }
        };
        expect(error(3)).toThrowError(
          /badSharedTest: shared returned the number 3; it must return an object such as {d: total.d}/,
        );
        expect(error({e: 1})).toThrowError(
          "badSharedTest: shared returned 'e', which it does not declare; it may return d.",
        );
        expect(error({d: 1})).toThrowError(
          "badSharedTest returned the number 1 for 'shared.d'; it must return a float32 tensor.",
        );
        const other = callback('otherTest', {shared: {level: 1}}, () => ({}));
        expect(() => new Optimizer<readonly Callback[]>([levelTest, other], {lr: 1})).toThrowError(
          /'level' is a shared number of levelTest and of otherTest; only one callback can have it/,
        );
        expect(() => new Optimizer<readonly Callback[]>([levelTest, levelTest], {lr: 1})).toThrowError(
          /use one callback once/,
        );
        const declared = (shared: object) => (): unknown =>
          Reflect.apply(callback, undefined, ['misdeclared', {shared}, () => ({})]);
        expect(declared({d: NaN})).toThrowError('misdeclared: shared.d must be finite; got NaN.');
        expect(declared({d: zeros})).toThrowError(/^misdeclared: shared\.d must be a number; got /);
        expect(declared({shared: 1})).toThrowError(/'shared' can't name an entry of shared/);
        await a.data();
        a.dispose();
      }));

    it('are given to a callback that is called alone, or are its starts', () =>
      leakless(async () => {
        const [p, grad] = [tf.tensor1d([1]), tf.tensor1d([2])];
        const level: tf.Tensor = tf.scalar(3);
        const [started, given] = tf.tidy(() => {
          const called = [levelTest({p, grad, lr: 0.5}), levelTest({p, grad, lr: 0.5, level})];
          return called.map(({p: next, shared}) => {
            const kept = [next, shared?.level];
            return kept.map(value => {
              if (!(value instanceof tf.Tensor)) throw new Error('It is a tensor.');
              return value.reshape([1]);
            });
          });
        });
        const read = async (tensors: readonly tf.Tensor[] = []) =>
          Promise.all(tensors.map(async each => (await each.data())[0] ?? NaN));
        expectClose(await read(started), [0, nextLevel(1, 2)], 1e-6);
        expectClose(await read(given), [-2, nextLevel(3, 2)], 1e-6);
        tf.dispose([p, grad, level, started ?? [], given ?? []]);
      }));
  },
  ['cpu', 'wasm', 'webgl', 'webgpu'],
);
