import h5wasm from 'h5wasm';
import {kerasAdam, loadKeras, loadKerasWeights, saveKeras, saveKerasWeights} from 'tfjs-optim/keras';

import {isDict} from '../../src/util/config_reader';
import {describeBackends} from '../support/backends';
import {compiledWith, configChanged, denseWeights} from '../support/keras_files';
import {present} from '../support/present';
import {isSymbolic} from '../support/symbolic';
import {tf} from '../support/tfjs';

const h5 = h5wasm;
const OTHER_LOSS = "Give 'loss': the name of another loss, or a function.";
const CHANGE = 'Change the model in Keras before you save it.';

const dense = () => tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3], name: 'out'})]});

/** Expects this message, and that the model, the tensors and the files of h5wasm stay as they were. */
async function expectRefused(model: tf.LayersModel, act: () => Promise<unknown>, message: string): Promise<void> {
  const {FS} = await h5.ready;
  const state = () => ({
    weights: model.getWeights().map(weight => Array.from(weight.dataSync())),
    tensors: tf.memory().numTensors,
    files: String(FS.readdir('.')),
  });
  const before = state();
  await expectAsync(act()).toBeRejectedWithError(message);
  expect(state()).toEqual(before);
}

/** A file of the model, in whose configuration the object at the path has other values. */
async function altered(
  model: tf.LayersModel,
  path: string,
  values: (dict: Readonly<Record<string, unknown>>) => object,
): Promise<Uint8Array> {
  return configChanged(await saveKeras(model, {h5}), config => {
    let found: unknown = config;
    for (const key of path.split('.')) found = isDict(found) || Array.isArray(found) ? Reflect.get(found, key) : found;
    if (!isDict(found)) throw new Error(`There is no object at ${path}.`);
    Object.assign(found, values(found));
  });
}

