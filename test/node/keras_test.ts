import h5wasm from 'h5wasm';
import {adamW, lookahead, sgd} from 'tfjs-optim';
import {kerasAdam, loadKerasWeights, saveKeras, saveKerasWeights} from 'tfjs-optim/keras';

import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

const h5 = h5wasm;

describeBackends(
  'files of Keras',
  () => {
    const dense = (units: number) => tf.sequential({layers: [tf.layers.dense({units, inputShape: [3], name: 'out'})]});

    it('are not written where Keras lacks something; the error names the layer', async () => {
      const lstm = tf.sequential({layers: [tf.layers.lstm({units: 2, inputShape: [4, 3], name: 'memory'})]});
      await expectAsync(saveKeras(lstm, {h5})).toBeRejectedWithError(
        /^The layer 'memory' \(LSTM\) has recurrent_activation 'hardSigmoid', which Keras 3 lacks/,
      );
      const theta = tf.sequential({layers: [tf.layers.thresholdedReLU({inputShape: [3], name: 'cut'})]});
      await expectAsync(saveKeras(theta, {h5})).toBeRejectedWithError(
        /^The layer 'cut' \(ThresholdedReLU\) is of a class that can't be moved to Keras 3/,
      );
    });

    it('are not written with an optimizer that Keras lacks', async () => {
      const model = dense(2);
      model.compile({optimizer: sgd(0.1), loss: 'meanSquaredError'});
      await expectAsync(saveKeras(model, {h5, optimizer: adamW(0.1)})).toBeRejectedWithError(/use kerasAdam/);
      await expectAsync(saveKeras(model, {h5, optimizer: lookahead(sgd(0.1))})).toBeRejectedWithError(
        /^Keras has no optimizer with the callbacks weightDecay, sgdStep, lookahead/,
      );
    });

    it('change nothing where they do not fit the model or the optimizer', async () => {
      const model = dense(2);
      const other = dense(3);
      const before = Array.from(other.getWeights()[0]?.dataSync() ?? []);
      const file = await saveKerasWeights(model, {h5});
      await expectAsync(loadKerasWeights(file, other, {h5})).toBeRejectedWithError(
        "The layer 'out' (Dense): 'out/kernel' must have the shape [3,3]; at 'layers/dense/vars/0' the file has " +
          'the shape [3,2].',
      );
      expect(Array.from(other.getWeights()[0]?.dataSync() ?? [])).toEqual(before);
      await expectAsync(loadKerasWeights(file, model, {h5, optimizer: kerasAdam(0.1)})).toBeRejectedWithError(
        /^The file's optimizer has 0 variables; Adam with 2 trainable weights has 6/,
      );
    });
  },
  ['cpu'],
);
