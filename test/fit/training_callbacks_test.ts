import {
  adam,
  applyConstraints,
  checkpoint,
  type CheckpointOptions,
  ema,
  evaluateAverages,
  fitCallbacks,
  fitOneCycle,
  layerConstraints,
  layerGroups,
  oneCycle,
  optimizerOf,
  record,
  restoreBestWeights,
  sgd,
  terminateOnNaN,
} from '../../src';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {replaceMethod} from '../support/replace_method';
import {tf} from '../support/tfjs';
import {samples, tinyFit} from './support/model';

const weightsOf = (model: tf.LayersModel) => model.getWeights().map(weight => [...weight.dataSync()]);

/** The model that tfjs trains for a `Sequential`, and that callbacks get. */
function innerOf(model: tf.Sequential): tf.LayersModel {
  const inner: unknown = Reflect.get(model, 'model');
  if (inner instanceof tf.LayersModel) return inner;
  throw new Error('A compiled Sequential has a model inside.');
}

describe('record', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('puts hypers, losses and norms of each batch into the History, and leaks nothing', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.5, {mom: 0.9}));
    const run = () =>
      fitOneCycle(model, x, y, {
        epochs: 2,
        batchSize: 4,
        callbacks: [record({hypers: ['lr', 'mom'], gradNorm: true, updateNorm: true})],
      });
    await run();
    const {history} = await leakless(run);
    expect(
      Object.entries(history)
        .map(([name, values]) => `${name} ${values.length}`)
        .sort(),
    ).toEqual(['batch_loss 4', 'grad_norm 4', 'loss 2', 'lr 4', 'mom 4', 'update_norm 4']);
    expect(
      Object.values(history)
        .flat()
        .every(value => typeof value === 'number' && Number.isFinite(value)),
    ).toBeTrue();
    expect(Number(history['lr']?.[0])).toBeCloseTo(0.02, 9);
    dispose();
  });

  it('records what the step did', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.5));
    const before = weightsOf(model).flat();
    const {history} = await model.fit(x, y, {batchSize: 8, callbacks: record({gradNorm: true, updateNorm: true})});
    const moved = Math.hypot(
      ...weightsOf(model)
        .flat()
        .map((value, i) => value - present(before[i])),
    );
    expectClose(Number(history['update_norm']?.[0]), moved, 1e-6);
    expectClose(Number(history['grad_norm']?.[0]) * 0.5, moved, 1e-6);
    dispose();
  });

  it('refuses a model whose History is not there when training ends, and frees its tensors', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.5));
    await model.fit(x, y);
    const hide = {
      onTrainEnd: () => {
        Object.defineProperty(innerOf(model), 'history', {value: undefined, configurable: true, writable: true});
      },
    };
    /** How many tensors remain. TensorFlow.js leaves its own losses where a callback throws. */
    const left = async (callbacks: tf.CustomCallback, message: RegExp) => {
      const before = tf.memory().numTensors;
      await expectAsync(model.fit(x, y, {callbacks})).toBeRejectedWithError(message);
      return tf.memory().numTensors - before;
    };
    const broken = {
      onTrainEnd: () => {
        throw new Error('broken');
      },
    };
    const expected = await left(fitCallbacks([broken]), /^broken$/);
    expect(
      await left(
        fitCallbacks([hide, record({gradNorm: true})]),
        /^The model has no History: tfjs-optim does not know this version of tfjs-layers\./,
      ),
    ).toBe(expected);
    dispose();
  });

  it('leaves isTraining of the model as it is', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.5));
    const seen: unknown[] = [];
    const watch = {
      onBatchEnd: () => {
        seen.push(Reflect.get(innerOf(model), 'isTraining'));
      },
    };
    await model.fit(x, y, {batchSize: 4, callbacks: fitCallbacks([record({gradNorm: true}), watch])});
    expect(seen).toEqual([true, true]);
    expect(Reflect.get(innerOf(model), 'isTraining')).toBeFalse();
    dispose();
  });

  it('records norms of gradients whose squares overflow', async () => {
    // The weights start at zero: with large predictions, their product with the inputs would overflow.
    const {model, x, y, dispose} = tinyFit(sgd(0.5), [
      tf.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'zeros'}),
    ]);
    const large = tf.tidy(() => tf.add(tf.mul(x, 1e20), 1e20));
    const {history} = await model.fit(large, y, {
      batchSize: 8,
      epochs: 1,
      callbacks: record({gradNorm: true, updateNorm: true}),
    });
    const [norm, moved] = [Number(history['grad_norm']?.[0]), Number(history['update_norm']?.[0])];
    expect(norm).toBeGreaterThan(2e19);
    expect(Number.isFinite(norm)).toBeTrue();
    expect(Math.abs(moved / norm - 0.5)).toBeLessThan(1e-5);
    large.dispose();
    dispose();
  });

  it('names the groups, refuses unknown hypers, and frees its tensors where training throws', async () => {
    const layers = [tf.layers.dense({units: 2, inputShape: [2], name: 'a'}), tf.layers.dense({units: 1, name: 'b'})];
    const {model, x, y, dispose} = tinyFit(given => adam([0.1, 0.2], {params: given.map(layer => [layer])}), layers);
    const {history} = await model.fit(x, y, {callbacks: record({hypers: ['lr']})});
    expect([history['lr_0'], history['lr_1']]).toEqual([[0.1], [0.2]]);
    await expectAsync(model.fit(x, y, {callbacks: record({hypers: ['rate']})})).toBeRejectedWithError(
      /no hyper 'rate'; it has/,
    );
    const fail = {
      onBatchBegin: (batch: number) => {
        if (batch === 1) throw new Error('out of data');
      },
    };
    // tfjs itself leaves tensors then.
    const leaked = async (callbacks: Parameters<typeof fitCallbacks>[0]) => {
      const before = tf.memory().numTensors;
      await expectAsync(model.fit(x, y, {batchSize: 4, callbacks: fitCallbacks(callbacks)})).toBeRejected();
      return tf.memory().numTensors - before;
    };
    expect(await leaked([record({gradNorm: true}), fail])).toBe(await leaked([fail]));
    dispose();
  });

  it('leaves no tensor where two of it record the same values', async () => {
    const {model, x, y, dispose} = tinyFit(adam(0.1));
    await model.fit(x, y, {batchSize: 4});
    const before = tf.memory().numTensors;
    const both = fitCallbacks([record({hypers: ['lr']}), record({gradNorm: true, hypers: false})]);
    const {history} = await model.fit(x, y, {batchSize: 4, callbacks: both});
    expect(Object.values(history).map(values => values.length)).toEqual([1, 2, 2, 2]);
    expect(tf.memory().numTensors).toBe(before);
    dispose();
  });
});

