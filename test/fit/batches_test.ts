import {
  adam,
  fineTune,
  fitCallbacks,
  fitFlatCos,
  fitOneCycle,
  type FitProgress,
  fitSgdr,
  layerGroups,
  lin,
  lrFind,
  oneCycle,
  type Optimizer,
  paramScheduler,
  sgd,
} from '../../src';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';
import {recordSteps, samples, tinyFit} from './support/model';

type Given = ReturnType<typeof tinyFit>;

/** A dataset of unknown length: four batches of two samples. `begun` tells how often it was started. */
function unknown({x, y}: Given) {
  const begun = {times: 0};
  const dataset = tf.data.generator(function* () {
    begun.times++;
    for (let i = 0; i < 8; i += 2) yield {xs: x.slice(i, 2), ys: y.slice(i, 2)};
  });
  return {dataset, begun};
}

/** The same, but it can be started only once. */
function onlyOnce(given: Given): tf.data.Dataset<tf.TensorContainer> {
  const {x, y} = given;
  const iterator = (function* () {
    for (let i = 0; i < 8; i += 2) yield {xs: x.slice(i, 2), ys: y.slice(i, 2)};
  })();
  return tf.data.generator(() => iterator);
}

describe('A dataset of unknown length', () => {
  let given: Given;
  let optimizer: Optimizer;
  let rates: number[][];
  beforeEach(async () => {
    await tf.setBackend('cpu');
    optimizer = sgd(0.5);
    given = tinyFit(optimizer);
    rates = recordSteps(optimizer);
  });
  afterEach(() => {
    given.dispose();
  });

  it('is counted once, with progress, and trained on in every epoch', async () => {
    const {dataset, begun} = unknown(given);
    const counted: number[] = [];
    const progress: FitProgress[] = [];
    const history = await leakless(() =>
      fitFlatCos(given.model, dataset, {
        epochs: 3,
        lrMax: 0.4,
        pctStart: 0.5,
        onCount: batches => {
          counted.push(batches);
        },
        onProgress: at => {
          progress.push(at);
        },
      }),
    );
    expect(counted).toEqual([1, 2, 3, 4]);
    expect(history.history['loss']?.length).toBe(3);
    // The epochs have four batches each; the schedule is over all of them.
    expect(progress.map(({epoch, batch, step, steps}) => `${epoch} ${batch} ${step}/${steps}`).slice(3, 5)).toEqual([
      '0 3 4/12',
      '1 0 5/12',
    ]);
    expectClose(
      rates.flat(),
      Array.from({length: 12}, (_, i) =>
        i < 6 ? 0.4 : 4e-6 + ((0.4 - 4e-6) * (1 + Math.cos((Math.PI * (i - 6)) / 6))) / 2,
      ),
      1e-12,
    );
    // Once to count, once to see whether it starts again, and once per epoch.
    expect(begun.times).toBe(5);
  });

  const functions: ReadonlyArray<
    readonly [
      string,
      (model: tf.LayersModel, dataset: tf.data.Dataset<tf.TensorContainer>) => Promise<unknown>,
      number,
    ]
  > = [
    ['fitOneCycle', (model, dataset) => fitOneCycle(model, dataset, {epochs: 2}), 8],
    ['fitFlatCos', (model, dataset) => fitFlatCos(model, dataset, {epochs: 2}), 8],
    ['fitSgdr', (model, dataset) => fitSgdr(model, dataset, {cycles: 2}), 12],
  ];
  for (const [name, fitted, steps] of functions) {
    it(`is trained with as many steps as it has batches, by ${name}`, async () => {
      await fitted(given.model, unknown(given).dataset);
      expect(rates.length).toBe(steps);
    });
  }

  it('is counted only once by fineTune, which trains in two parts', async () => {
    const layers = [tf.layers.dense({units: 2, inputShape: [2]}), tf.layers.dense({units: 1})];
    const two = tinyFit(() => adam(0.1, {params: layers.map(layer => [layer])}), layers);
    const {dataset} = unknown(two);
    const counted: number[] = [];
    await fineTune(two.model, dataset, {
      epochs: 2,
      onCount: batches => {
        counted.push(batches);
      },
    });
    expect(counted).toEqual([1, 2, 3, 4]);
    expect(two.optimizer.iterations).toBe(12);
    expect(layerGroups(two.model).length).toBe(2);
    two.dispose();
  });

  it('is not counted where stepsPerEpoch is given, which tfjs does not know', async () => {
    const {dataset, begun} = unknown(given);
    const options: object[] = [];
    const fit = given.model.fitDataset.bind(given.model);
    given.model.fitDataset = (data, args) => {
      options.push(args);
      return fit(data, args);
    };
    await fitOneCycle(given.model, dataset, {epochs: 2, stepsPerEpoch: 4});
    expect(rates.length).toBe(8);
    expect(begun.times).toBe(2);
    expect(options.map(each => Object.keys(each).includes('stepsPerEpoch'))).toEqual([false]);
  });

  it('is scheduled in plain fitDataset by callbacks with stepsPerEpoch', async () => {
    const straight = [0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1];
    await given.model.fitDataset(unknown(given).dataset, {
      epochs: 2,
      callbacks: paramScheduler({lr: lin(0.8, 0)}, {stepsPerEpoch: 4}),
    });
    expectClose(rates.splice(0).flat(), straight, 1e-12);
    await given.model.fitDataset(unknown(given).dataset, {
      epochs: 2,
      callbacks: fitCallbacks([paramScheduler({lr: lin(0.8, 0)})], {stepsPerEpoch: 4}),
    });
    expectClose(rates.flat(), straight, 1e-12);
  });

  describe('with a wrong stepsPerEpoch', () => {
    const COUNTED = 'or train with fitOneCycle or another fit function, which count the batches.';
    const rows: ReadonlyArray<
      readonly [what: string, callback: () => tf.CustomCallback, epochs: number, ...messages: string[]]
    > = [
      [
        'that is too large, of a scheduler',
        () => oneCycle({stepsPerEpoch: 41}),
        2,
        `oneCycle: 'stepsPerEpoch' is 41, but the first epoch had 4 batches. Schedules do not reach their end. ` +
          `Give 4, ${COUNTED}`,
      ],
      [
        'that is too small, of a scheduler in a list',
        () => fitCallbacks([paramScheduler({lr: lin(0.8, 0)}, {stepsPerEpoch: 3})]),
        5,
        `paramScheduler: 'stepsPerEpoch' is 3, but the first epoch had 4 batches. Schedules end too early. ` +
          `Give 4, ${COUNTED}`,
      ],
      [
        'that is too large, of a list',
        () => fitCallbacks([oneCycle()], {stepsPerEpoch: 40}),
        1,
        `fitCallbacks: 'stepsPerEpoch' is 40, but the first epoch had 4 batches. Schedules do not reach their end. ` +
          `Give 4, ${COUNTED}`,
      ],
      [
        'by which the schedule is over before the first epoch',
        () => oneCycle({stepsPerEpoch: 1}),
        2,
        "oneCycle: 'stepsPerEpoch' is 1, but the first epoch has more than 2 batches. Schedules are over. The end of " +
          'the epoch will tell the number to give. For a dataset that never ends, give fitDataset ' +
          '`batchesPerEpoch` instead.',
        `oneCycle: 'stepsPerEpoch' is 1, but the first epoch had 4 batches. Schedules end too early. ` +
          `Give 4, ${COUNTED}`,
      ],
    ];
    for (const [what, callback, epochs, ...messages] of rows)
      it(`warns once of one ${what}`, async () => {
        const warned = spyOn(console, 'warn');
        await given.model.fitDataset(unknown(given).dataset, {epochs, callbacks: callback()});
        expect(warned.calls.allArgs()).toEqual(messages.map(message => [`tfjs-optim: ${message}`]));
        expect(rates.length).toBe(4 * epochs);
      });

    it('says nothing where training was stopped within the epoch, nor where the number is right', async () => {
      const warned = spyOn(console, 'warn');
      const stop = {
        onBatchEnd: () => {
          given.model.stopTraining = true;
        },
      };
      const {dataset} = unknown(given);
      await given.model.fitDataset(dataset, {
        epochs: 2,
        callbacks: fitCallbacks([oneCycle(), stop], {stepsPerEpoch: 5}),
      });
      await given.model.fitDataset(dataset, {epochs: 2, callbacks: fitCallbacks([oneCycle()], {stepsPerEpoch: 4})});
      await fitOneCycle(given.model, dataset, {epochs: 2, stepsPerEpoch: 4});
      expect(warned).not.toHaveBeenCalled();
    });

    it('throws where fit knows the number, and takes the right one', async () => {
      const known = (await samples(given.x, given.y)).batch(2);
      const wrong = () => fitCallbacks([oneCycle()], {stepsPerEpoch: 5});
      const message = "fitCallbacks: 'stepsPerEpoch' must be 4 in this fit, or be left out; got 5.";
      await expectAsync(given.model.fitDataset(known, {epochs: 1, callbacks: wrong()})).toBeRejectedWithError(message);
      await expectAsync(given.model.fit(given.x, given.y, {batchSize: 2, callbacks: wrong()})).toBeRejectedWithError(
        message,
      );
      expect(optimizer.iterations).toBe(0);
      const right = fitCallbacks([oneCycle()], {stepsPerEpoch: 4});
      await given.model.fit(given.x, given.y, {batchSize: 2, callbacks: right});
      expect(optimizer.iterations).toBe(4);
    });
  });

  it('is not counted by lrFind', async () => {
    const progress: string[] = [];
    const found = await lrFind(given.model, unknown(given).dataset, {
      numIt: 10,
      stopDiv: false,
      batchesPerEpoch: 4,
      onProgress: ({step, steps}) => {
        progress.push(`${step}/${steps}`);
      },
    });
    expect(found.lrs.length).toBe(10);
    expect(progress.at(-1)).toBe('10/10');
  });

  it('is not counted further after an abort', async () => {
    const controller = new AbortController();
    const onCount = (batches: number) => {
      if (batches === 2) controller.abort(new Error('enough'));
    };
    await leakless(async () => {
      await expectAsync(
        fitOneCycle(given.model, unknown(given).dataset, {signal: controller.signal, onCount}),
      ).toBeRejectedWithError('enough');
    });
    expect(optimizer.iterations).toBe(0);
  });

  const endlessly = function* ({x, y}: Given) {
    for (let i = 0; ; i = (i + 2) % 8) yield {xs: x.slice(i, 2), ys: y.slice(i, 2)};
  };
  const endless = (): tf.data.Dataset<tf.TensorContainer> => tf.data.generator(() => endlessly(given));

  const REPEATED =
    'For a dataset that never ends, such as one made by `.repeat()`, give `batchesPerEpoch`, the number of ' +
    'batches that make an epoch.';
  const ONCE =
    'With `batchesPerEpoch`, TensorFlow.js begins the dataset once for all epochs. Repeat it by `.repeat()`, or ' +
    'leave `batchesPerEpoch` out: then each epoch begins it anew.';
  const AGAIN =
    'It can be begun only once, but each epoch begins it anew. Give `tf.data.generator` a function that makes a ' +
    'new iterator each time.';

  interface Wrong {
    readonly what: string;
    readonly run: () => Promise<unknown>;
    readonly message: string;
    /** How many steps are made before the error. */
    readonly steps?: number;
  }

  const wrong: readonly Wrong[] = [
    {
      what: 'plain fitDataset with a scheduler without stepsPerEpoch',
      run: () => given.model.fitDataset(unknown(given).dataset, {epochs: 2, callbacks: oneCycle()}),
      message:
        'The dataset does not know how many batches it has, so a schedule cannot know the number of steps. ' +
        'Give the number to the callback, as in oneCycle({stepsPerEpoch: 100}), or train with fitOneCycle or another ' +
        'fit function of tfjs-optim: these count the batches. (`batchesPerEpoch` of fitDataset is for a dataset that ' +
        'is repeated by `.repeat()`: with it, TensorFlow.js begins the dataset once for all epochs.)',
    },
    {
      what: 'a dataset that can be started only once',
      run: () => fitOneCycle(given.model, onlyOnce(given), {epochs: 2}),
      message:
        'The dataset does not know how many batches it has, and gave nothing more after its 4 batches were ' +
        `counted. ${AGAIN} For a single epoch, give ` +
        '`stepsPerEpoch`, the number of its batches: then they are not counted.',
    },
    {
      what: 'several epochs of one that can be started only once',
      run: () => fitOneCycle(given.model, onlyOnce(given), {epochs: 3, stepsPerEpoch: 4}),
      message: `The dataset gave no batches in epoch 1; training was stopped. ${AGAIN}`,
      steps: 4,
    },
    {
      what: 'one that may never end',
      run: () => fitOneCycle(given.model, endless(), {epochs: 2}),
      message:
        'The dataset does not know how many batches it has, and counting stopped after 10000. Give ' +
        `\`stepsPerEpoch\`, the number of its batches. ${REPEATED}`,
    },
    {
      what: 'one that ends before stepsPerEpoch',
      run: () => fitOneCycle(given.model, onlyOnce(given), {epochs: 2, stepsPerEpoch: 40}),
      message:
        "'stepsPerEpoch' is 40, but the dataset had 4 batches in epoch 0; training was stopped. Give the number of " +
        'batches that the dataset has, or leave it out.',
      steps: 4,
    },
    {
      what: 'one that goes on after stepsPerEpoch',
      run: () => fitOneCycle(given.model, endless(), {epochs: 2, stepsPerEpoch: 3}),
      message:
        `'stepsPerEpoch' is 3, but the dataset has more batches; training was stopped. Give the number of ` +
        `batches that the dataset has. ${REPEATED}`,
      steps: 4,
    },
    {
      what: 'one that never ends',
      run: async () =>
        fitOneCycle(given.model, (await samples(given.x, given.y)).batch(2).repeat(), {epochs: 2, stepsPerEpoch: 4}),
      message: `The dataset never ends. ${REPEATED}`,
    },
    {
      what: 'batchesPerEpoch of one that is too short',
      run: async () =>
        fitOneCycle(given.model, (await samples(given.x, given.y)).batch(2), {epochs: 2, batchesPerEpoch: 4}),
      message: `The dataset has 4 batches, but all epochs together need 8. ${ONCE}`,
    },
    {
      what: 'batchesPerEpoch of one that turns out too short',
      run: () => fitOneCycle(given.model, unknown(given).dataset, {epochs: 2, batchesPerEpoch: 3}),
      message: `The dataset ended after 1 of the 3 batches of epoch 1; training was stopped. ${ONCE}`,
      steps: 4,
    },
    {
      what: 'both',
      run: () => fitOneCycle(given.model, unknown(given).dataset, {batchesPerEpoch: 3, stepsPerEpoch: 3}),
      message:
        'Both `stepsPerEpoch` and `batchesPerEpoch` were given. Give only one: `stepsPerEpoch` where the dataset ' +
        'begins anew in each epoch, `batchesPerEpoch` where it goes on over all epochs.',
    },
    {
      what: 'a number that differs from that of the dataset',
      run: async () => fitOneCycle(given.model, (await samples(given.x, given.y)).batch(2), {stepsPerEpoch: 5}),
      message: "'stepsPerEpoch' is 5, but the dataset has 4 batches. Leave it out.",
    },
    {
      what: 'a number that differs from that of fit',
      run: () => given.model.fit(given.x, given.y, {batchSize: 2, callbacks: oneCycle({stepsPerEpoch: 5})}),
      message: "oneCycle: 'stepsPerEpoch' must be 4 in this fit, or be left out; got 5.",
    },
    {
      what: 'an empty dataset',
      run: () =>
        fitOneCycle(
          given.model,
          tf.data.generator(function* (): Generator<tf.TensorContainer> {
            yield* [];
          }),
        ),
      message: 'The dataset has no batches. Give one with at least one batch.',
    },
    {
      what: 'half a step',
      run: () => fitOneCycle(given.model, unknown(given).dataset, {stepsPerEpoch: 0.5}),
      message: "'stepsPerEpoch' must be a whole number from 1; got 0.5.",
    },
  ];
  for (const {what, run, message, steps = 0} of wrong) {
    it(`refuses ${what}`, async () => {
      const warned = spyOn(console, 'warn');
      await expectAsync(run()).toBeRejectedWithError(message);
      expect(optimizer.iterations).toBe(steps);
      expect(optimizer.learningRate).toBe(0.5);
      expect(
        warned.calls
          .allArgs()
          .flat()
          .filter(text => !String(text).startsWith('You provided `batchesPerEpoch`')),
      ).toEqual([]);
    });
  }

  it('trains with batchesPerEpoch where it is repeated', async () => {
    const history = await fitOneCycle(given.model, unknown(given).dataset.repeat(), {epochs: 3, batchesPerEpoch: 3});
    expect(history.history['loss']?.length).toBe(3);
    expect(rates.length).toBe(9);
  });

  it('trains for one epoch where it can be started only once and its length is given', async () => {
    await fitOneCycle(given.model, onlyOnce(given), {epochs: 1, stepsPerEpoch: 4});
    expect(rates.length).toBe(4);
  });
});
