import {
  adam,
  bnFreeze,
  cos,
  evaluateAverages,
  fineTune,
  fitOneCycle,
  fitSgdr,
  flatCos,
  type KeepOption,
  layerConstraints,
  lin,
  oneCycle,
  type Optimizer,
  paramScheduler,
  record,
  reduceLROnPlateau,
  sgd,
  sgdr,
  type TrainOptions,
  warmupCos,
} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {recordSteps, samples, tinyFit} from './support/model';

type Given = Pick<ReturnType<typeof tinyFit>, 'model' | 'x' | 'y'>;

/** Endless batches of two samples, in a dataset of unknown length. */
function endless({x, y}: Given): tf.data.Dataset<tf.TensorContainer> {
  return tf.data.generator(function* () {
    for (let i = 0; ; i = (i + 2) % 8) yield {xs: x.slice(i, 2), ys: y.slice(i, 2)};
  });
}

const fits: ReadonlyArray<{
  readonly name: string;
  readonly run: (given: Given, callbacks: tf.CustomCallback[]) => Promise<tf.History>;
}> = [
  {name: 'fit', run: ({model, x, y}, callbacks) => model.fit(x, y, {epochs: 2, batchSize: 2, callbacks})},
  {
    name: 'fit with a part for validation',
    run: ({model, x, y}, callbacks) => model.fit(x, y, {epochs: 2, batchSize: 1, validationSplit: 0.5, callbacks}),
  },
  {
    name: 'fitDataset',
    run: async ({model, x, y}, callbacks) => model.fitDataset((await samples(x, y)).batch(2), {epochs: 2, callbacks}),
  },
  {
    name: 'fitDataset without an end',
    run: (given, callbacks) => given.model.fitDataset(endless(given), {epochs: 2, batchesPerEpoch: 4, callbacks}),
  },
];

describeBackends(
  'a scheduler',
  () => {
    for (const {name, run} of fits) {
      it(`spreads over the true number of steps of ${name}`, async () => {
        const optimizer = sgd(0.5);
        const given = tinyFit(optimizer);
        const steps = recordSteps(optimizer);
        await run(given, [paramScheduler({lr: lin(0.8, 0)})]);
        expectClose(steps.flat(), [0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1], 1e-12);
        expect(optimizer.learningRate).toBe(0.5);
        given.dispose();
      });
    }
  },
  ['cpu', 'webgl', 'wasm'],
);