describe('layerConstraints', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const constrained = () => [
    tf.layers.dense({units: 1, inputShape: [2], kernelConstraint: tf.constraints.nonNeg(), useBias: false}),
  ];

  it('holds after each step, and for validation', async () => {
    const {model, x, dispose} = tinyFit(sgd(1), constrained());
    const y = x.sum(1, true).mul(-1);
    await model.fit(x, y, {epochs: 2});
    expect(Math.min(...weightsOf(model).flat())).toBeLessThan(0);
    await leakless(() => model.fit(x, y, {epochs: 2, callbacks: layerConstraints()}));
    expect(Math.min(...weightsOf(model).flat())).toBeGreaterThanOrEqual(0);
    y.dispose();
    dispose();
  });

  it('can be applied in your own loop', () => {
    const {model, dispose} = tinyFit(sgd(1), constrained());
    for (const weight of model.weights) {
      const variable = weight.read();
      if (variable instanceof tf.Variable) variable.assign(tf.tensor2d([-1, 2], [2, 1]));
    }
    applyConstraints(model);
    expect(weightsOf(model)).toEqual([[0, 2]]);
    dispose();
  });
});

describe('evaluateAverages', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('lets validation see the averages, in fit and fitDataset, and restores the trained weights', async () => {
    const {model, x, y, dispose} = tinyFit(ema(sgd(0.3), {decay: 0.9}));
    const dataset = (await samples(x, y)).batch(8);
    const runs = [
      () => model.fit(x, y, {batchSize: 8, validationData: [x, y], callbacks: evaluateAverages()}),
      () => model.fitDataset(dataset, {epochs: 1, validationData: dataset, callbacks: evaluateAverages()}),
    ];
    for (const run of runs) {
      const {history} = await run();
      const trained = weightsOf(model);
      const lossNow = async () => {
        const loss = model.evaluate(x, y);
        const [value = NaN] = Array.isArray(loss) ? [] : await loss.data();
        tf.dispose(loss);
        return value;
      };
      const withTrained = await lossNow();
      optimizerOf(model).eval();
      const withAverages = await lossNow();
      optimizerOf(model).train();
      expectClose(Number(history['val_loss']?.[0]), withAverages, 1e-6);
      expect(withAverages).not.toBeCloseTo(withTrained, 6);
      expect(weightsOf(model)).toEqual(trained);
    }
    dispose();
  });

  it('restores the trained weights where validation throws', async () => {
    const {model, x, y, dispose} = tinyFit(ema(sgd(0.3), {decay: 0.9}));
    const optimizer = optimizerOf(model);
    let seen: number[][] = [];
    // An own method, as other libraries replace it: it throws before it makes a Promise.
    const restore = replaceMethod(innerOf(model), 'testLoop', () => () => {
      seen = weightsOf(model);
      throw new Error('validation broke');
    });
    let trained: number[][] = [];
    const apply = optimizer.applyGradients.bind(optimizer);
    optimizer.applyGradients = gradients => {
      apply(gradients);
      trained = weightsOf(model);
    };
    await expectAsync(
      model.fit(x, y, {batchSize: 4, validationData: [x, y], callbacks: evaluateAverages()}),
    ).toBeRejectedWithError('validation broke');
    restore();
    expect(seen).not.toEqual(trained);
    expect(weightsOf(model)).toEqual(trained);
    await optimizer.getWeights();
    dispose();
  });

  it('refuses a model whose methods have other names', async () => {
    const {model, x, y, dispose} = tinyFit(ema(sgd(0.3), {decay: 0.9}));
    Object.defineProperty(innerOf(model), 'testLoop', {value: undefined, configurable: true});
    await expectAsync(model.fit(x, y, {callbacks: evaluateAverages()})).toBeRejectedWithError(
      "The method 'testLoop' is missing. Use a version of tfjs that tfjs-optim supports.",
    );
    expect(optimizerOf(model).iterations).toBe(0);
    dispose();
  });
});

