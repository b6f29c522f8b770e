import {adam, lrFind, minimum, slide, steep, type SuggestionRule, valley} from '../../src';
import {describeBackends} from '../support/backends';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';

type Layer = tf.layers.Layer;

const {layers} = tf;
const batchInputShape = [2, 4, 1];
const cells = () => [layers.lstmCell({units: 2}), layers.gruCell({units: 3})];
const MODELS: Readonly<Record<string, () => Layer[]>> = {
  'an LSTM': () => [layers.lstm({units: 3, batchInputShape, stateful: true}), layers.dense({units: 1})],
  'a GRU': () => [layers.gru({units: 3, batchInputShape, stateful: true}), layers.dense({units: 1})],
  'a simple RNN with dropout': () => [
    layers.simpleRNN({units: 3, batchInputShape, stateful: true, dropout: 0.5, recurrentDropout: 0.5}),
    layers.dense({units: 1}),
  ],
  'a cell with dropout': () => [
    layers.rnn({cell: layers.lstmCell({units: 2, dropout: 0.5}), batchInputShape, stateful: true}),
    layers.dense({units: 1}),
  ],
  'stacked cells': () => [layers.rnn({cell: cells(), batchInputShape, stateful: true}), layers.dense({units: 1})],
  'two directions': () => [
    layers.bidirectional({
      layer: layers.lstm({units: 2, stateful: true, returnSequences: false}),
      batchInputShape,
      mergeMode: 'concat',
    } as const),
    layers.dense({units: 1}),
  ],
  'a model in a model': () => [
    tf.sequential({layers: [layers.gru({units: 3, batchInputShape, stateful: true})]}),
    layers.dense({units: 1}),
  ],
};

/** All tensors that layers keep outside their weights. */
function states(model: tf.LayersModel): number[][] {
  const seen = new Set<unknown>();
  const found: number[][] = [];
  const enter = (x: unknown, inStates: boolean) => {
    if (typeof x !== 'object' || x === null || seen.has(x)) return;
    seen.add(x);
    if (x instanceof tf.Tensor) {
      if (inStates) found.push(x.isDisposed ? [NaN] : [...x.dataSync()]);
    } else if (Array.isArray(x))
      x.forEach(each => {
        enter(each, inStates);
      });
    else if ('countParams' in x)
      for (const [name, value] of Object.entries(x))
        enter(value, /^(states_|keptStates|\w*[dD]ropoutMask)$/.test(name));
  };
  enter(model, false);
  return found;
}

function statefulModel(make: () => Layer[]) {
  const model = tf.sequential({layers: make()});
  const optimizer = adam(0.1);
  model.compile({optimizer, loss: 'meanSquaredError'});
  const x = tf.tensor3d(
    Array.from({length: 32}, (_, i) => Math.sin(i)),
    [8, 4, 1],
  );
  const y = tf.tensor2d(
    Array.from({length: 8}, (_, i) => Math.cos(i)),
    [8, 1],
  );
  return {model, x, y, args: {epochs: 1, batchSize: 2, shuffle: false}};
}

interface Ending {
  readonly options: (model: tf.LayersModel) => object;
  readonly error?: RegExp;
}

const ENDINGS: Readonly<Record<string, Ending>> = {
  completes: {options: () => ({stopDiv: false})},
  diverges: {options: () => ({startLr: 1, endLr: 1e30})},
  'resets states in each epoch': {
    options: model => ({
      callbacks: {
        onEpochBegin: () => {
          model.resetStates();
        },
      },
    }),
  },
  'is stopped': {
    options: () => {
      const controller = new AbortController();
      return {
        signal: controller.signal,
        onProgress: () => {
          controller.abort(new Error('enough'));
        },
      };
    },
    error: /enough/,
  },
};

describeBackends(
  'lrFind leaves the tensors outside the weights',
  () => {
    for (const [name, make] of Object.entries(MODELS)) {
      for (const [end, {options, error}] of Object.entries(ENDINGS)) {
        it(`of ${name} where it ${end}`, async () => {
          const {model, x, y, args} = statefulModel(make);
          const history = await model.fit(x, y, args);
          const before = states(model);
          expect(before.length).toBeGreaterThan(0);
          await leakless(async () => {
            const found = lrFind(model, x, y, {
              numIt: 10,
              batchSize: 2,
              shuffle: false,
              validationData: [x, y],
              ...options(model),
            });
            if (error === undefined) await found;
            else await expectAsync(found).toBeRejectedWithError(error);
          });
          expect(states(model)).toEqual(before);
          const inner: unknown = Reflect.get(model, 'model');
          expect(inner).toEqual(jasmine.objectContaining({history, stopTraining_: false}));
          model.resetStates();
          await model.fit(x, y, args);
          tf.dispose([x, y]);
        });
      }
    }
  },
  ['cpu', 'wasm'],
);

describe('The rules that suggest a rate', () => {
  const RULES: Readonly<Record<string, SuggestionRule>> = {valley, slide, minimum, steep};
  const lrs = Array.from({length: 60}, (_, i) => 1e-5 * 1.25 ** i);
  const losses = lrs.map((_, i) => (i < 10 ? 2 : i < 40 ? 2 - (i - 10) / 20 : 0.5 + (i - 40) ** 2 / 10));

  for (const [name, rule] of Object.entries(RULES)) {
    for (const broken of [NaN, Infinity, -Infinity]) {
      it(`end at a loss of ${broken}: ${name}`, () => {
        const given = losses.map((loss, i) => (i === 45 ? broken : i > 45 ? -100 : loss));
        expect(rule(lrs, given)).toEqual(rule(lrs.slice(0, 45), losses.slice(0, 45)));
        expect(rule(lrs, given)).toBeDefined();
      });
    }
  }

  for (const broken of [NaN, Infinity, -Infinity]) {
    it(`end at a loss of ${broken} in lrFind`, async () => {
      await tf.setBackend('cpu');
      let step = 0;
      const found = async (last: number) => {
        step = 0;
        const model = tf.sequential({layers: [layers.dense({units: 1, inputShape: [1]})]});
        const optimizer = adam(0.1);
        model.compile({
          optimizer,
          loss: (_, prediction) =>
            prediction
              .mean()
              .mul(0)
              .add(step++ < 45 ? present(losses[step - 1]) : last),
        });
        const x = tf.ones([60, 1]);
        const result = await lrFind(model, x, x, {numIt: 60, batchSize: 1, stopDiv: false});
        tf.dispose(x);
        optimizer.dispose();
        model.dispose();
        return {valley: result.valley, slide: result.slide, minimum: result.minimum, steep: result.steep};
      };
      expect(await found(broken)).toEqual(await found(NaN));
    });
  }
});
