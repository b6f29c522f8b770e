import type {NestedNumbers} from '../../src';
import {adam, fineTune, fitFlatCos, fitOneCycle, fitSgdr, lrFind, recomputeBatchNorm, sgd} from '../../src';
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

  const ragged: ReadonlyArray<readonly [x: NestedNumbers, y: NestedNumbers, message: string]> = [
    [[[1, 2], [3]], Y, "'x' must have rows of one length; x[0] has length 2 and x[1] has length 1."],
    // As many numbers as two rows of three. tfjs would shift them.
    [
      [
        [1, 2, 3],
        [1, 2, 3, 4],
        [5, 6],
      ],
      Y,
      "'x' must have rows of one length; x[0] has length 3 and x[1] has length 4.",
    ],
    [X, [[1], 2], "'y' must have rows of one length; y[0] has length 1 and y[1] is a number."],
    [X, [1, [2]], "'y' must have rows of one length; y[0] is a number and y[1] has length 1."],
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
        [[1, 2], Float32Array.of(3)],
      ],
      Y,
      "'x' must have rows of one length; x[0][0] has length 2 and x[1][1] has length 1.",
    ],
    [
      [[[1], [2]], Float32Array.of(1, 2)],
      Y,
      "'x' must have rows of one length; x[0][0] has length 1 and x[1][0] is a number.",
    ],
  ];
  for (const [x, y, message] of ragged)
    it(`with rows of different lengths are refused: ${message}`, () =>
      leakless(async () => {
        const {model, dispose} = net();
        const wanted = `${message} Cut or fill the rows.`;
        for (const [, train] of trainings)
          await expectAsync(train(model, [x, y], {...ARGS, validationData: [X, Y]})).toBeRejectedWithError(wanted);
        if (y === Y)
          await expectAsync(recomputeBatchNorm(model, x)).toBeRejectedWithError(
            wanted.replace("'x'", "'data'").replaceAll('x[', 'data['),
          );
        await expectAsync(fitOneCycle(model, X, Y, {validationData: [x, y]})).toBeRejectedWithError(
          wanted
            .replace("'x'", "'validationData[0]'")
            .replaceAll('x[', 'validationData[0][')
            .replace("'y'", "'validationData[1]'")
            .replaceAll('y[', 'validationData[1]['),
        );
        dispose();
      }));

  it('of several inputs are named where rows have different lengths', () =>
    leakless(async () => {
      const {model, dispose} = twice();
      const good = [[1], [2]];
      const bad = [[1], [2, 3]];
      const tail = ' has length 2. Cut or fill the rows.';
      await expectAsync(fitOneCycle(model, [good, bad], [good, good])).toBeRejectedWithError(
        `'x[1]' must have rows of one length; x[1][0] has length 1 and x[1][1]${tail}`,
      );
      await expectAsync(fitOneCycle(model, [good, good], {out0: good, out1: bad})).toBeRejectedWithError(
        `'y.out1' must have rows of one length; y.out1[0] has length 1 and y.out1[1]${tail}`,
      );
      await expectAsync(recomputeBatchNorm(model, [good, bad])).toBeRejectedWithError(
        `'data[1]' must have rows of one length; data[1][0] has length 1 and data[1][1]${tail}`,
      );
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