describe('A scheduler', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('says that an optimizer of tf.train must be wrapped', async () => {
    const given = tinyFit(tf.train.sgd(0.1));
    const {model, x, y} = given;
    const fits: ReadonlyArray<() => Promise<unknown>> = [
      () => model.fit(x, y, {callbacks: oneCycle()}),
      () => fitOneCycle(model, x, y),
      () => fineTune(model, x, y),
    ];
    for (const fitted of fits) {
      await expectAsync(fitted()).toBeRejectedWithError(/wrap it.*new OptimWrapper/);
    }
    for (const make of [
      oneCycle,
      flatCos,
      sgdr,
      warmupCos,
      reduceLROnPlateau,
      record,
      layerConstraints,
      evaluateAverages,
      bnFreeze,
    ]) {
      await expectAsync(model.fit(x, y, {callbacks: make()}))
        .withContext(make.name)
        .toBeRejectedWithError(/wrap it.*new OptimWrapper/);
    }
    given.dispose();
  });

  it('restores the hypers where a dataset throws', async () => {
    const optimizer = adam(0.5);
    const given = tinyFit(optimizer);
    const broken = tf.data.generator(function* () {
      yield {xs: given.x.slice(0, 2), ys: given.y.slice(0, 2)};
      throw new Error('the connection is lost');
    });
    await expectAsync(fitOneCycle(given.model, broken, {epochs: 2, batchesPerEpoch: 4})).toBeRejectedWithError(
      /the connection is lost/,
    );
    expect(optimizer.iterations).toBe(1);
    expect(optimizer.hypers[0]).toEqual(jasmine.objectContaining({lr: 0.5, mom: 0.9}));
    expect(optimizer.schedule).toBeUndefined();
    given.dispose();
  });

  const endings: ReadonlyArray<{
    readonly name: string;
    readonly end: (model: tf.Sequential) => void;
    readonly error?: RegExp;
  }> = [
    {
      name: 'is stopped',
      end: model => {
        model.stopTraining = true;
      },
    },
    {
      name: 'throws',
      end: () => {
        throw new Error('out of data');
      },
      error: /out of data/,
    },
  ];
  for (const {name, end, error} of endings) {
    it(`restores the hypers where training ${name}`, async () => {
      const optimizer = adam(0.5);
      const given = tinyFit(optimizer);
      const {model, x, y} = given;
      const moved: number[] = [];
      const fitted = fitOneCycle(model, x, y, {
        epochs: 2,
        batchSize: 2,
        callbacks: {
          onBatchEnd: () => {
            moved.push(optimizer.learningRate);
            if (moved.length === 3) end(model);
          },
        },
      });
      if (error !== undefined) await expectAsync(fitted).toBeRejectedWithError(error);
      else await fitted;
      expect(moved.length).toBe(3);
      expect(moved[0]).toBeCloseTo(0.02, 9);
      expect(optimizer.hypers[0]).toEqual(jasmine.objectContaining({lr: 0.5, mom: 0.9}));
      expect(optimizer.schedule).toBeUndefined();
      await model.fit(x, y);
      expect(optimizer.learningRate).toBe(0.5);
      given.dispose();
    });
  }

  it('restores them where the optimizer throws in a step', async () => {
    const optimizer = sgd(0.5);
    const given = tinyFit(optimizer);
    const apply = optimizer.applyGradients.bind(optimizer);
    let steps = 0;
    optimizer.applyGradients = gradients => {
      if (++steps === 3) throw new Error('lost the device');
      apply(gradients);
    };
    await expectAsync(given.model.fit(given.x, given.y, {batchSize: 2, callbacks: oneCycle()})).toBeRejectedWithError(
      /lost the device/,
    );
    expect(optimizer.learningRate).toBe(0.5);
    expect(optimizer.schedule).toBeUndefined();
    given.dispose();
  });

  it('keeps the hypers with keep: true, and can be used again', async () => {
    const optimizer = sgd(0.5);
    const given = tinyFit(optimizer);
    const options: KeepOption = {keep: true};
    const callback = paramScheduler({lr: cos(0.4, 0.2)}, options);
    const steps = recordSteps(optimizer);
    await given.model.fit(given.x, given.y, {batchSize: 4, callbacks: callback});
    expect(optimizer.learningRate).toBeCloseTo(0.3, 9);
    await given.model.fit(given.x, given.y, {batchSize: 4, callbacks: callback});
    expectClose(steps.flat(), [0.4, 0.3, 0.4, 0.3], 1e-12);
    given.dispose();
  });

  it('works with schedulers that move other hypers', async () => {
    const optimizer = sgd(0.5, {wd: 0.1});
    const given = tinyFit(optimizer);
    const steps = recordSteps(optimizer, 'wd');
    await given.model.fit(given.x, given.y, {
      batchSize: 4,
      callbacks: [warmupCos(), paramScheduler({wd: lin(0.4, 0)})],
    });
    expectClose(steps.flat(), [0.4, 0.2], 1e-12);
    expect(optimizer.hypers[0]).toEqual(jasmine.objectContaining({lr: 0.5, wd: 0.1}));
    given.dispose();
  });

  it('works with the data and arguments of fit, a signal and onProgress', async () => {
    const optimizer = sgd(0.5);
    const given = tinyFit(optimizer);
    const {model, x, y} = given;
    const controller = new AbortController();
    const progress: string[] = [];
    const {history} = await fitOneCycle(model, x, y, {
      epochs: 2,
      batchSize: 4,
      validationSplit: 0.5,
      signal: controller.signal,
      onProgress: ({epoch, step, steps}) => {
        progress.push(`${epoch}: ${step}/${steps}`);
      },
    });
    expect(Object.keys(history)).toEqual(['val_loss', 'loss']);
    expect(progress).toEqual(['0: 1/2', '1: 2/2']);
    const known = await fitOneCycle(model, endless(given), {epochs: 1, batchesPerEpoch: 4, validationData: [x, y]});
    expect(Object.keys(known.history)).toEqual(['val_loss', 'loss']);
    const abort: TrainOptions = {
      signal: controller.signal,
      onProgress: ({step}) => {
        if (step === 2) controller.abort(new Error('enough'));
      },
    };
    const before = optimizer.iterations;
    await expectAsync(fitOneCycle(model, x, y, {epochs: 5, batchSize: 2, ...abort})).toBeRejectedWithError(/enough/);
    expect(optimizer.iterations).toBe(before + 2);
    expect(optimizer.learningRate).toBe(0.5);
    await expectAsync(fitOneCycle(model, x, y, abort)).toBeRejectedWithError(/enough/);
    expect(optimizer.iterations)
      .withContext('aborted before it began')
      .toBe(before + 2);
    given.dispose();
  });

  it('leaves no tensors behind', async () => {
    const given = tinyFit(adam(0.5));
    const {model, x, y} = given;
    await fitOneCycle(model, x, y);
    await leakless(() => fitOneCycle(model, x, y, {epochs: 2}));
    given.dispose();
  });

  const wrong: ReadonlyArray<{
    readonly what: string;
    readonly run: (given: Given) => Promise<unknown>;
    readonly message: RegExp;
  }> = [
    {
      what: 'one group to fine-tune',
      run: ({model, x, y}) => fineTune(model, x, y),
      message: /needs at least two groups; it has one\..*layerGroups/,
    },
    {
      what: 'no rate',
      run: ({model, x, y}) => fitOneCycle(model, x, y, {lrMax: -1}),
      message: /'lr' must be a number from 0/,
    },
    {
      what: 'epochs together with cycles',
      run: ({model, x, y}) => fitSgdr(model, x, y, {epochs: 3}),
      message: /no argument 'epochs' \(got 3\).*set `cycles` and `cycleLen`/,
    },
    {
      what: 'parts of epochs',
      run: ({model, x, y}) => fitSgdr(model, x, y, {cycleMult: 1.5}),
      message: /must be a whole number of epochs; with cycleLen 1 and cycleMult 1\.5 they are /,
    },
    {
      what: 'an unknown hyper',
      run: ({model, x, y}) => model.fit(x, y, {callbacks: paramScheduler({rate: lin(1, 0)})}),
      message: /hyper 'rate'.*'rate' is 'lr'/,
    },
  ];
  for (const {what, run, message} of wrong) {
    it(`refuses ${what} and changes nothing`, async () => {
      const optimizer: Optimizer = sgd(0.5);
      const given = tinyFit(optimizer);
      const before = given.model.getWeights().map(weight => weight.dataSync());
      await expectAsync(run(given)).toBeRejectedWithError(message);
      expect(given.model.getWeights().map(weight => weight.dataSync())).toEqual(before);
      expect(optimizer.learningRate).toBe(0.5);
      expect(optimizer.schedule).toBeUndefined();
      given.dispose();
    });
  }
});

