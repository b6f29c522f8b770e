import {deflateRawSync} from 'node:zlib';

import h5wasm from 'h5wasm';
import {adagrad, adam, adamW, constant, lookahead, type Optimizer, rmsProp, sgd} from 'tfjs-optim';
import {kerasAdam, loadKeras, loadKerasWeights, saveKeras, saveKerasWeights} from 'tfjs-optim/keras';

import {metricsHere} from '../../src/interchange/keras/compile_config';
import {writeZip} from '../../src/interchange/keras/zip';
import {isDict} from '../../src/util/config_reader';
import {isVariable} from '../../src/util/tensors';
import {describeBackends} from '../support/backends';
import {compiledWith, configChanged, denseWeights, partChanged} from '../support/keras_files';
import {present} from '../support/present';
import {isSymbolic} from '../support/symbolic';
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

    it('are not written with what the optimizer does, and Keras does not', async () => {
      const training = async (make: (model: tf.LayersModel) => Optimizer, frozen = false) => {
        const model = tf.sequential({
          layers: [
            tf.layers.dense({units: 2, inputShape: [3], name: 'low'}),
            tf.layers.dense({units: 2, name: 'out'}),
          ],
        });
        const optimizer = make(model);
        model.compile({optimizer, loss: 'meanSquaredError'});
        if (frozen) optimizer.freezeTo(1);
        await model.fit(tf.ones([4, 3]), tf.zeros([4, 2]), {epochs: 1});
        return {model, optimizer};
      };
      const inGroups = (model: tf.LayersModel) => model.layers.map(layer => [layer]);
      const cases: ReadonlyArray<readonly [Awaited<ReturnType<typeof training>>, RegExp]> = [
        [await training(() => rmsProp(0.1)), /^Keras's RMSprop computes something else\. .*, or give lossy: true\.$/],
        [await training(() => adam(0.1)), /computes something else\. .*kerasAdam/],
        [
          await training(model => kerasAdam([0.1, 0.2], {params: inGroups(model)})),
          /^Keras's optimizers have one value of each hyper/,
        ],
        [
          await training(() => adagrad(0.1, {like: 'tf.train', lrDecay: 0.5})),
          /^Keras's Adagrad has no 'lrDecay'; it must be 0, and is 0\.5\.$/,
        ],
        [
          await training(model => kerasAdam(0.1, {params: inGroups(model)}), true),
          /^The layer 'low' \(Dense\): 'low\/kernel\w*' is not trained by the optimizer, and its layer is trainable\./,
        ],
        [
          await training(() => kerasAdam(0.1, {wd: 0.1})),
          /'low\/bias\w*' has no weight decay, and Keras decays every/,
        ],
      ];
      for (const [{model, optimizer}, message] of cases)
        await expectAsync(saveKeras(model, {h5, optimizer})).toBeRejectedWithError(message);
      const {model, optimizer} = await training(() => kerasAdam(0.1));
      optimizer.setSchedule({lr: constant(0.01)}, {steps: 9});
      await expectAsync(saveKeras(model, {h5, optimizer})).toBeRejectedWithError(/^The optimizer follows a schedule/);
      optimizer.clearSchedule();
      optimizer.state.set(present(model.trainableWeights.map(weight => weight.read()).find(isVariable)), {step: 0});
      await expectAsync(saveKeras(model, {h5, optimizer})).toBeRejectedWithError(/has made 0 of 1 steps, and Keras/);
    });

    it('are not written for a model that is not built, or with names and losses that Keras does not take', async () => {
      const unbuilt = tf.sequential({name: 'early'});
      await expectAsync(saveKeras(unbuilt, {h5})).toBeRejectedWithError(/^The model 'early' is not built: give its/);
      const named = (name: string) => tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [3], name})]});
      await expectAsync(saveKeras(named('a/b'), {h5})).toBeRejectedWithError(
        /^The layer 'a\/b' \(Dense\) has a slash in its name, which Keras 3 does not allow\./,
      );
      const own = named('own');
      own.compile({optimizer: kerasAdam(0.1), loss: (_, output) => output.mean()});
      await expectAsync(saveKeras(own, {h5, optimizer: true})).toBeRejectedWithError(
        /^The model is compiled with the loss .*, which has no name in Keras\./,
      );
      class Scaled extends tf.layers.Layer {
        static className = 'Scaled';
        override build(shape: tf.Shape) {
          this.addWeight('scale', [1], 'float32', tf.initializers.ones());
          super.build(shape);
        }
        override call(inputs: tf.Tensor | tf.Tensor[]) {
          return inputs;
        }
      }
      const scaled = tf.sequential({layers: [new Scaled({inputShape: [3], name: 'mine'})]});
      await expectAsync(saveKerasWeights(scaled, {h5})).toBeRejectedWithError(
        /^The layer 'mine' \(Scaled\) is of a class whose weights can't be moved between TensorFlow\.js and Keras 3\./,
      );
    });

    it('are not read where the momentum is a multiple of a learning rate of 0', async () => {
      const model = dense(2);
      const optimizer = sgd(0.1, {mom: 0.9});
      model.compile({optimizer, loss: 'meanSquaredError'});
      await model.fit(tf.ones([4, 3]), tf.zeros([4, 2]), {epochs: 1});
      optimizer.setHyper('lr', 0);
      const file = await saveKerasWeights(model, {h5, optimizer});
      await expectAsync(loadKerasWeights(file, model, {h5, optimizer})).toBeRejectedWithError(
        "The file's learning rate is 0, so its momentum can't be converted: it is a multiple of the rate.",
      );
    });

    it('keep the constraint of a depthwise kernel', async () => {
      const model = tf.sequential({
        layers: [
          tf.layers.depthwiseConv2d({
            kernelSize: 2,
            inputShape: [4, 4, 2],
            depthwiseConstraint: tf.constraints.maxNorm({maxValue: 3, axis: 0}),
          }),
        ],
      });
      const loaded = await loadKeras(await saveKeras(model, {h5}), {h5});
      const constraint: unknown = Reflect.get(present(loaded.layers[0]), 'depthwiseConstraint');
      expect(constraint).toBeInstanceOf(tf.serialization.Serializable);
      expect(constraint instanceof tf.serialization.Serializable && constraint.getConfig()).toEqual({
        maxValue: 3,
        axis: 0,
      });
    });

    it('are not written with the arguments of calls that Keras lacks', async () => {
      const input = tf.input({shape: [3]});
      const output = tf.layers.dense({units: 2, name: 'out'}).apply(input, {factor: 2});
      if (!isSymbolic(output)) throw new Error('A layer that is applied to a symbol gives one.');
      await expectAsync(saveKeras(tf.model({inputs: input, outputs: output}), {h5})).toBeRejectedWithError(
        /^The layer 'out' \(Dense\) is called with factor, which can't be moved to Keras\.$/,
      );
    });

    it('keep a list of losses, one per output', async () => {
      const input = tf.input({shape: [3]});
      const outputs = ['a', 'b'].flatMap(name => tf.layers.dense({units: 1, name}).apply(input));
      const model = tf.model({inputs: input, outputs: outputs.filter(isSymbolic)});
      model.compile({optimizer: kerasAdam(0.1), loss: ['meanSquaredError', 'meanAbsoluteError']});
      const loaded = await loadKeras(await saveKeras(model, {h5, optimizer: true}), {h5, optimizer: true});
      expect(loaded.loss).toEqual(['meanSquaredError', 'meanAbsoluteError']);
    });

    describe('are not read', () => {
      const compiledFile = async () => {
        const model = dense(2);
        model.compile({optimizer: kerasAdam(0.1), loss: 'meanSquaredError'});
        return saveKeras(model, {h5, optimizer: true});
      };
      /** A file with another entry in its directory. */
      const directoryWith = async (change: (view: DataView, first: number) => void) => {
        const bytes = await compiledFile();
        change(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), directoryOf(bytes));
        return bytes;
      };
      const compiled = async (settings: object) => compiledWith(await compiledFile(), settings);

      const cases: Readonly<Record<string, readonly [() => Promise<Uint8Array>, RegExp]>> = {
        'of Keras 2': [
          async () => partChanged(await compiledFile(), 'metadata.json', () => '{"keras_version": "2.15.0"}'),
          /^This \.keras file was written by Keras '2\.15\.0'; only those of Keras 3 can be read\./,
        ],
        'whose parts are not JSON': [
          async () => partChanged(await compiledFile(), 'metadata.json', () => '{"keras'),
          /'metadata\.json' is not JSON \(/,
        ],
        'without an input shape': [
          async () =>
            configChanged(await compiledFile(), config => {
              const inner = present(config['config']);
              if (!isDict(inner) || !Array.isArray(inner['layers'])) throw new Error('A Sequential has layers.');
              inner['layers'].shift();
              Reflect.deleteProperty(inner, 'build_input_shape');
            }),
          /has no input shape\. Build it in Keras, as with keras\.Input\(shape=…\), and save it again\.$/,
        ],
        'with a loss of another kind': [() => compiled({loss: 5}), /loss/],
        'with weights of losses': [() => compiled({loss_weights: [0.5]}), /is compiled with loss_weights, which Tens/],
        'with one weight for the loss': [() => compiled({loss_weights: 2}), /is compiled with loss_weights, which/],
        'that are encrypted': [
          () =>
            directoryWith((view, first) => {
              view.setUint16(first + 8, 1, true);
            }),
          /is encrypted\. A \.keras file is a zip archive; save it again\.$/,
        ],
        'with a part of more than 4 GB': [
          () =>
            directoryWith((view, first) => {
              view.setUint32(first + 24, 0xffffffff, true);
            }),
          /needs more than 4 GB, which can't be read here\.$/,
        ],
        'compressed in another way': [
          () =>
            directoryWith((view, first) => {
              view.setUint16(first + 10, 9, true);
            }),
          /is compressed by method 9; expected none or DEFLATE\./,
        ],
        'that are not compressed as they say': [
          () =>
            directoryWith((view, first) => {
              view.setUint16(first + 10, 8, true);
            }),
          /can't be inflated \(/,
        ],
        'that are longer than they say': [
          async () => {
            const packed = deflateRawSync(new Uint8Array(1000));
            const bytes = writeZip([{name: 'metadata.json', data: packed}]);
            const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
            const first = directoryOf(bytes);
            view.setUint16(first + 10, 8, true);
            view.setUint32(first + 24, 5, true);
            return Promise.resolve(bytes);
          },
          /'metadata\.json' has \d+ bytes instead of 5\./,
        ],
        'that would fill the memory': [
          () =>
            directoryWith((view, first) => {
              view.setUint16(first + 10, 8, true);
              view.setUint32(first + 24, 2 ** 31, true);
            }),
          /is said to expand from \d+ bytes to 2147483648\./,
        ],
      };
      for (const [what, [make, message]] of Object.entries(cases))
        it(what, async () => {
          await expectAsync(loadKeras(await make(), {h5, optimizer: true})).toBeRejectedWithError(message);
        });

      describe('with other tensors', () => {
        const kernelOf = async (model: tf.LayersModel) => [...(await present(model.getWeights()[0]).data())];

        it('of texts', async () => {
          const file = await denseWeights({data: ['a', 'b', 'c', 'd', 'e', 'f'], shape: [3, 2]});
          await expectAsync(loadKerasWeights(file, dense(2), {h5})).toBeRejectedWithError(
            /must be float32, float64 or of integers; at 'layers\/dense\/vars\/0' the file has another type\.$/,
          );
        });

        it('behind a link that leads nowhere', async () => {
          const file = await denseWeights({data: new Float32Array(6), shape: [3, 2], dtype: '<f'}, open => {
            open.create_soft_link('/nowhere', 'link');
          });
          await expectAsync(loadKerasWeights(file, dense(2), {h5})).toBeRejectedWithError(
            /'link' is neither a group nor a tensor/,
          );
        });

        it('but with numbers of float64', async () => {
          const model = dense(2);
          await loadKerasWeights(
            await denseWeights({data: Float64Array.of(1, 2, 3, 4, 5, 0.5), shape: [3, 2], dtype: '<d'}),
            model,
            {h5},
          );
          expect(await kernelOf(model)).toEqual([1, 2, 3, 4, 5, 0.5]);
        });
      });

      it('with weights that the model lacks', async () => {
        const two = tf.sequential({
          layers: [tf.layers.dense({units: 2, inputShape: [3], name: 'out'}), tf.layers.dense({units: 2})],
        });
        await expectAsync(loadKerasWeights(await saveKerasWeights(two, {h5}), dense(2), {h5})).toBeRejectedWithError(
          /^The file has weights at 'layers\/dense_1\/vars\/\d' that the model '.*' lacks\./,
        );
      });
    });
  },
  ['cpu'],
);

describe('The metrics of a compiled model', () => {
  it('are those that TensorFlow.js has by the same name', () => {
    expect(metricsHere({metrics: ['accuracy', 'acc', 'mae', 'mse', 'mape', 'auc', {class_name: 'Mean'}]})).toEqual([
      'accuracy',
      'acc',
      'mae',
      'mse',
      'mape',
    ]);
  });
});

/** Where the directory of a zip archive begins. */
function directoryOf(bytes: Uint8Array): number {
  const signature = [0x50, 0x4b, 1, 2];
  return bytes.findIndex((_, i) => signature.every((byte, j) => bytes[i + j] === byte));
}
