import * as tf from '@tensorflow/tfjs-core';
import h5wasm from 'h5wasm';
import {adadelta, adagrad, adam, adamax, lion, type Optimizer, rmsProp, sgd} from 'tfjs-optim';
import {kerasAdam, loadKeras, loadKerasWeights, saveKeras, saveKerasWeights} from 'tfjs-optim/keras';

import {at} from '../../src/util/at';
import {isVariable} from '../../src/util/tensors';
import {batchesFor, bytesOf, dictOf, listOf, runOf, textOf, trained} from './support/keras_case';
import {pythonDuringSuite} from './support/python';

const h5 = h5wasm;
const LOSS = 'categorical_crossentropy';
const COUNT = 20;

interface Case {
  /** The optimizer in Keras. */
  readonly there: string;
  /** The same here. */
  readonly here: () => Optimizer;
  readonly model?: 'trained_mlp' | 'trained_conv' | 'trained_lstm';
}

const like = 'tf.train';
const wdBnBias = true;
const CASES: readonly Case[] = [
  {there: 'SGD(0.1)', here: () => sgd(0.1)},
  {there: 'SGD(0.05, momentum=0.9)', here: () => sgd(0.05, {mom: 0.9})},
  {there: 'SGD(0.05, momentum=0.9)', here: () => sgd(0.05, {mom: 0.9}), model: 'trained_conv'},
  {
    there: 'SGD(0.05, momentum=0.9, nesterov=True, weight_decay=0.01)',
    here: () => sgd(0.05, {mom: 0.9, nesterov: true, wd: 0.01, wdBnBias}),
  },
  {there: 'Adam(0.01)', here: () => kerasAdam(0.01)},
  {there: 'Adam(0.01)', here: () => kerasAdam(0.01), model: 'trained_conv'},
  {there: 'Adam(0.01)', here: () => kerasAdam(0.01), model: 'trained_lstm'},
  {there: 'Adam(0.01, amsgrad=True, epsilon=1e-3)', here: () => kerasAdam(0.01, {amsgrad: true, eps: 1e-3})},
  {there: 'AdamW(0.01, weight_decay=0.1)', here: () => kerasAdam(0.01, {wd: 0.1, wdBnBias})},
  {
    there: 'AdamW(0.01, weight_decay=0.1)',
    here: () => kerasAdam(0.01, {wd: 0.1, wdBnBias}),
    model: 'trained_conv',
  },
  {there: 'AdamW(0.01, weight_decay=0.1)', here: () => kerasAdam(0.01, {wd: 0.1, wdBnBias}), model: 'trained_lstm'},
  {there: 'RMSprop(0.01)', here: () => rmsProp(0.01, {like, eps: 1e-7})},
  {
    there: 'RMSprop(0.005, momentum=0.8, rho=0.95)',
    here: () => rmsProp(0.005, {like, mom: 0.8, sqrMom: 0.95, eps: 1e-7}),
  },
  {there: 'Adagrad(0.1)', here: () => adagrad(0.1, {like, eps: 1e-7})},
  {there: 'Adadelta(1.0)', here: () => adadelta(1, {sqrMom: 0.95, eps: 1e-7})},
  {there: 'Adamax(0.01)', here: () => adamax(0.01, {like, sqrMom: 0.999, eps: 1e-7})},
  {there: 'Lion(0.001, weight_decay=0.1)', here: () => lion(0.001, {wd: 0.1, wdBnBias})},
];

const SHAPES = {trained_mlp: [6], trained_conv: [8, 8, 1], trained_lstm: [5, 3]};

function expectNear(losses: readonly number[], wanted: readonly number[]): void {
  expect(losses.length).toBe(wanted.length);
  expect(Math.max(...wanted.map((loss, i) => Math.abs(loss - at(losses, i))))).toBeLessThan(1e-3);
}