describe('reduceLROnPlateau', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const cases: ReadonlyArray<{
    readonly name: string;
    readonly options: Parameters<typeof reduceLROnPlateau>[0];
    readonly losses: number[];
    readonly rates: number[];
  }> = [
    {
      name: 'reduces after each wait',
      options: {patience: 2, factor: 0.5},
      losses: [3, 3, 3, 3, 3],
      rates: [1, 1, 0.5, 0.5, 0.25],
    },
    {
      name: 'waits again after better losses',
      options: {patience: 2, factor: 0.5},
      losses: [3, 3, 2, 2, 2],
      rates: [1, 1, 1, 1, 0.5],
    },
    {
      name: 'counts an improvement below minDelta as none',
      options: {patience: 1, factor: 0.5, minDelta: 0.5},
      losses: [3, 2.8, 2.2],
      rates: [1, 0.5, 0.5],
    },
    {
      name: 'rests',
      options: {patience: 1, factor: 0.5, cooldown: 2},
      losses: [3, 3, 3, 3, 3],
      rates: [1, 0.5, 0.5, 0.5, 0.25],
    },
    {
      name: 'stops at minLr',
      options: {patience: 1, factor: 0.1, minLr: 0.05},
      losses: [3, 3, 3],
      rates: [1, 0.1, 0.05],
    },
    {
      name: 'does not raise a rate to minLr',
      options: {patience: 1, factor: 0.1, minLr: 2},
      losses: [3, 3],
      rates: [1, 1],
    },
    {
      name: 'waits for a higher accuracy',
      options: {patience: 1, factor: 0.5, mode: 'max'},
      losses: [1, 2, 2],
      rates: [1, 1, 0.5],
    },
  ];
  for (const {name, options, losses, rates} of cases) {
    it(name, async () => {
      spyOn(console, 'warn');
      const optimizer = sgd(1);
      const given = tinyFit(optimizer);
      const seen: number[] = [];
      const plateau = reduceLROnPlateau({mode: 'min', ...options, monitor: 'given'});
      await fitWithLogs(given, losses, plateau, () => {
        seen.push(optimizer.learningRate);
      });
      expectClose(seen, rates, 1e-12);
      expect(optimizer.learningRate).toBe(1);
      given.dispose();
    });
  }

  it('names the logged values where its own is missing', async () => {
    spyOn(console, 'warn');
    const given = tinyFit(sgd(1));
    await expectAsync(given.model.fit(given.x, given.y, {callbacks: reduceLROnPlateau()})).toBeRejectedWithError(
      /watches 'val_loss', which was not logged. Logged: loss/,
    );
    expect(() => reduceLROnPlateau({factor: 2})).toThrowError(/below 1/);
    given.dispose();
  });
});

/** Trains for as many epochs as there are losses, each logged as `given`. */
async function fitWithLogs(
  {model, x, y}: Given,
  losses: readonly number[],
  callback: tf.CustomCallback,
  after: () => void,
): Promise<void> {
  const log = new tf.CustomCallback({
    onEpochEnd: (epoch, logs) => {
      if (logs !== undefined) logs['given'] = present(losses[epoch]);
    },
  });
  await model.fit(x, y, {
    epochs: losses.length,
    callbacks: [log, callback, new tf.CustomCallback({onEpochEnd: after})],
  });
}
