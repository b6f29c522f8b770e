import {
  checkpoint,
  type FitCallback,
  fitCallbacks,
  fitOneCycle,
  oneCycle,
  reduceLROnPlateau,
  restoreBestWeights,
  sgd,
} from '../../src';
import {metricDirection} from '../../src/fit/metric_direction';
import {bitsOf} from '../support/bits';
import {memoryHandler} from '../support/memory_handler';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {tinyFit} from './support/model';

type Metric = string | ((labels: tf.Tensor, predicted: tf.Tensor) => tf.Tensor);
type Direction = 'max' | 'min';

const {metrics} = tf;
/** Everything by which `compile` takes a metric of tfjs-layers. */
const METRICS: ReadonlyArray<readonly [Direction, ReadonlyArray<Metric>]> = [
  [
    'max',
    [
      'acc',
      'accuracy',
      'binaryAccuracy',
      'categoricalAccuracy',
      'precision',
      metrics.binaryAccuracy,
      metrics.categoricalAccuracy,
      metrics.sparseCategoricalAccuracy,
      metrics.precision,
      metrics.recall,
      metrics.r2Score,
    ],
  ],
  [
    'min',
    [
      'ce',
      'crossentropy',
      'categoricalCrossentropy',
      'sparseCategoricalCrossentropy',
      'mse',
      'MSE',
      'mae',
      'MAE',
      'mape',
      'MAPE',
      'cosine',
      metrics.binaryCrossentropy,
      metrics.categoricalCrossentropy,
      metrics.cosineProximity,
      metrics.meanAbsoluteError,
      metrics.meanAbsolutePercentageError,
      metrics.MAPE,
      metrics.mape,
      metrics.meanSquaredError,
      metrics.MSE,
      metrics.mse,
    ],
  ],
];
/**
 * The losses, which `fit` logs by the name of the output; those that metrics may be named after are metrics of
 * Keras.
 */
const LOSSES = [
  'meanSquaredError',
  'meanAbsoluteError',
  'meanAbsolutePercentageError',
  'meanSquaredLogarithmicError',
  'squaredHinge',
  'hinge',
  'categoricalHinge',
  'logcosh',
  'categoricalCrossentropy',
  'binaryCrossentropy',
  'kullbackLeiblerDivergence',
  'poisson',
  'cosineProximity',
];

function withOutputs(names: readonly string[]): tf.LayersModel {
  const inputs = tf.input({shape: [2]});
  const outputs = names.map(name => tf.layers.dense({units: 3, activation: 'softmax', name}).apply(inputs));
  return tf.model({inputs, outputs: outputs.filter(output => output instanceof tf.SymbolicTensor)});
}

/** What `fit` logs of an epoch, with validation. */
async function logged(
  metric: Metric | undefined,
  outputs: readonly string[],
  loss = 'categoricalCrossentropy',
): Promise<string[]> {
  const model = withOutputs(outputs);
  // tfjs's type asks for functions of its own alias of a tensor.
  const given = metric === undefined ? {} : {metrics: [metric]};
  const optimizer = sgd(0.1);
  model.compile({optimizer, loss, ...given});
  const x = tf.ones([4, 2]);
  const sparse = typeof metric === 'string' ? metric.startsWith('sparse') : metric?.name.startsWith('sparse') === true;
  const y = sparse ? tf.zeros([4, 1]) : tf.oneHot(tf.tensor1d([0, 1, 2, 0], 'int32'), 3).toFloat();
  const labels = outputs.map(() => y);
  const {history} = await model.fit(x, labels, {validationData: [x, labels]}).catch((error: unknown) => {
    // Labels for the loss and for a sparse metric have other shapes: the loss is of no interest here.
    throw new Error(`${String(metric)}: ${String(error)}`);
  });
  tf.dispose([x, y]);
  optimizer.dispose();
  model.dispose();
  return Object.keys(history);
}

