import {adam, lookahead, Optimizer, optimizers, sgd, sgdStep} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {compiled, smallNet, train} from './support/small_net';
import {tf} from './support/tfjs';

const QUIETLY = {verbose: 0};

function scalarOf(x: tf.Scalar | number | ReadonlyArray<number>): number {
  if (typeof x !== 'number') throw new Error('A model without metrics has one loss.');
  return x;
}

describeBackends(
  'an optimizer instead of one of tf.train',
  () => {
    for (const {name, make} of optimizers) {
      it(`trains a model by compile and fit with ${name}`, () =>
        leakless(async () => {
          const model = smallNet('net');
          const optimizer = make(0.01);
          compiled(model, optimizer);
          await train(model, 1);
          await leakless(() => train(model, 2));
          expect(optimizer.iterations).toBe(3);
          optimizer.dispose();
          model.dispose();
        }));
    }

    it('trains by trainOnBatch and fitDataset without leaking', () =>
      leakless(async () => {
        const model = smallNet('net');
        const optimizer = lookahead(adam(0.05), {k: 2});
        compiled(model, optimizer);
        const [xs, ys] = [tf.ones([8, 4]), tf.ones([8, 1])];
        const losses: number[] = [];
        for (let i = 0; i < 4; i++) losses.push(scalarOf(await model.trainOnBatch(xs, ys)));
        expect(present(losses[3])).toBeLessThan(present(losses[0]));
        await leakless(() => model.trainOnBatch(xs, ys));
        const data = () =>
          tf.data.generator(function* () {
            for (let i = 0; i < 3; i++) yield {xs: tf.ones([8, 4]), ys: tf.ones([8, 1])};
          });
        await leakless(async () => {
          await model.fitDataset(data(), {epochs: 2});
        });
        expect(optimizer.iterations).toBe(11);
        optimizer.dispose();
        model.dispose();
        tf.dispose([xs, ys]);
      }));

    it('takes null for an absent list of variables', () =>
      leakless(async () => {
        for (const named of [true, false]) {
          const x = tf.tidy(() => tf.variable(tf.tensor1d([1, -2])));
          const optimizer = sgd(1, named ? {params: [x]} : {});
          const cost: unknown = Reflect.apply(optimizer.minimize.bind(optimizer), undefined, [
            () => tf.tidy(() => x.square().sum().div(2).asScalar()),
            true,
            null,
          ]);
          expect(cost instanceof tf.Tensor && [...cost.dataSync()]).toEqual([2.5]);
          expect([...(await x.data())]).toEqual([0, 0]);
          if (cost instanceof tf.Tensor) cost.dispose();
          optimizer.dispose();
          x.dispose();
        }
      }));

    it('takes the gradients of tf.variableGrads, as a map and as a list, and minimizes a loss itself', () =>
      leakless(async () => {
        const start = [1, -2, 3];
        const loss = (x: tf.Variable) => () => tf.tidy(() => x.square().sum().div(2).asScalar());
        const ways: ReadonlyArray<(optimizer: Optimizer, x: tf.Variable) => void> = [
          (optimizer, x) => {
            optimizer.minimize(loss(x), false, [x]);
          },
          (optimizer, x) =>
            tf.tidy(() => {
              optimizer.applyGradients(optimizer.computeGradients(loss(x), [x]).grads);
            }),
          (optimizer, x) =>
            tf.tidy(() => {
              optimizer.applyGradients(
                Object.entries(tf.variableGrads(loss(x), [x]).grads).map(([name, tensor]) => ({name, tensor})),
              );
            }),
          (optimizer, x) =>
            tf.tidy(() => {
              optimizer.backward(loss(x), [x]);
              optimizer.step();
              optimizer.zeroGrad();
            }),
        ];
        for (const way of ways) {
          const x = tf.tidy(() => tf.variable(tf.tensor1d(start)));
          const optimizer = sgd(0.5);
          await leakless(() => {
            way(optimizer, x);
          });
          expectClose(
            await x.data(),
            start.map(value => value / 2),
            1e-6,
          );
          expect(optimizer.iterations).toBe(1);
          optimizer.dispose();
          x.dispose();
        }
      }));

    it('skips variables that the loss does not reach', () =>
      leakless(async () => {
        const variables = tf.tidy(() => [tf.variable(tf.ones([2])), tf.variable(tf.ones([2]))]);
        const [reached] = variables.map(present);
        const optimizer = adam(0.1, {wd: 0.5});
        optimizer.minimize(() => tf.tidy(() => present(reached).sum().asScalar()), false, variables);
        expect(optimizer.allParams().map(({state: {step}}) => step)).toEqual([1, undefined]);
        expect([...(await present(variables[1]).data())]).toEqual([1, 1]);
        optimizer.dispose();
        tf.dispose(variables);
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);

describeBackends('an optimizer on any backend, WebGPU too', () => {
  it('trains a model with fit', async () => {
    const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1], kernelInitializer: 'zeros'})]});
    const optimizer = sgd(0.25);
    model.compile({optimizer, loss: 'meanSquaredError'});
    const [xs, ys] = [tf.tensor2d([[1]]), tf.tensor2d([[2]])];
    await model.fit(xs, ys, {...QUIETLY, epochs: 2});
    const weights = await Promise.all(model.getWeights().map(async weight => [...(await weight.data())]));
    // The error vanishes: 2·0.25 on the kernel and on the bias.
    expectClose(weights.flat(), [1, 1], 1e-6);
    optimizer.dispose();
    model.dispose();
    tf.dispose([xs, ys]);
  });
});

describe('an optimizer made before there is a backend', () => {
  it('creates no tensor', () => {
    const before = tf.memory().numTensors;
    const made = [...optimizers.map(({make}) => make()), lookahead(sgd()), new Optimizer([sgdStep], {lr: 0.1})];
    expect(tf.memory().numTensors).toBe(before);
    for (const optimizer of made) optimizer.dispose();
  });

  it('needs no backend', () => {
    const asked = spyOnProperty(tf.engine(), 'backend', 'get').and.throwError('No backend is ready.');
    for (const {make} of optimizers) expect(() => make(0.1, {wd: 0.1})).not.toThrow();
    expect(asked).not.toHaveBeenCalled();
  });
});
