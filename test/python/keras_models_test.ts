import * as tf from '@tensorflow/tfjs-core';
import h5wasm from 'h5wasm';
import {loadKeras, loadKerasWeights, saveKeras, saveKerasWeights} from 'tfjs-optim/keras';

import {bytesOf, expectClose, listOf, plainOf, predicted, textOf, type Written, writtenOf} from './support/keras_case';
import {pythonDuringSuite} from './support/python';

const h5 = h5wasm;
const NAMES = [
  'mlp',
  'convnet',
  'separable',
  'residual',
  'two_inputs',
  'text',
  'bidirectional',
  'autoencoder',
  'series',
  'several_outputs',
  'frozen',
];

describe('Keras 3', () => {
  const python = pythonDuringSuite('keras_files.py');
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const name of NAMES) {
    describe(name, () => {
      let written: Written;
      beforeAll(async () => {
        written = writtenOf(await python.call('written', name));
      });

      it('predicts the same here, and in Keras after it was written here', async () => {
        const before = tf.memory().numTensors;
        const model = await loadKeras(written.file, {h5});
        expectClose(predicted(model, written.inputs), written.outputs);
        const again = await saveKeras(model, {h5});
        expectClose(listOf(await python.call('read', textOf(again), written.inputs)).map(plainOf), written.outputs);
        // What was written here loads here as well.
        const copy = await loadKeras(again, {h5});
        expectClose(predicted(copy, written.inputs), written.outputs);
        // dispose() of a model leaves the weights of layers that are called twice.
        tf.dispose([...copy.weights, ...model.weights].map(weight => weight.read()));
        expect(tf.memory().numTensors).toBe(before);
      });

      it('moves its weights alone', async () => {
        const model = await loadKeras(written.file, {h5});
        const blank = model.getWeights().map(weight => tf.zerosLike(weight));
        model.setWeights(blank);
        await loadKerasWeights(written.weights, model, {h5});
        expectClose(predicted(model, written.inputs), written.outputs);
        model.setWeights(blank);
        await loadKerasWeights(written.file, model, {h5});
        const weights = await saveKerasWeights(model, {h5});
        const outputs = await python.call('read_weights', textOf(weights), name, written.inputs);
        expectClose(listOf(outputs).map(plainOf), written.outputs);
        tf.dispose(blank);
        model.dispose();
      });
    });
  }

  it('names what TensorFlow.js lacks', async () => {
    const cases: Array<[code: string, message: RegExp]> = [
      [
        'keras.Sequential([L.Input((4, 2)), L.GRU(3, name="r")])',
        /^The layer 'r' \(GRU\) has reset_after=True, Keras's default/,
      ],
      [
        'keras.Sequential([L.Input((4, 2)), L.Conv1D(3, 2, padding="causal", name="c")])',
        /^The layer 'c' \(Conv1D\) has padding 'causal', which TensorFlow.js lacks/,
      ],
      [
        'keras.Sequential([L.Input((4,)), L.Dense(3, activation="hard_sigmoid", name="d")])',
        /^The layer 'd' \(Dense\) has activation 'hard_sigmoid', which TensorFlow.js lacks. Its hard sigmoid is/,
      ],
      [
        'keras.Sequential([L.Input((4, 4, 2)), L.Conv2D(4, 2, groups=2, name="c")])',
        /^The layer 'c' \(Conv2D\) has groups 2, which TensorFlow.js lacks/,
      ],
      [
        'keras.Sequential([L.Input((4, 4, 2)), L.UpSampling2D(2, interpolation="bilinear", name="u")])',
        /^The layer 'u' \(UpSampling2D\) has interpolation 'bilinear', which TensorFlow.js lacks/,
      ],
      [
        'keras.Sequential([L.Input((4,)), L.ReLU(negative_slope=0.1, name="r")])',
        /^The layer 'r' \(ReLU\) has negative_slope 0.1, which TensorFlow.js lacks/,
      ],
      [
        'keras.Sequential([L.Input((4, 2)), L.GroupNormalization(2, name="g")])',
        /^The layer 'g' \(GroupNormalization\) is of a class that can't be read here/,
      ],
      [
        'keras.Sequential([L.Input((4,)), L.Dense(3, dtype="float16", name="d")])',
        /^The layer 'd' \(Dense\) has the dtype 'float16', which TensorFlow.js lacks/,
      ],
      [
        '(lambda i: keras.Model(i, keras.ops.exp(i) + 1))(L.Input((4,)))',
        /^The layer '.*' \(Exp\) is of a class that can't be read here/,
      ],
    ];
    for (const [code, message] of cases) {
      const file = bytesOf(await python.call('build', code));
      await expectAsync(loadKeras(file, {h5})).withContext(code).toBeRejectedWithError(message);
    }
  });
});
