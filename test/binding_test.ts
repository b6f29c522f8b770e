import {Adam, adam, isOptimizer, Lookahead, lookahead, type Optimizer, optimizerOf, ranger, SGD, sgd} from '../src';
import {describeBackends} from './support/backends';
import {bitsOf} from './support/bits';
import {expectClose} from './support/close';
import {joined} from './support/joined';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {compiled, smallNet} from './support/small_net';
import {tf} from './support/tfjs';

/** Variables of ones, with these names. */
function ones(...names: readonly string[]): tf.Variable[] {
  return tf.tidy(() => names.map(name => tf.variable(tf.ones([2]), true, name)));
}

/** Half the sum of squares, whose gradient is the variable itself. */
function halfSquares(variables: readonly tf.Variable[]): () => tf.Scalar {
  return () =>
    tf.tidy(() =>
      tf
        .addN(variables.map(variable => variable.square().sum()))
        .div(2)
        .asScalar(),
    );
}

async function valuesOf(variables: readonly tf.Variable[]): Promise<number[]> {
  return Promise.all(variables.map(async variable => present((await variable.data())[0])));
}

function namesOf(optimizer: Optimizer): string[][] {
  return optimizer.paramLists.map(list => list.map(({name}) => name.replace(/_\d+$/, '')));
}

/** How many kernels run in `act`. */
async function kernelsOf(act: () => void): Promise<number> {
  const {kernelNames, kernels} = await tf.profile(act);
  return Math.max(kernelNames.length, kernels.length);
}

/** The console's warnings while it runs. */
async function warningsOf(act: () => unknown): Promise<string[]> {
  const warn = spyOn(console, 'warn');
  await act();
  const said = warn.calls.allArgs().map(args => args.join(' '));
  warn.and.callThrough();
  return said.filter(text => text.includes('tfjs-optim'));
}

describeBackends(
  'parameters',
  () => {
    it('are variables, weights, layers and models, in any iterable', () => {
      const net = smallNet('net');
      const [block, norm, head] = net.layers.map(present);
      const [v] = ones('v');
      function* all() {
        yield present(v);
        yield present(block);
      }
      expect(namesOf(sgd(1, {params: all()}))).toEqual([['v', 'net_block/kernel', 'net_block/bias']]);
      expect(namesOf(sgd(1, {params: [present(block).weights[0], norm].map(present)}))).toEqual([
        ['net_block/kernel', 'net_norm/gamma', 'net_norm/beta'],
      ]);
      expect(namesOf(sgd(1, {params: [net]}))).toEqual([
        ['net_block/kernel', 'net_block/bias', 'net_norm/gamma', 'net_norm/beta', 'net_head/kernel', 'net_head/bias'],
      ]);
      expect(namesOf(sgd(1, {params: new Set([[present(block)], [present(norm), present(head)]])}))).toEqual([
        ['net_block/kernel', 'net_block/bias'],
        ['net_norm/gamma', 'net_norm/beta', 'net_head/kernel', 'net_head/bias'],
      ]);
      net.dispose();
      tf.dispose(v);
    });

    it('of frozen, nested, wrapped and recurrent layers are all those that train once they are thawed', () => {
      const inner = tf.sequential({
        layers: [
          tf.layers.dense({units: 2, inputShape: [2, 3], trainable: false}),
          tf.layers.batchNormalization({trainable: false}),
        ],
      });
      const both = tf.layers.bidirectional({
        layer: tf.layers.lstm({units: 1, returnSequences: true}),
        mergeMode: 'concat',
      });
      const cells = tf.layers.rnn({cell: [tf.layers.lstmCell({units: 1}), tf.layers.gruCell({units: 1})]});
      const model = tf.sequential({layers: [inner, both, cells]});
      const counted = sgd(1, {params: [model]}).paramLists.flat();
      // Dense 2, batch norm 2 without its moving averages, an LSTM of 3 in each direction, two cells of 3.
      expect(counted.length).toBe(2 + 2 + 2 * 3 + 2 * 3);
      expect(counted.some(({name}) => name.includes('moving'))).toBeFalse();
      model.dispose();
    });
  },
  ['cpu'],
);

