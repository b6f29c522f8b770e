import type {NestedNumbers} from '../../src';
import {adam, fineTune, fitFlatCos, fitOneCycle, fitSgdr, lrFind, sgd} from '../../src';
import {bitsOf} from '../support/bits';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

const X = Array.from({length: 8}, (_, i) => [Math.sin(i), Math.sin(2 * i)]);
const Y = Array.from({length: 8}, (_, i) => [Math.cos(i)]);
const ARGS = {batchSize: 4, shuffle: false};

function net() {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({units: 2, inputShape: [2], kernelInitializer: 'ones'}),
      tf.layers.dense({units: 1, kernelInitializer: 'ones'}),
    ],
  });
  const optimizer = adam([0.01, 0.1], {params: model.layers.map(layer => [layer])});
  model.compile({optimizer, loss: 'meanSquaredError'});
  return {
    model,
    dispose: () => {
      optimizer.dispose();
      model.dispose();
    },
  };
}

/** A model with two inputs and two outputs. */
function twice() {
  const inputs = [tf.input({shape: [1], name: 'left'}), tf.input({shape: [1], name: 'right'})];
  const outputs = inputs.map((input, i) => {
    const output = tf.layers.dense({units: 1, kernelInitializer: 'ones', name: `out${i}`}).apply(input);
    if (!(output instanceof tf.SymbolicTensor)) throw new Error('A layer applied to a symbolic tensor gives one.');
    return output;
  });
  const model = tf.model({inputs, outputs});
  const optimizer = sgd(0.1);
  model.compile({optimizer, loss: 'meanSquaredError'});
  return {
    model,
    dispose: () => {
      optimizer.dispose();
      model.dispose();
    },
  };
}

type Net = ReturnType<typeof net>['model'];
type Given = readonly [x: tf.Tensor | NestedNumbers, y: tf.Tensor | NestedNumbers];
type Args = {readonly batchSize: number; readonly shuffle: boolean; readonly validationData: Given};

const trainings: ReadonlyArray<readonly [string, (model: Net, given: Given, args: Args) => Promise<unknown>]> = [
  ['fitOneCycle', (model, [x, y], args) => fitOneCycle(model, x, y, {...args, epochs: 2})],
  ['fitFlatCos', (model, [x, y], args) => fitFlatCos(model, x, y, {...args, epochs: 2})],
  ['fitSgdr', (model, [x, y], args) => fitSgdr(model, x, y, {...args, cycles: 2})],
  ['fineTune', (model, [x, y], args) => fineTune(model, x, y, {...args, epochs: 2})],
  ['lrFind', (model, [x, y], args) => lrFind(model, x, y, {...args, numIt: 10})],
];

describe('Arrays of numbers', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const [name, train] of trainings) {
    it(`train like tensors with ${name}, and are freed`, () =>
      leakless(async () => {
        const ways: ReadonlyArray<readonly [x: () => tf.Tensor | NestedNumbers, y: () => tf.Tensor | NestedNumbers]> =
          [
            [() => tf.tensor2d(X), () => tf.tensor2d(Y)],
            [() => X, () => Y],
            [() => X.map(row => Float32Array.from(row)), () => Y.flat()],
            [() => X.map(row => Float32Array.from(row)), () => Float32Array.from(Y.flat())],
            [() => tf.tensor2d(X), () => Y],
          ];
        const found: unknown[] = [];
        for (const way of ways) {
          const {model, dispose} = net();
          const given = [way[0](), way[1]()] as const;
          const before = tf.memory().numTensors;
          const trained = await train(model, given, {...ARGS, validationData: given});
          if (name === 'lrFind') expect(tf.memory().numTensors).toBe(before);
          found.push([
            typeof trained === 'object' && trained !== null && 'lrs' in trained ? trained : undefined,
            await bitsOf(model.getWeights()),
          ]);
          dispose();
          for (const one of given) if (one instanceof tf.Tensor) one.dispose();
        }
        for (const one of found) expect(one).toEqual(found[0]);
      }));
  }

  it('are freed where training throws', () =>
    leakless(async () => {
      const {model, dispose} = net();
      await expectAsync(fitOneCycle(model, X, [[1]], {epochs: 1})).toBeRejectedWithError(/same number of samples/);
      await expectAsync(
        fitOneCycle(model, X, Y, {epochs: 1, ...Object.fromEntries([['validationData', [X, ['a']]]])}),
      ).toBeRejectedWithError(/^'validationData\[1\]' must be/);
      dispose();
    }));

  it('can be several inputs and outputs: in lists, by name, together with tensors', () =>
    leakless(async () => {
      const column = (k: number) => [1, 2, 3, 4].map(i => [i * k]);
      const tensors = [tf.tensor2d(column(1)), tf.tensor2d(column(2))];
      const [first, second] = tensors;
      if (first === undefined || second === undefined) throw new Error('There are two.');
      const ways = [
        [tensors, tensors],
        [
          [column(1), column(2)],
          [column(1), column(2)],
        ],
        [
          [first, column(2)],
          [column(1), second],
        ],
        [
          {left: column(1), right: second},
          {out0: first, out1: column(2)},
        ],
        [
          [[1, 2, 3, 4], Float32Array.of(2, 4, 6, 8)],
          [first, second],
        ],
      ] as const;
      const found: unknown[] = [];
      for (const [x, y] of ways) {
        const {model, dispose} = twice();
        const {history} = await fitFlatCos(model, x, y, {
          epochs: 2,
          batchSize: 2,
          shuffle: false,
          validationData: [x, y],
        });
        found.push([history, await bitsOf(model.getWeights())]);
        dispose();
      }
      for (const one of found) expect(one).toEqual(found[0]);
      tf.dispose(tensors);
    }));

  it('can be the validation data of a dataset', () =>
    leakless(async () => {
      const {model, dispose} = net();
      const dataset = tf.data.zip<tf.TensorContainer>({xs: tf.data.array(X), ys: tf.data.array(Y)}).batch(4);
      const {history} = await fitOneCycle(model, dataset, {epochs: 2, validationData: [X, Y]});
      expect(Object.keys(history)).toContain('val_loss');
      dispose();
    }));
});