describe('a training that moves between Keras 3 and TensorFlow.js', () => {
  const python = pythonDuringSuite('keras_files.py');
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const {there, here, model: name = 'trained_mlp'} of CASES) {
    it(`goes on: ${there} on ${name}`, async () => {
      const batches = batchesFor(SHAPES[name], 2 * COUNT);
      const [first, second] = [batches.slice(0, COUNT), batches.slice(COUNT)];
      const train = async (part: typeof batches, file?: Uint8Array) =>
        runOf(await python.call('train', name, there, LOSS, part, file && textOf(file)));
      // In Keras alone.
      const whole = await train(first);
      const rest = await train(second, whole.after);
      expect(rest.iterations).toBe(2 * COUNT);

      // Keras, then here.
      const model = await loadKeras(whole.after, {h5, optimizer: true});
      expectNear(await trained(model, second), rest.losses);

      // Here, then Keras: the same training, from Keras's first weights.
      const other = await loadKeras(whole.before, {h5});
      const opt = here();
      other.compile({optimizer: opt, loss: 'categoricalCrossentropy'});
      expectNear(await trained(other, first), whole.losses);
      const moved = await train(second, await saveKeras(other, {h5, optimizer: true}));
      expectNear(moved.losses, rest.losses);
      expect(moved.iterations).toBe(2 * COUNT);
      // The class is the same, and it has as many variables.
      expect(moved.optimizer).toEqual(rest.optimizer);

      // And back: the state returns into the same optimizer.
      await loadKerasWeights(moved.after, other, {h5, optimizer: true});
      expect(opt.iterations).toBe(2 * COUNT);
      tf.dispose([model, other].flatMap(each => each.weights.map(weight => weight.read())));
      opt.dispose();
      model.optimizer.dispose();
    });
  }

  it('goes on by files of weights', async () => {
    const batches = batchesFor([6], 2 * COUNT);
    const [first, second] = [batches.slice(0, COUNT), batches.slice(COUNT)];
    const there = 'AdamW(0.01, weight_decay=0.1)';
    const whole = runOf(await python.call('train', 'trained_mlp', there, LOSS, first, null));
    const rest = runOf(await python.call('train', 'trained_mlp', there, LOSS, second, textOf(whole.after)));
    const model = await loadKeras(whole.after, {h5});
    const opt = kerasAdam(0.01, {wd: 0.1, wdBnBias});
    await loadKerasWeights(whole.after, model, {h5, optimizer: opt});
    expect(opt.iterations).toBe(COUNT);
    const weights = await saveKerasWeights(model, {h5, optimizer: opt});
    const resumed = dictOf(await python.call('resume_weights', 'trained_mlp', there, LOSS, second, textOf(weights)));
    expectNear(listOf(resumed.losses).map(Number), rest.losses);
    const before = opt.iterations;
    await loadKerasWeights(bytesOf(resumed.weights), model, {h5, optimizer: opt});
    expect(opt.iterations).toBe(before + COUNT);
  });

  it('says what differs, and moves it with lossy', async () => {
    const batches = batchesFor([6], COUNT);
    const {before} = runOf(await python.call('train', 'trained_mlp', 'SGD(0.1)', LOSS, [], null));
    const model = await loadKeras(before, {h5});
    const opt = adam(0.01, {sqrMom: 0.999, eps: 1e-7, wd: 0});
    model.compile({optimizer: opt, loss: 'categoricalCrossentropy'});
    await trained(model, batches);
    await expectAsync(saveKeras(model, {h5, optimizer: opt})).toBeRejectedWithError(
      "Keras's Adam computes something else. Keras adds eps outside of the debiasing of √v: use kerasAdam, or give " +
        'lossy: true.',
    );
    const moved = runOf(
      await python.call(
        'train',
        'trained_mlp',
        '',
        LOSS,
        batches,
        textOf(await saveKeras(model, {h5, optimizer: opt, lossy: true})),
      ),
    );
    expectNear(await trained(model, batches), moved.losses);
  });

  it('names optimizers of Keras without a counterpart', async () => {
    const file = async (optimizer: string) =>
      runOf(await python.call('train', 'trained_mlp', optimizer, LOSS, batchesFor([6], 1), null)).after;
    await expectAsync(loadKeras(await file('Nadam(0.01)'), {h5, optimizer: true})).toBeRejectedWithError(
      /^Keras's Nadam has no counterpart here/,
    );
    await expectAsync(
      loadKeras(await file('RMSprop(0.01, centered=True)'), {h5, optimizer: true}),
    ).toBeRejectedWithError(/^Keras's RMSprop with centered=True has no counterpart here/);
    await expectAsync(loadKeras(await file('Adam(0.01, use_ema=True)'), {h5, optimizer: true})).toBeRejectedWithError(
      /^Keras's Adam has use_ema=true, which is not moved/,
    );
    const scheduled = await file('SGD(schedules.ExponentialDecay(0.1, 10, 0.9), momentum=0.9)');
    await expectAsync(loadKeras(scheduled, {h5, optimizer: true})).toBeRejectedWithError(
      /^The optimizer follows Keras's schedule 'ExponentialDecay', which is not moved/,
    );
    const model = await loadKeras(scheduled, {h5, optimizer: true, lossy: true});
    expect(Reflect.get(model.optimizer, 'learningRate')).toBe(0.1);
    const clipped = await loadKeras(await file('SGD(0.1, global_clipnorm=1.5)'), {h5, optimizer: true});
    expect(Reflect.get(model.optimizer, 'iterations')).toBe(1);
    expect(Reflect.get(clipped.optimizer, 'hypers')).toEqual([{globalClipNorm: 1.5, lr: 0.1, wd: 0, mom: 0}]);
  });

  it('says where weight decay or steps are not those of every parameter', async () => {
    const {before} = runOf(await python.call('train', 'trained_mlp', 'SGD(0.1)', LOSS, [], null));
    const model = await loadKeras(before, {h5});
    const opt = kerasAdam(0.01, {wd: 0.1});
    model.compile({optimizer: opt, loss: 'categoricalCrossentropy'});
    await trained(model, batchesFor([6], 2));
    await expectAsync(saveKeras(model, {h5, optimizer: opt})).toBeRejectedWithError(
      /^The layer 'dense.*' \(Dense\): '.*bias.*' has no weight decay, and Keras decays every parameter/,
    );
    for (const weight of model.trainableWeights) {
      const variable = weight.read();
      if (isVariable(variable)) opt.state.set(variable, {doWd: true, step: weight.name.includes('bias') ? 1 : 2});
    }
    await expectAsync(saveKeras(model, {h5, optimizer: opt})).toBeRejectedWithError(/has made 1 of 2 steps/);
    expect((await saveKeras(model, {h5, optimizer: opt, lossy: true})).length).toBeGreaterThan(1000);
  });
});