describeBackends(
  'binding',
  () => {
    it('without params takes the variables of its first step, and adds later ones to the last group', () =>
      leakless(() => {
        const variables = ones('a', 'b', 'c');
        const [a, b, c] = variables.map(present);
        const optimizer = sgd(0.1);
        optimizer.minimize(halfSquares(variables), false, [present(a), present(b)]);
        expect(optimizer.paramLists).toEqual([[a, b].map(present)]);
        optimizer.minimize(halfSquares(variables), false, [present(c)]);
        expect(optimizer.paramLists).toEqual([variables]);
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it('with params trains exactly those, or those of them that a step names', () =>
      leakless(async () => {
        const variables = ones('a', 'b', 'c');
        const [a, b, c] = variables.map(present);
        const optimizer = sgd(0.5, {params: [a, b].map(present)});
        optimizer.minimize(halfSquares(variables));
        expect(await valuesOf(variables)).toEqual([0.5, 0.5, 1]);
        optimizer.minimize(halfSquares(variables), false, [b, c].map(present));
        expect(await valuesOf(variables)).toEqual([0.5, 0.25, 1]);
        optimizer.backward(halfSquares(variables), [a, c].map(present)).dispose();
        expect([a, b, c].map(variable => optimizer.grads.get(present(variable)) !== undefined)).toEqual([
          true,
          false,
          false,
        ]);
        optimizer.step();
        expect(await valuesOf(variables)).toEqual([0.25, 0.25, 1]);
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it('forgets a disposed variable and its state', () =>
      leakless(() => {
        const variables = ones('a', 'b');
        const [a, b] = variables.map(present);
        const optimizer = adam(0.1);
        optimizer.minimize(halfSquares(variables), false, variables);
        const {numTensors} = tf.memory();
        present(a).dispose();
        expect(optimizer.paramLists).toEqual([[present(b)]]);
        expect(tf.memory().numTensors).toBe(numTensors - 3);
        expect(() => optimizer.minimize(halfSquares([present(b)]), false, variables)).toThrowError(/'a' is disposed/);
        optimizer.dispose();
        tf.dispose(b);
      }));

    it('decays the weights that names and flags select', () =>
      leakless(async () => {
        const names = [
          'layer/kernel',
          'layer/bias',
          'layer/bias_3',
          'norm/gamma',
          'norm/beta_1',
          'bias',
          'kept/kernel',
        ];
        for (const [settings, expected] of [
          [{}, [true, false, false, false, false, true, true]],
          [{wdBnBias: true}, [true, true, true, true, true, true, true]],
          [{noWd: ({name}: tf.Variable) => name.startsWith('kept')}, [true, false, false, false, false, true, false]],
        ] as const) {
          const variables = ones(...names);
          const optimizer = sgd(0.5, {wd: 1, params: variables, ...settings});
          expect(optimizer.summary().map(({decay}) => decay)).toEqual([...expected]);
          tf.tidy(() => {
            optimizer.applyGradients(variables.map(({name}) => ({name, tensor: tf.zeros([2])})));
          });
          expect(await valuesOf(variables)).toEqual(expected.map(decays => (decays ? 0.5 : 1)));
          optimizer.state.set(present(variables[0]), {doWd: false});
          optimizer.state.set(present(variables[1]), {doWd: true});
          expect(
            optimizer
              .summary()
              .slice(0, 2)
              .map(({decay}) => decay),
          ).toEqual([false, true]);
          optimizer.dispose();
          tf.dispose(variables);
        }
      }));

    it('trains frozen normalization while trainBn is true, and forced parameters, before the first step too', () =>
      leakless(() => {
        const names = ['layer/kernel', 'norm/gamma', 'head/kernel'];
        for (const trainBn of [true, false]) {
          const variables = ones(...names);
          const optimizer = sgd(0.1, {trainBn, params: [variables.slice(0, 2), variables.slice(2)]});
          optimizer.freeze();
          const trains = () => optimizer.allParams().map(({trainable}) => trainable);
          expect(trains()).toEqual([false, trainBn, true]);
          optimizer.state.set(present(variables[0]), {forceTrain: true});
          optimizer.state.set(present(variables[1]), {forceTrain: false});
          expect(trains()).toEqual([true, false, true]);
          optimizer.setFreeze(0, false, true);
          expect(trains()).toEqual([false, false, true]);
          optimizer.unfreeze();
          expect(trains()).toEqual([true, true, true]);
          optimizer.dispose();
          tf.dispose(variables);
        }
      }));

    it('shows and sets hypers like plain objects', () =>
      leakless(() => {
        const variables = ones('a', 'b');
        const optimizer = adam([0.1, 0.2], {wd: 0, params: variables.map(variable => [variable])});
        const plain = {lr: 0.1, mom: 0.9, sqrMom: 0.99, eps: 1e-5, wd: 0};
        expect({...optimizer.hypers[0]}).toEqual(plain);
        expect(JSON.parse(JSON.stringify(optimizer.hypers))).toEqual([plain, {...plain, lr: 0.2}]);
        expect(Object.keys(present(optimizer.hypers[0])).sort()).toEqual(Object.keys(plain).sort());
        Object.assign(present(optimizer.hypers[1]), {lr: 0.3, mom: 0.5});
        expect(optimizer.paramGroups[1]).toEqual({...plain, lr: 0.3, mom: 0.5, params: [present(variables[1])]});
        expect(optimizer.learningRate).toBe(0.3);
        optimizer.learningRate = 0.4;
        expect(optimizer.hypers.map(({lr}) => lr)).toEqual([0.4, 0.4]);
        optimizer.setLearningRate(0.5);
        expect(optimizer.allParams().map(({hypers: {lr}}) => lr)).toEqual([0.5, 0.5]);
        expect(optimizer.allParams(-1).map(({variable}) => variable)).toEqual(variables.slice(1));
        expect(optimizer.summary()).toEqual(
          ['a', 'b'].map((variable, group) => ({
            variable,
            group,
            shape: [2],
            trainable: true,
            decay: true,
            hypers: {...plain, lr: 0.5, mom: present([0.9, 0.5][group])},
          })),
        );
        optimizer.paramLists = [[], variables];
        expect(optimizer.paramLists).toEqual([[], variables]);
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it('sums gradients until zeroGrad, in tf.tidy too', () =>
      leakless(async () => {
        const variables = ones('a');
        const [a] = variables.map(present);
        const optimizer = sgd(0.25, {wd: 0.4, params: variables});
        const backward = () =>
          tf.tidy(() => {
            optimizer.backward(halfSquares(variables));
          });
        backward();
        backward();
        expectClose(await present(optimizer.grads.get(present(a))).data(), [2, 2], 1e-6);
        expect(optimizer.allParams(undefined, true).length).toBe(1);
        optimizer.step();
        expectClose(await valuesOf(variables), [1 * 0.9 - 0.5], 1e-6);
        optimizer.zeroGrad(false);
        optimizer.step();
        expectClose(await valuesOf(variables), [0.4 * 0.9], 1e-6);
        optimizer.zeroGrad();
        expect(optimizer.grads.get(present(a))).toBeUndefined();
        optimizer.step();
        expectClose(await valuesOf(variables), [0.4 * 0.9], 1e-6);
        tf.tidy(() => {
          optimizer.grads.set(present(a), tf.fill([2], 0.36 * 4));
        });
        optimizer.state.set(present(a), {doWd: false});
        optimizer.step();
        expectClose(await valuesOf(variables), [0], 1e-6);
        expect(optimizer.iterations).toBe(4);
        optimizer.dispose();
        tf.dispose(variables);
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);

describeBackends(
  'freezing',
  () => {
    it('spares frozen blocks their backpropagation', () =>
      leakless(async () => {
        const net = smallNet('net');
        const optimizer = sgd(0.1, {trainBn: false, params: [net.layers.slice(0, 2), net.layers.slice(2)]});
        const x = tf.ones([8, 4]);
        const loss = () =>
          tf.tidy(() => {
            const y = net.apply(x, {training: true});
            if (!(y instanceof tf.Tensor)) throw new Error('The net has one output.');
            return y.square().mean().asScalar();
          });
        const step = () => {
          optimizer.minimize(loss);
        };
        const forward = await kernelsOf(() => {
          loss().dispose();
        });
        const all = await kernelsOf(step);
        optimizer.freeze();
        const some = await kernelsOf(step);
        optimizer.freezeTo(0);
        optimizer.setFreeze(0, false);
        optimizer.setFreeze(1, false);
        const none = await kernelsOf(step);
        expect(all).toBeGreaterThan(some);
        expect(some).toBeGreaterThan(none);
        expect(none).toBe(forward);
        optimizer.dispose();
        net.dispose();
        x.dispose();
      }));

    it('of everything evaluates the loss; nothing trains or decays', () =>
      leakless(async () => {
        const variables = ones('a', 'b');
        const optimizer = ranger(0.1, {wd: 0.5, params: variables});
        optimizer.minimize(halfSquares(variables));
        const values = await bitsOf(variables);
        expect(
          await warningsOf(() => {
            optimizer.freezeTo(1);
          }),
        ).toEqual([jasmine.stringContaining('Freezing 1 groups; model has 1; whole model is frozen.')]);
        const cost = present(optimizer.minimize(halfSquares(variables), true));
        expectClose(await cost.data(), 2 * present((await valuesOf(variables))[0]) ** 2, 1e-5);
        cost.dispose();
        expect(await bitsOf(variables)).toEqual(values);
        optimizer.dispose();
        tf.dispose(variables);
      }));

    it("can't thaw a layer that is not trainable, and warns", () =>
      leakless(async () => {
        const net = smallNet('net');
        const optimizer = sgd(0.1, {params: net.layers.map(layer => [layer])});
        present(net.layers[0]).trainable = false;
        expect(
          await warningsOf(() => {
            optimizer.unfreeze();
          }),
        ).toEqual([
          jasmine.stringMatching(
            joined(
              /can't thaw 'net_block\/kernel\w*', 'net_block\/bias\w*': /,
              /set `trainable = true` on the layer and compile again/,
            ),
          ),
        ]);
        optimizer.dispose();
        net.dispose();
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('an optimizer among others', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('is distinguished from those of tf.train and from other classes', () => {
    const stock = tf.train.sgd(0.1);
    expect([
      stock instanceof Adam,
      adam() instanceof Adam,
      adam() instanceof SGD,
      adam() instanceof tf.Optimizer,
      lookahead(sgd()) instanceof Lookahead,
    ]).toEqual([false, true, false, true, true]);
    expect([isOptimizer(stock), isOptimizer(sgd()), isOptimizer(undefined)]).toEqual([false, true, false]);
    stock.dispose();
  });

  it('is found in a model', () =>
    leakless(() => {
      const net = smallNet('net');
      expect(() => optimizerOf(net)).toThrowError(/no optimizer: compile it first/);
      const optimizer = adam();
      expect(optimizerOf(compiled(net, optimizer))).toBe(optimizer);
      const stock = tf.train.sgd(0.1);
      net.compile({optimizer: stock, loss: 'meanSquaredError'});
      expect(() => optimizerOf(net)).toThrowError(/wrap it.*OptimWrapper/);
      net.dispose();
      stock.dispose();
    }));

  it("leaves tfjs's own classes in the registry", () => {
    const {classNameMap} = tf.serialization.SerializationMap.getMap();
    const stock = {
      SGD: tf.SGDOptimizer,
      Momentum: tf.MomentumOptimizer,
      Adam: tf.AdamOptimizer,
      RMSProp: tf.RMSPropOptimizer,
    };
    for (const [name, cls] of Object.entries(stock))
      expect(present(classNameMap[name])[0]).withContext(name).toBe(cls);
    expect(present(classNameMap['TfjsOptimAdam'])[0]).toBe(Adam);
  });

  it('warns once about variables of another copy of tfjs-core', async () => {
    const [foreign] = ones('foreign');
    // The class of another copy of tfjs-core looks like this.
    const copied = Object.defineProperties({}, Object.getOwnPropertyDescriptors(tf.Variable.prototype));
    Object.setPrototypeOf(copied, tf.Tensor.prototype);
    Object.setPrototypeOf(foreign, copied);
    expect(
      await warningsOf(() => {
        for (let i = 0; i < 2; i++) sgd(0.1, {params: [present(foreign)]});
      }),
    ).toEqual([
      jasmine.stringMatching(/'foreign'.*another copy of @tensorflow\/tfjs-core.*npm ls @tensorflow\/tfjs-core/),
    ]);
    tf.dispose(foreign);
  });
});