describe('The direction of a monitored value', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const [direction, list] of METRICS) {
    for (const metric of list) {
      const called = typeof metric === 'string' ? `'${metric}'` : `tf.metrics.${metric.name}`;
      it(`is ${direction} for ${called}, under each name that fit logs`, async () => {
        const sparse = (typeof metric === 'string' ? metric : metric.name).startsWith('sparse');
        for (const outputs of [['out'], ['out1', 'loss_2']]) {
          const names = await logged(metric, outputs, sparse ? 'sparseCategoricalCrossentropy' : undefined);
          const ofMetric = names.filter(name => !name.endsWith('loss'));
          expect(ofMetric.length).toBe(2 * outputs.length);
          expect(ofMetric.map(metricDirection))
            .withContext(ofMetric.join())
            .toEqual(ofMetric.map(() => direction));
          const ofLoss = names.filter(name => name.endsWith('loss'));
          expect(ofLoss.map(metricDirection))
            .withContext(ofLoss.join())
            .toEqual(ofLoss.map(() => 'min'));
        }
      });
    }
  }

  it('is min for every loss of tfjs-layers as a metric, and what else they may be called', () => {
    for (const name of [
      ...LOSSES,
      'msle',
      'MSLE',
      'kld',
      'KLD',
      'cosine',
      'loss',
      'myLoss',
      'val_dice_loss',
      'lossOfMine',
      'mean_squared_error',
    ]) {
      for (const logs of [name, `val_${name}`, `val_out_1_${name}`])
        expect(metricDirection(logs)).withContext(logs).toBe('min');
    }
  });

  it('is max for auc, and where a bundler or a user names a metric a bit differently', () => {
    for (const name of [
      'auc',
      'AUC',
      'recall',
      'r2Score',
      'precision$1',
      'recall2',
      'r2Score_1',
      'metrics_precision',
      'sparseCategoricalAccuracy$2',
      'my_acc',
      'loss_head_acc',
      'topKCategoricalAccuracy',
      'r2_score',
    ]) {
      for (const logs of [name, `val_${name}`, `val_out_1_${name}`])
        expect(metricDirection(logs)).withContext(logs).toBe('max');
    }
  });

  it('is not known for anything else', () => {
    for (const name of [
      'f1',
      'given',
      'vacc',
      'account',
      'accuracyOfMine',
      'precision_at',
      'val_',
      '',
      'constructor',
      'cosineSimilarity',
    ]) {
      expect(metricDirection(name)).withContext(name).toBeUndefined();
    }
  });

  const watching = {
    restoreBestWeights: (monitor: string) => restoreBestWeights({monitor}),
    reduceLROnPlateau: (monitor: string) => reduceLROnPlateau({monitor}),
    checkpoint: (monitor: string) => checkpoint(memoryHandler(), {monitor, saveBest: true}),
  };
  for (const [name, make] of Object.entries(watching)) {
    it(`is asked for by ${name} when training begins, with nothing changed`, async () => {
      const given = tinyFit(sgd(0.5));
      const {model, optimizer, x, y} = given;
      const watch = make('f1');
      const before = await bitsOf(model.getWeights());
      const begun: string[] = [];
      await expectAsync(
        model.fit(x, y, {
          epochs: 2,
          callbacks: fitCallbacks([
            oneCycle(),
            watch,
            {
              onEpochBegin: () => {
                begun.push('epoch');
              },
            },
          ]),
        }),
      ).toBeRejectedWithError(
        `${name} does not know whether more or less of 'f1' is better. Set 'mode' to 'max' or 'min'.`,
      );
      expect(begun).toEqual([]);
      expect(await bitsOf(model.getWeights())).toEqual(before);
      expect([optimizer.iterations, optimizer.learningRate, optimizer.schedule]).toEqual([0, 0.5, undefined]);
      await model.fit(x, y);
      given.dispose();
    });
  }

  it('is refused by a checkpoint of every epoch, which does not watch it', () => {
    for (const [setting, value] of Object.entries({monitor: 'f1', mode: 'max', minDelta: 0.1}))
      expect(() => checkpoint(memoryHandler(), {[setting]: value})).toThrowError(
        `checkpoint: '${setting}' has no effect without {saveBest: true}; add that, or leave it out.`,
      );
  });

  it('is of a value that fit may not log: one warning when training begins, then an error', async () => {
    const warned = spyOn(console, 'warn');
    const given = tinyFit(sgd(0.5));
    const {model, x, y} = given;
    const said: number[] = [];
    for (const monitor of ['loss', 'val_dice_loss', 'val_dice_loss']) {
      const fit = model.fit(x, y, {
        epochs: 3,
        callbacks: fitCallbacks([
          restoreBestWeights({monitor}),
          {
            onEpochBegin: () => {
              said.push(warned.calls.count());
            },
          },
        ]),
      });
      if (monitor === 'loss') await fit;
      else
        await expectAsync(fit).toBeRejectedWithError(
          "restoreBestWeights watches 'val_dice_loss', which was not logged. Logged: loss. " +
            "Give validation data, or set 'monitor' to a name that is logged.",
        );
    }
    expect(said).toEqual([0, 0, 0, 1, 1]);
    expect(warned.calls.allArgs()).toEqual([
      [
        "tfjs-optim: a callback watches 'val_dice_loss', but fit logs only loss. " +
          "If no callback adds 'val_dice_loss', training stops with an error after the first epoch. " +
          "Give validation data, or set 'monitor' to a name that is logged.",
      ],
    ]);
    await model.fit(x, y, {validationData: [x, y], callbacks: restoreBestWeights()});
    expect(warned).toHaveBeenCalledTimes(1);
    given.dispose();
  });

  it('is missed where validation data were given, and the error does not ask for these', async () => {
    spyOn(console, 'warn');
    const {model, x, y, dispose} = tinyFit(sgd(0.5));
    model.compile({optimizer: model.optimizer, loss: 'meanSquaredError', metrics: ['accuracy']});
    const callbacks = restoreBestWeights({monitor: 'val_accuracy'});
    await expectAsync(model.fit(x, y, {validationData: [x, y], callbacks})).toBeRejectedWithError(
      "restoreBestWeights watches 'val_accuracy', which was not logged. Logged: val_loss, val_acc, loss, acc. " +
        "Add it to the metrics, or set 'monitor' to a name that is logged.",
    );
    dispose();
  });

  describe('in an epoch that ends before its validation', () => {
    const EPOCHS = 4;
    /**
     * Trains until the first batch of the last epoch. The loss falls, so the first epoch is the best in mode 'max'.
     * @returns the weights after each epoch, those at the end, the rate, and the lengths of the history.
     */
    async function stopped(...watching: FitCallback[]) {
      return stoppedOn([], ...watching);
    }

    /** The same, without validation, and on what `others` make of the data. */
    async function stoppedOn(
      others: ReadonlyArray<'no validation' | 'dataset of unknown length'>,
      ...watching: FitCallback[]
    ) {
      const given = tinyFit(sgd(0.05));
      const {model, x, optimizer} = given;
      // The loss of the first two rows alone is higher than that of all rows.
      const y = tf.mul(given.y, [[9], [9], [1], [1], [1], [1], [1], [1]]);
      const after: number[][] = [];
      const weights = () => model.getWeights().flatMap(weight => [...weight.dataSync()]);
      let epoch = 0;
      const common = {
        epochs: EPOCHS,
        ...(others.includes('no validation') ? {} : {validationData: [x, y] satisfies [tf.Tensor, tf.Tensor]}),
        callbacks: fitCallbacks([
          {
            onEpochBegin: now => {
              epoch = now;
            },
            onBatchEnd: () => {
              if (epoch === EPOCHS - 1) model.stopTraining = true;
            },
            onEpochEnd: () => {
              after.push(weights());
            },
          },
          ...watching,
        ]),
      };
      const dataset = tf.data.generator(function* () {
        for (let i = 0; i < 8; i += 2) yield {xs: x.slice(i, 2), ys: y.slice(i, 2)};
      });
      const {history} = others.includes('dataset of unknown length')
        ? await model.fitDataset(dataset, common)
        : await model.fit(x, y, {...common, batchSize: 2, shuffle: false});
      const result = {after, end: weights(), rate: optimizer.hypers[0]?.lr, lengths: Object.values(history).map(size)};
      y.dispose();
      given.dispose();
      return result;
    }
    const size = ({length}: readonly unknown[]) => length;

    it('leaves the best weights those of an epoch before', async () => {
      const {after, end, lengths} = await stopped(restoreBestWeights({mode: 'max'}));
      expect(after.length).toBe(EPOCHS);
      expect(end).toEqual(present(after[0]));
      expect(lengths).toContain(EPOCHS - 1);
    });

    for (const others of [
      [],
      ['no validation'],
      ['dataset of unknown length'],
      ['no validation', 'dataset of unknown length'],
    ] as const) {
      it(`does not count where the loss is watched (${others.join(', ') || 'arrays'})`, async () => {
        const {after, end} = await stoppedOn(others, restoreBestWeights({monitor: 'loss', mode: 'max'}));
        expect(end).toEqual(present(after[0]));
      });
    }

    it('counts where training stops after its last batch', async () => {
      const {model, x, y, dispose} = tinyFit(sgd(0.05));
      const warned = spyOn(console, 'warn');
      const stop = {
        onBatchEnd: (batch: number) => {
          if (batch === 3) model.stopTraining = true;
        },
      };
      const handler = memoryHandler();
      let saves = 0;
      const counting = {
        ...handler,
        save: (artifacts: tf.io.ModelArtifacts) => {
          saves++;
          return present(handler.save)(artifacts);
        },
      };
      const best = () => checkpoint(counting, {saveBest: true, monitor: 'loss'});
      await model.fit(x, y, {epochs: 2, batchSize: 2, callbacks: fitCallbacks([stop, best()])});
      await model.fit(x, y, {batchSize: 2, validationData: [x, y], callbacks: fitCallbacks([stop, best()])});
      // Another callback, such as one for early stopping, may stop training between epochs.
      const early = {
        onEpochEnd: () => {
          model.stopTraining = true;
        },
      };
      await model.fit(x, y, {epochs: 2, batchSize: 2, callbacks: fitCallbacks([early, best()])});
      expect(saves).toBe(3);
      expect(warned).not.toHaveBeenCalled();
      dispose();
    });

    it('warns where no epoch came before', async () => {
      const warned = spyOn(console, 'warn');
      const {model, x, y, dispose} = tinyFit(sgd(0.05));
      const stop = {
        onBatchEnd: () => {
          model.stopTraining = true;
        },
      };
      await model.fit(x, y, {
        batchSize: 2,
        validationData: [x, y],
        callbacks: fitCallbacks([stop, checkpoint(memoryHandler(), {saveBest: true})]),
      });
      expect(warned.calls.allArgs()).toEqual([
        [
          "tfjs-optim: training stopped before 'val_loss' was logged for a whole epoch, so checkpoint had no " +
            'effect. Train for longer than an epoch.',
        ],
      ]);
      dispose();
    });

    it('saves nothing where the best is saved', async () => {
      const handler = memoryHandler();
      const {after} = await stopped(checkpoint(handler, {saveBest: true, mode: 'max'}));
      const loaded = await tf.loadLayersModel(handler);
      expect(loaded.getWeights().flatMap(weight => [...weight.dataSync()])).toEqual(present(after[0]));
      loaded.dispose();
    });

    it('does not count as an epoch without improvement', async () => {
      const options = {mode: 'max', patience: EPOCHS - 1, keep: true, factor: 0.5} as const;
      expect((await stopped(reduceLROnPlateau(options))).rate).toBe(0.05);
    });

    it('gives back the rate, where it was reduced', async () => {
      expect((await stopped(reduceLROnPlateau({mode: 'max', patience: 1, factor: 0.5}))).rate).toBe(0.05);
    });
  });

  it('does not hide why a fit was aborted', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.05));
    const controller = new AbortController();
    const reason = new Error('the user left');
    let batches = 0;
    const abort = {
      onBatchEnd: () => {
        batches++;
        if (batches === 6) controller.abort(reason);
      },
    };
    const fit = fitOneCycle(model, x, y, {
      epochs: 4,
      batchSize: 2,
      validationData: [x, y],
      signal: controller.signal,
      callbacks: [restoreBestWeights(), abort],
    });
    await expectAsync(fit).toBeRejectedWith(reason);
    dispose();
  });

  it('is followed: the best epoch of each is kept, in the same way by all who watch', async () => {
    spyOn(console, 'warn');
    for (const [monitor, best] of [
      ['val_precision', 2],
      ['out1_recall', 2],
      ['auc', 2],
      ['val_r2Score', 2],
      ['val_cosine', 0],
      ['poisson', 0],
      ['val_out1_loss', 0],
    ] as const) {
      const given = tinyFit(sgd(0.01));
      const {model, optimizer, x, y} = given;
      const values = [0.1, 0.5, 0.9, 0.7];
      const seen: number[][][] = [];
      const log = {
        onEpochEnd: async (epoch: number, logs?: tf.Logs) => {
          if (logs !== undefined) logs[monitor] = values[epoch] ?? NaN;
          seen.push(await bitsOf(model.getWeights()));
        },
      };
      const place = memoryHandler();
      const rates: number[] = [];
      await model.fit(x, y, {
        epochs: 4,
        callbacks: fitCallbacks([
          log,
          checkpoint(place, {monitor, saveBest: true}),
          reduceLROnPlateau({monitor, patience: 1, factor: 0.5}),
          {
            onEpochEnd: () => {
              rates.push(optimizer.learningRate);
            },
          },
          restoreBestWeights({monitor}),
        ]),
      });
      expect(await bitsOf(model.getWeights()))
        .withContext(monitor)
        .toEqual(seen[best] ?? []);
      expect(rates)
        .withContext(monitor)
        .toEqual(best === 2 ? [0.01, 0.01, 0.01, 0.005] : [0.01, 0.005, 0.0025, 0.00125]);
      const again = await tf.loadLayersModel(place, {strict: false});
      expect(await bitsOf(again.getWeights()))
        .withContext(monitor)
        .toEqual(seen[best] ?? []);
      again.dispose();
      given.dispose();
    }
  });
});
