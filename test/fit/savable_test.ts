import {adam, checkpoint, optimizerOf} from '../../src';
import {describeBackends} from '../support/backends';
import {memoryHandler} from '../support/memory_handler';
import {tf} from '../support/tfjs';

const own = (labels: tf.Tensor, predicted: tf.Tensor): tf.Tensor => labels.sub(predicted).square().mean(-1);
const METRICS =
  "checkpoint can't save this model: the metrics of WHERE are a list, and TensorFlow.js saves one metric per output. " +
  "Compile with one name per output, metrics: {output: 'accuracy'}, or with one list for all outputs, " +
  "metrics: ['accuracy', 'mae'].";
const LOSSES =
  "checkpoint can't save this model: the loss of WHERE is a function, and TensorFlow.js saves the names of losses. " +
  "Compile with names, such as 'meanSquaredError', or with one function for all outputs.";

/**
 * What a model with the outputs 'cls' and 'reg' is compiled with, and what checkpoint says; undefined where it saves.
 */
const CASES: ReadonlyArray<[what: string, settings: object, message: string | undefined]> = [
  ['lists of metrics by output', {metrics: {cls: ['accuracy'], reg: ['mae']}}, METRICS.replace('WHERE', "'cls'")],
  [
    'a list of metrics for one output',
    {metrics: {cls: 'accuracy', reg: ['mae', 'mse']}},
    METRICS.replace('WHERE', "'reg'"),
  ],
  ['lists of metrics in a list', {metrics: [['accuracy'], ['mae']]}, METRICS.replace('WHERE', 'output 0')],
  ['functions as losses by output', {loss: {cls: 'meanSquaredError', reg: own}}, LOSSES.replace('WHERE', "'reg'")],
  ['functions as losses in a list', {loss: [own, 'meanSquaredError']}, LOSSES.replace('WHERE', 'output 0')],
  ['a metric by output', {metrics: {cls: 'accuracy', reg: 'mae'}}, undefined],
  ['a list of metrics for all outputs', {metrics: ['accuracy', 'mae']}, undefined],
  ['one metric', {metrics: 'mae'}, undefined],
  ['losses by output', {loss: {cls: 'categoricalCrossentropy', reg: 'meanSquaredError'}}, undefined],
  ['losses in a list', {loss: ['categoricalCrossentropy', 'meanSquaredError']}, undefined],
  ['one function for all outputs', {loss: own}, undefined],
];

describeBackends(
  'checkpoint, for a model with two outputs and',
  () => {
    let model: tf.LayersModel;
    beforeEach(() => {
      // tfjs does not save losses that are functions, and warns about it.
      spyOn(console, 'warn');
      const input = tf.input({shape: [3]});
      const outputs = [
        tf.layers.dense({units: 2, activation: 'softmax', name: 'cls'}),
        tf.layers.dense({units: 1, name: 'reg'}),
      ].map(layer => {
        const output = layer.apply(input);
        if (!(output instanceof tf.SymbolicTensor)) throw new Error('A layer applied to a symbolic tensor gave none.');
        return output;
      });
      model = tf.model({inputs: input, outputs});
    });
    afterEach(() => {
      optimizerOf(model).dispose();
      model.dispose();
    });

    for (const [what, settings, message] of CASES) {
      it(`${what}, ${message === undefined ? 'saves' : "says before training what can't be saved"}`, async () => {
        const optimizer = adam(0.01);
        model.compile({optimizer, loss: 'meanSquaredError', ...settings});
        const [x, ...y] = [tf.ones([4, 3]), tf.ones([4, 2]), tf.ones([4, 1])];
        const fit = model.fit(x, y, {epochs: 1, callbacks: checkpoint(memoryHandler())});
        if (message === undefined) await expectAsync(fit).toBeResolved();
        else await expectAsync(fit).toBeRejectedWithError(message);
        expect(optimizer.iterations).toBe(message === undefined ? 1 : 0);
        // If tfjs saves it one day, this error can go.
        const saved = model.save(memoryHandler(), {includeOptimizer: true});
        if (message === undefined) await expectAsync(saved).toBeResolved();
        else await expectAsync(saved).toBeRejected();
        tf.dispose([x, y]);
      });
    }
  },
  ['cpu'],
);

describe('checkpoint', () => {
  it('warns of metrics that are functions, with which the saved model can not be loaded', async () => {
    await tf.setBackend('cpu');
    const said = spyOn(console, 'warn');
    const kinds = new Set<boolean>();
    const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [3], activation: 'sigmoid'})]});
    const [x, y] = [tf.ones([4, 3]), tf.ones([4, 1])];
    for (const metric of [...Object.values<typeof own>(tf.metrics), own]) {
      const warned: string[] = [];
      said.and.callFake((text: string) => warned.push(text));
      const optimizer = adam(0.01);
      model.compile({optimizer, loss: 'meanSquaredError', metrics: [metric]});
      const saved = memoryHandler();
      await model.fit(x, y, {epochs: 1, callbacks: checkpoint(saved)});
      const loads = await tf.loadLayersModel(saved).then(
        loaded => {
          loaded.dispose();
          return true;
        },
        () => false,
      );
      const text =
        `tfjs-optim: tf.loadLayersModel can't load what checkpoint saves: it does not know the metric ` +
        `'${metric.name}', which is a function. Compile without it, or with a name such as 'accuracy'.`;
      expect(warned.includes(text)).withContext(metric.name).toBe(!loads);
      kinds.add(loads);
      optimizer.dispose();
    }
    expect(kinds.size).toBe(2);
    tf.dispose([x, y]);
    model.dispose();
  });
});