describe('terminateOnNaN', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('stops after the first batch whose loss is NaN or infinite, and warns', async () => {
    const warned = spyOn(console, 'warn');
    const {model, x, y, dispose} = tinyFit(sgd(1e30));
    const {epoch} = await model.fit(x, y, {
      epochs: 50,
      batchSize: 2,
      callbacks: [terminateOnNaN(), oneCycle({lrMax: 1e30})],
    });
    expect(epoch.length).toBeLessThan(50);
    expect(warned).toHaveBeenCalledOnceWith(
      jasmine.stringMatching(/the loss of batch \d is (NaN|Infinity): training stops/),
    );
    expect(optimizerOf(model).learningRate).toBe(1e30);
    dispose();
  });
});

/** Trains for as many epochs as there are losses, each logged as `given`. */
function withLosses(losses: readonly number[]) {
  return {
    onEpochEnd: (epoch: number, logs?: tf.Logs) => {
      if (logs !== undefined) logs['given'] = present(losses[epoch]);
    },
  };
}

describe('restoreBestWeights', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('ends with the weights of the best epoch', async () => {
    spyOn(console, 'warn');
    const {model, x, y, dispose} = tinyFit(sgd(0.1));
    const after: number[][][] = [];
    const keep = {
      onEpochEnd: () => {
        after.push(weightsOf(model));
      },
    };
    await leakless(() =>
      model.fit(x, y, {
        epochs: 4,
        callbacks: fitCallbacks([withLosses([3, 1, 2, 1]), keep, restoreBestWeights({monitor: 'given', mode: 'min'})]),
      }),
    );
    expect(weightsOf(model)).toEqual(present(after[1]));
    expect(weightsOf(model)).not.toEqual(present(after[3]));
    dispose();
  });
});

describe('checkpoint', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('saves after each epoch, each best one, or every n batches', async () => {
    spyOn(console, 'warn');
    const cases: ReadonlyArray<{options: CheckpointOptions; saves: number}> = [
      {options: {}, saves: 4},
      {options: {monitor: 'given', mode: 'min', saveBest: true}, saves: 2},
      {options: {everyBatches: 3}, saves: 6},
    ];
    for (const {options, saves} of cases) {
      const {model, x, y, dispose} = tinyFit(sgd(0.1));
      let saved = 0;
      const to = tf.io.withSaveHandler(() => {
        saved++;
        return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
      });
      await model.fit(x, y, {
        epochs: 4,
        batchSize: 4,
        callbacks: fitCallbacks([withLosses([3, 1, 2, 1]), checkpoint(to, options)]),
      });
      expect(saved).toBe(saves);
      dispose();
    }
    expect(() => checkpoint('indexeddb://x', {everyBatches: 0})).toThrowError(/'everyBatches' must be a whole number/);
    expect(() => checkpoint('indexeddb://x', {everyBatches: 2, saveBest: true})).toThrowError(
      /^checkpoint: 'everyBatches' would overwrite the best model; leave it or 'saveBest' out, or use two checkpoints/,
    );
  });

  it('goes on in the middle of a one-cycle as if it had not been interrupted, with groups and freezing', async () => {
    const made = () =>
      tinyFit(
        layers => adam([0.01, 0.1], {params: layerGroups(tf.sequential({layers}), ['top'])}),
        [
          tf.layers.dense({units: 2, inputShape: [2], name: 'low', kernelInitializer: 'ones'}),
          tf.layers.dense({units: 1, name: 'top', kernelInitializer: 'ones'}),
        ],
      );
    const common = {batchSize: 2, shuffle: false, epochs: 4};
    const whole = made();
    await fitOneCycle(whole.model, whole.x, whole.y, common);
    const half = made();
    let saved: tf.io.ModelArtifacts = {};
    const to = tf.io.withSaveHandler(artifacts => {
      saved = artifacts;
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
    });
    const stop = {
      onEpochEnd: (epoch: number) => {
        if (epoch === 1) half.model.stopTraining = true;
      },
    };
    await fitOneCycle(half.model, half.x, half.y, {...common, callbacks: [checkpoint(to), stop]});
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    expect(optimizerOf(again).schedule?.step).toBe(8);
    await fitOneCycle(again, half.x, half.y, {...common, initialEpoch: 2});
    expect(weightsOf(again)).toEqual(weightsOf(whole.model));
    expect(optimizerOf(again).hypers.map(({lr}) => lr)).toEqual([0.01, 0.1]);
    whole.dispose();
    half.dispose();
    again.dispose();
  });
});
