import {adam, lamb, larc, lookahead, oneCycle, type Optimizer, qhAdam, rAdam, ranger, rmsProp, sgd} from '../../src';
import {fastaiStateOf, readFastaiState} from '../../src/interchange/fastai/fastai_state';
import {fromFastai} from '../../src/interchange/fastai/from_fastai';
import {toFastai} from '../../src/interchange/fastai/to_fastai';
import type {TensorFile} from '../../src/interchange/transfer/host_tensor';
import {fromDevice} from '../../src/interchange/transfer/host_tensor';
import {describeBackends} from '../support/backends';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import type {Net} from './support/alone';
import {begun, bothSides, expectClose, fileOf, take, type Training} from './support/alone';

type Params = ReadonlyArray<ReturnType<Net['of']>>;

/** An optimizer of ours over groups, and the one of fastai. */
interface Case {
  readonly name: string;
  readonly make: (params: Params) => Optimizer;
  /** The function of fastai.optimizer; after the class that is around it. */
  readonly kind: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

const lr = [0.02, 0.01, 0.03];
const CASES: readonly Case[] = [
  {name: 'sgd', make: params => sgd(lr, {params, wd: 0.1}), kind: 'SGD'},
  {name: 'sgd with momentum', make: params => sgd(lr, {params, mom: 0.9, wd: 0.1}), kind: 'SGD', settings: {mom: 0.9}},
  {name: 'rmsProp', make: params => rmsProp(lr, {params, wd: 0.1, eps: 1e-3}), kind: 'RMSProp'},
  {
    name: 'rmsProp with momentum',
    make: params => rmsProp(lr, {params, mom: 0.9}),
    kind: 'RMSProp',
    settings: {mom: 0.9},
  },
  {name: 'adam', make: params => adam(lr, {params, mom: [0.8, 0.9, 0.95]}), kind: 'Adam'},
  {
    name: 'adam with L2',
    make: params => adam(lr, {params, decoupleWd: false}),
    kind: 'Adam',
    settings: {decouple_wd: false},
  },
  {name: 'rAdam', make: params => rAdam(lr, {params, wd: 0.1}), kind: 'RAdam'},
  {name: 'rAdam with beta', make: params => rAdam(lr, {params, beta: 50}), kind: 'RAdam'},
  {name: 'qhAdam', make: params => qhAdam(lr, {params, wd: 0.1}), kind: 'QHAdam'},
  {name: 'larc', make: params => larc(lr, {params, wd: 0.1}), kind: 'Larc'},
  {name: 'larc without clip', make: params => larc(lr, {params, clip: false}), kind: 'Larc', settings: {clip: false}},
  {name: 'lamb', make: params => lamb(lr, {params, wd: 0.1}), kind: 'Lamb'},
  {name: 'lookahead', make: params => lookahead(adam(lr, {params})), kind: 'Lookahead Adam'},
  {name: 'ranger', make: params => ranger(lr, {params}), kind: 'ranger'},
];

const STEPS = 20;
const BATCH = 16;

describeBackends('fastai', () => {
  const {python, gradients, exchange} = bothSides('fastai_optimizers.py', 2 * STEPS);

  const written = (training: Training) => fileOf(training, fastaiStateOf);
  const taken = (from: TensorFile, training: Training) => {
    take(from, training, readFastaiState);
  };

  describe('alone', () => {
    /** Three groups, of which the first is frozen. Biases do not decay. */
    const inGroups = (make: Case['make']) =>
      begun(net => {
        const optimizer = make([net.of('stem'), net.of('dense'), net.of('head')]);
        optimizer.freezeTo(1);
        return optimizer;
      });
    const inPython = async (
      from: TensorFile,
      first: number,
      last: number,
      {kind, settings = {}}: Omit<Case, 'make'>,
    ) => {
      const options = {path: await exchange.write('there', from), kind, settings, from: first, to: last};
      await python.call('steps', {...options, gradients: exchange.path('gradients'), out: exchange.path('back')});
      return exchange.read('back');
    };

    for (const {make, ...other} of CASES) {
      it(`${other.name}: each alone, ours then theirs, and theirs then ours are the same`, async () => {
        const ours = inGroups(make);
        const theirs = inGroups(make);
        const alone = await inPython(await written(theirs), 0, 2 * STEPS, other);
        gradients.apply(ours.net, ours.optimizer, 0, STEPS);
        const oursThenTheirs = await inPython(await written(ours), STEPS, 2 * STEPS, other);
        gradients.apply(ours.net, ours.optimizer, STEPS, 2 * STEPS);
        const wanted = await ours.net.weights();
        expectClose(alone.tensors, wanted, 1e-5);
        expectClose(oursThenTheirs.tensors, wanted, 1e-5);
        taken(await inPython(await written(theirs), 0, STEPS, other), theirs);
        expect(theirs.optimizer.hypers).toEqual(ours.optimizer.hypers);
        expect(theirs.optimizer.summary().map(({decay, trainable}) => ({decay, trainable}))).toEqual(
          ours.optimizer.summary().map(({decay, trainable}) => ({decay, trainable})),
        );
        gradients.apply(theirs.net, theirs.optimizer, STEPS, 2 * STEPS);
        expectClose(await theirs.net.weights(), wanted, 1e-5);
        ours.dispose();
        theirs.dispose();
      });
    }
  });

  describe('Learner.fit', () => {
    let xs: tf.Tensor2D;
    let ys: tf.Tensor1D;
    beforeAll(async () => {
      xs = tf.randomNormal([2 * STEPS * BATCH, 6], 0, 1, 'float32', 7);
      // The class is the largest of five mixtures of the inputs.
      ys = tf.tidy(() => tf.matMul(xs, tf.randomNormal([6, 5], 0, 1, 'float32', 8)).argMax<tf.Tensor1D>(1));
      const tensors = new Map([
        ['xs', await fromDevice(xs, 'xs')],
        ['ys', await fromDevice(ys, 'ys')],
      ]);
      await exchange.write('data', {tensors, metadata: {}});
    });
    afterAll(() => {
      tf.dispose([xs, ys]);
    });

    /** The losses of steps here. */
    const trained = ({net, optimizer}: ReturnType<typeof begun>, from: number, to: number): number[] => {
      const [stem, stemBias, dense, denseBias, head, headBias] = net.variables;
      const logits = (x: tf.Tensor) => {
        const layer = (input: tf.Tensor, kernel?: tf.Variable, bias?: tf.Variable) =>
          kernel === undefined || bias === undefined ? input : tf.matMul(input, kernel).add(bias);
        return layer(layer(layer(x, stem, stemBias).relu(), dense, denseBias).relu(), head, headBias);
      };
      return Array.from({length: to - from}, (_, i) => {
        const loss = optimizer.minimize(
          () => {
            const rows = [(from + i) * BATCH, BATCH] as const;
            const labels = tf.oneHot(ys.slice([rows[0]], [rows[1]]), 5);
            const x = xs.slice([rows[0], 0], [rows[1], 6]);
            return tf.losses.softmaxCrossEntropy(labels, logits(x)).asScalar();
          },
          true,
          net.variables,
        );
        const value = loss?.dataSync()[0] ?? NaN;
        loss?.dispose();
        return value;
      });
    };
    const fitted = async (from: TensorFile, first: number, last: number, kind: string) => {
      const options = {path: await exchange.write('there', from), kind, batch: BATCH, from: first, to: last};
      const losses = await python.call('fit', {...options, data: exchange.path('data'), out: exchange.path('back')});
      return {losses: Array.isArray(losses) ? losses.map(Number) : [], file: await exchange.read('back')};
    };
    const largestDifference = (a: readonly number[], b: readonly number[]) =>
      Math.max(...a.map((value, i) => Math.abs(value - Number(b[i]))));

    for (const [name, kind, make] of [
      ['adam', 'Adam', () => adam(0.01)],
      ['rAdam', 'RAdam', () => rAdam(0.01, {wd: 0.1})],
      ['lamb', 'Lamb', () => lamb(0.01)],
      ['lookahead', 'Lookahead RAdam', () => lookahead(rAdam(0.01))],
      ['adam in the middle of a one-cycle', 'Adam', () => scheduled(adam(0.01))],
    ] as const) {
      it(`goes on with ${name}, and its training goes on here`, async () => {
        const alone = begun(make);
        const losses = trained(alone, 0, 2 * STEPS);
        const ours = begun(make);
        const first = trained(ours, 0, STEPS);
        const there = await fitted(await written(ours), STEPS, 2 * STEPS, kind);
        expect(there.losses.length).toBe(STEPS);
        expect(largestDifference([...first, ...there.losses], losses)).toBeLessThan(1e-3);
        const theirs = begun(make);
        const before = await fitted(await fileAtStart(theirs), 0, STEPS, kind);
        taken(before.file, theirs);
        expect(largestDifference([...before.losses, ...trained(theirs, STEPS, 2 * STEPS)], losses)).toBeLessThan(1e-3);
        for (const one of [alone, ours, theirs]) one.dispose();
      });
    }

    it('goes on with a model of layers, its frozen group and batch normalization, and back', async () => {
      const make = () => {
        const model = tf.sequential({
          layers: [
            tf.layers.dense({
              name: 'hidden',
              units: 16,
              activation: 'relu',
              inputShape: [6],
              kernelInitializer: tf.initializers.glorotNormal({seed: 1}),
            }),
            tf.layers.batchNormalization({name: 'norm'}),
            tf.layers.dense({name: 'out', units: 5, kernelInitializer: tf.initializers.glorotNormal({seed: 2})}),
          ],
        });
        const [hidden, ...others] = model.layers;
        const optimizer = adam([0.005, 0.01], {params: [hidden === undefined ? [] : [hidden], others], wd: 0.1});
        optimizer.freezeTo(1);
        model.compile({optimizer, loss: (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits)});
        return {model, optimizer};
      };
      const train = async ({model}: ReturnType<typeof make>, from: number, to: number) => {
        const losses: number[] = [];
        for (let i = from; i < to; i++) {
          const [x, y] = tf.tidy(() => [
            xs.slice([i * BATCH, 0], [BATCH, 6]),
            tf.oneHot(ys.slice([i * BATCH], [BATCH]), 5).toFloat(),
          ]);
          losses.push(Number(await model.trainOnBatch(present(x), present(y))));
          tf.dispose([x, y]);
        }
        return losses;
      };
      const inPython = async ({model, optimizer}: ReturnType<typeof make>, from: number, to: number) => {
        const path = await exchange.writeBytes('there', await toFastai(model, {optimizer}));
        const options = {path, kind: 'Adam', batch: BATCH, from, to};
        const losses = await python.call('fit_layers', {
          ...options,
          data: exchange.path('data'),
          out: exchange.path('back'),
        });
        return Array.isArray(losses) ? losses.map(Number) : [];
      };
      const alone = make();
      const losses = await train(alone, 0, 2 * STEPS);
      const ours = make();
      const first = await train(ours, 0, STEPS);
      expect(largestDifference([...first, ...(await inPython(ours, STEPS, 2 * STEPS))], losses)).toBeLessThan(1e-3);
      const theirs = make();
      const before = await inPython(theirs, 0, STEPS);
      await fromFastai(await exchange.bytes('back'), theirs.model, {optimizer: theirs.optimizer});
      expect(theirs.optimizer.frozenIdx).toBe(1);
      expect(largestDifference([...before, ...(await train(theirs, STEPS, 2 * STEPS))], losses)).toBeLessThan(1e-3);
      for (const {model, optimizer} of [alone, ours, theirs]) {
        optimizer.dispose();
        model.dispose();
      }
    });

    const scheduled = (optimizer: Optimizer) => {
      optimizer.setSchedule(oneCycle(), {steps: 2 * STEPS});
      return optimizer;
    };
    /** Before the first step an optimizer has no parameters. */
    const fileAtStart = (of: ReturnType<typeof begun>) => {
      of.optimizer.attach(of.net.variables);
      return written(of);
    };
  });
});