describeBackends(
  'errors about files of Keras say what is wrong and what to do, and change nothing:',
  () => {
    describe('a loss', () => {
      let model: tf.LayersModel;
      let file: Uint8Array;
      beforeAll(async () => {
        model = dense();
        model.compile({optimizer: kerasAdam(0.1), loss: 'meanSquaredError'});
        file = await saveKeras(model, {h5, optimizer: true});
      });
      const lossOf = async (loss: unknown) => {
        const loaded = await loadKeras(await compiledWith(file, {loss}), {h5, optimizer: true});
        return loaded.loss;
      };
      const saved = (class_name: string, config: object) => ({
        module: 'keras.losses',
        class_name,
        config: {name: 'loss', reduction: 'sum_over_batch_size', dtype: {module: 'keras'}, ...config},
        registered_name: null,
      });

      it('of a class is read where its settings are those of TensorFlow.js', async () => {
        const usual = {from_logits: false, label_smoothing: 0, axis: -1};
        expect(await lossOf(saved('CategoricalCrossentropy', usual))).toBe('categoricalCrossentropy');
        expect(await lossOf(saved('KLDivergence', {}))).toBe('kullbackLeiblerDivergence');
        expect(await lossOf(saved('MeanSquaredError', {delta: null}))).toBe('meanSquaredError');
      });

      it('per output is read by the names of outputs', async () => {
        const input = tf.input({shape: [3]});
        const outputs = ['a', 'b'].flatMap(name => tf.layers.dense({units: 1, name}).apply(input)).filter(isSymbolic);
        const two = tf.model({inputs: input, outputs});
        two.compile({optimizer: kerasAdam(0.1), loss: {a: 'meanSquaredError', b: 'meanAbsoluteError'}});
        const bytes = await saveKeras(two, {h5, optimizer: true});
        expect((await loadKeras(bytes, {h5, optimizer: true})).loss).toEqual(two.loss);
        const others = await compiledWith(bytes, {loss: {a: 'mae', b: saved('LogCosh', {})}});
        expect((await loadKeras(others, {h5, optimizer: true})).loss).toEqual({a: 'meanAbsoluteError', b: 'logcosh'});
      });

      const cases: ReadonlyArray<readonly [loss: unknown, message: string]> = [
        [
          saved('CategoricalCrossentropy', {from_logits: true}),
          `The model is compiled with the loss CategoricalCrossentropy with from_logits=true, which TensorFlow.js ` +
            `lacks. ${OTHER_LOSS}`,
        ],
        [
          saved('Huber', {delta: 2}),
          `The model is compiled with the loss Huber with delta=2, which TensorFlow.js lacks. ${OTHER_LOSS}`,
        ],
        [
          saved('CosineSimilarity', {axis: -1}),
          `The model is compiled with the loss 'cosine_similarity', which TensorFlow.js lacks. ${OTHER_LOSS}`,
        ],
        ['tversky', `The model is compiled with the loss 'tversky', which TensorFlow.js lacks. ${OTHER_LOSS}`],
        [
          {class_name: 'function', config: 'mine'},
          "The model is compiled with the loss {class_name: 'function', config: 'mine'}, which TensorFlow.js lacks. " +
            OTHER_LOSS,
        ],
        [null, `The model is compiled without a loss, or without one for an output. ${OTHER_LOSS}`],
        [['mse', null], `The model is compiled without a loss, or without one for an output. ${OTHER_LOSS}`],
      ];
      for (const [loss, message] of cases)
        it(`that is ${JSON.stringify(loss)}`, async () => {
          await expectRefused(model, async () => lossOf(loss), message);
        });
    });

    describe('a model of Keras', () => {
      it('with a backward_layer that is not its layer turned around', async () => {
        const layer = tf.layers.simpleRNN({units: 2});
        const model = tf.sequential({layers: [tf.layers.bidirectional({layer, inputShape: [4, 3], name: 'both'})]});
        const withBackward = async (settings: object) =>
          altered(model, 'config.layers.1.config', ({layer: forward}) => {
            if (!isDict(forward)) throw new Error('A Bidirectional has a layer.');
            return {backward_layer: {...forward, config: Object.assign({}, forward['config'], settings)}};
          });
        for (const settings of [{go_backwards: false}, {go_backwards: true, units: 3}])
          await expectRefused(
            model,
            async () => loadKeras(await withBackward(settings), {h5}),
            "The layer 'both' (Bidirectional) has a backward_layer other than its layer with the opposite " +
              `go_backwards, which TensorFlow.js lacks. ${CHANGE}`,
          );
        const loaded = await loadKeras(await withBackward({go_backwards: true}), {h5});
        expect(loaded.getWeights().length).toBe(6);
      });

      it('whose layers are called with more than their input, or whose input is sparse', async () => {
        const input = tf.input({shape: [3], name: 'in'});
        const outputs = [tf.layers.dense({units: 2, name: 'out'}).apply(input)].flat().filter(isSymbolic);
        const model = tf.model({inputs: input, outputs, name: 'net'});
        const node = 'config.layers.1.inbound_nodes.0';
        const cases: ReadonlyArray<readonly [path: string, values: Parameters<typeof altered>[2], message: string]> = [
          [
            node,
            () => ({kwargs: {initial_state: 1, mask: null, training: true}}),
            `The layer 'out' is called with the argument 'initial_state', which can't be read here. ${CHANGE}`,
          ],
          [
            node,
            ({args}) => ({args: [args, 1].flat()}),
            `The layer 'out' is called with 2 arguments; only calls with one can be read here. ${CHANGE}`,
          ],
          [
            'config.layers.0.config',
            () => ({sparse: true}),
            `The model 'net' has a sparse or ragged input, which TensorFlow.js lacks. ${CHANGE}`,
          ],
        ];
        for (const [path, values, message] of cases)
          await expectRefused(model, async () => loadKeras(await altered(model, path, values), {h5}), message);
      });
    });

    it('weights of whole numbers of three bytes, which h5wasm reads as bytes', async () => {
      const model = dense();
      const file = await denseWeights({data: Int32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2], dtype: '<i'});
      // The type of the kernel: a whole number with a sign, its bytes, the first of its bits, and how many bits it has.
      const type = [0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0];
      const at = file.findIndex((_, i) => type.every((byte, j) => file[i + j] === byte));
      file[at + 4] = 3;
      file[at + 10] = 24;
      await expectRefused(
        model,
        async () => loadKerasWeights(file, model, {h5}),
        "The weights are not a readable HDF5 file, or they are damaged ('layers/dense/vars/0' has 18 numbers instead " +
          'of 6). Save them again with Keras 3.',
      );
    });

    describe('a model here', () => {
      it('with a weight that is not float32', async () => {
        const model = tf.sequential({
          layers: [
            tf.layers.embedding({
              inputDim: 3,
              outputDim: 2,
              name: 'mask',
              dtype: 'bool',
              embeddingsInitializer: 'zeros',
              inputShape: [2],
            }),
          ],
        });
        for (const save of [saveKeras, saveKerasWeights])
          await expectRefused(
            model,
            async () => save(model, {h5}),
            "The layer 'mask' (Embedding): 'mask/embeddings' is bool, and only weights of float32 can be moved. Make " +
              'the layer without a dtype.',
          );
      });

      it('whose points Keras samples elsewhere', async () => {
        const model = tf.sequential({
          layers: [tf.layers.upSampling2d({inputShape: [4, 4, 2], interpolation: 'bilinear', name: 'up'})],
        });
        await expectRefused(
          model,
          async () => saveKeras(model, {h5}),
          "The layer 'up' (UpSampling2D) has interpolation='bilinear', which Keras 3 computes otherwise. Make the " +
            "layer with interpolation='nearest', or write the weights alone by saveKerasWeights.",
        );
      });

      it('with an argument that Keras lacks', async () => {
        const rates = {rate: 0.5, noiseShape: [1, 1, 3]};
        const model = tf.sequential({
          layers: [
            tf.layers.dense({units: 3, inputShape: [4, 3]}),
            tf.layers.spatialDropout1d({...rates, name: 'drop'}),
          ],
        });
        await expectRefused(
          model,
          async () => saveKeras(model, {h5}),
          "The layer 'drop' (SpatialDropout1D) has noiseShape=[1, 1, 3], which Keras 3 lacks. Make the layer without " +
            'it, or write the weights alone by saveKerasWeights.',
        );
        await saveKerasWeights(model, {h5});
      });
    });

    describe('an optimizer', () => {
      it('of another copy of this package', async () => {
        const model = dense();
        // What checks of options look for, as no class of this copy.
        class KerasAdam {
          readonly callbacks = [];
          readonly iterations = 0;
          stateDict() {
            return {};
          }
        }
        const file = await saveKerasWeights(model, {h5});
        const options = {h5, optimizer: new KerasAdam()};
        const cases: ReadonlyArray<readonly [call: (...args: never[]) => unknown, args: readonly unknown[]]> = [
          [saveKeras, [model, options]],
          [saveKerasWeights, [model, options]],
          [loadKerasWeights, [file, model, options]],
        ];
        for (const [call, args] of cases)
          await expectRefused(
            model,
            async () => {
              await Reflect.apply(call, undefined, args);
            },
            'The optimizer was made by another copy of tfjs-optim. Use one copy: `npm ls tfjs-optim` shows where ' +
              'each comes from. A project that loads the package by import and by require() has two.',
          );
      });

      it('that never trained a weight', async () => {
        const layers = ['low', 'out'].map(name => tf.layers.dense({units: 2, inputShape: [2], name}));
        const model = tf.sequential({layers});
        const optimizer = kerasAdam(0.1, {params: layers.map(layer => [layer])});
        model.compile({optimizer, loss: 'meanSquaredError'});
        optimizer.freezeTo(1);
        await model.fit(tf.ones([4, 2]), tf.zeros([4, 2]), {epochs: 1});
        optimizer.unfreeze();
        const kernel = present(model.trainableWeights[0]).name;
        for (const save of [saveKeras, saveKerasWeights]) {
          await expectRefused(
            model,
            async () => save(model, {h5, optimizer}),
            `The layer 'low' (Dense): '${kernel}' has no 'gradAvg' at step 1, and in Keras every parameter takes ` +
              'part in each step. Give lossy: true to write zeros.',
          );
          await save(model, {h5, optimizer, lossy: true});
        }
      });
    });
  },
  ['cpu'],
);
