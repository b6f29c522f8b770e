import {
  adam,
  bnFreeze,
  ema,
  evaluateAverages,
  type FitCallback,
  fitCallbacks,
  fitOneCycle,
  type NormData,
  type Optimizer,
  optimizerOf,
  recomputeBatchNorm,
  record,
  restoreBestWeights,
  scheduleFree,
  sgd,
  swa,
  withAverages,
} from '../../src';
import {bitsOf} from '../support/bits';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {memoryHandler} from '../support/memory_handler';
import {present} from '../support/present';
import {replaceMethod} from '../support/replace_method';
import {disposeModels, expectSame} from '../support/resuming';
import {tf} from '../support/tfjs';
import {samples, tinyFit} from './support/model';

const FIT = {shuffle: false, batchSize: 4, verbose: 0};
const weightsOf = (model: tf.LayersModel) => bitsOf(model.getWeights());

async function lossOf(model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor): Promise<number> {
  const loss = model.evaluate(x, y, {batchSize: 8});
  if (Array.isArray(loss)) throw new Error('A model without metrics has one loss.');
  const [value] = await loss.data();
  loss.dispose();
  return present(value);
}

const KINDS: Readonly<Record<string, () => Optimizer>> = {
  adamW: () => scheduleFree('adamW', 0.3, {warmup: 3, innerMom: 0.5, wd: 0.1}),
  sgd: () => scheduleFree('sgd', 0.3, {wd: 0.1}),
  rAdam: () => scheduleFree('rAdam', 0.5, {sqrMom: 0.9}),
};

describe('scheduleFree in fit', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('warns once where validation does not see the average', async () => {
    const warned = spyOn(console, 'warn');
    const fits = [
      {make: () => scheduleFree('sgd', 0.1), callbacks: [evaluateAverages(), record()], warns: false},
      {make: () => scheduleFree('sgd', 0.1), callbacks: [record(), evaluateAverages()], warns: false},
      {make: () => ema(sgd(0.1)), callbacks: [record()], warns: false},
      {make: () => scheduleFree('sgd', 0.1), callbacks: [record()], warns: true},
      {make: () => scheduleFree('sgd', 0.1), callbacks: [record()], warns: true},
    ];
    for (const {make, callbacks, warns} of fits) {
      const {model, x, y, dispose} = tinyFit(make());
      await model.fit(x, y, {...FIT, epochs: 2, validationData: [x, y], callbacks});
      dispose();
      // TensorFlow.js greets in Node.
      const said = warned.calls.allArgs().flat().map(String);
      expect(said.filter(text => text.startsWith('tfjs-optim:'))).toEqual(
        warns
          ? [
              'tfjs-optim: validation measures the weights at which scheduleFree takes gradients. Their average is ' +
                'better: add evaluateAverages() to the callbacks, and use withAverages to predict and to save.',
            ]
          : [],
      );
    }
  });

  for (const [kind, make] of Object.entries(KINDS)) {
    it(`validates and predicts with x, of ${kind}`, async () => {
      const {model, optimizer, x, y, dispose} = tinyFit(make());
      const run = () => model.fit(x, y, {...FIT, epochs: 5, validationData: [x, y], callbacks: evaluateAverages()});
      await run();
      const {history} = await leakless(run);
      const trained = await weightsOf(model);
      const shown = await withAverages(optimizer, async () => {
        expect(await weightsOf(model)).not.toEqual(trained);
        const entries = optimizer.paramLists.flat().map(variable => optimizer.state.get(variable)['x']);
        expect(await weightsOf(model)).toEqual(await bitsOf(entries.filter(entry => entry instanceof tf.Tensor)));
        return lossOf(model, x, y);
      });
      expectClose(Number(history['val_loss']?.at(-1)), shown, 1e-6);
      expect(await weightsOf(model)).toEqual(trained);
      expect(await lossOf(model, x, y)).not.toBeCloseTo(shown, 6);
      dispose();
    });

    it(`is saved with x for inference, and goes on with y bit for bit, of ${kind}`, async () => {
      const {model, optimizer, x, y, dispose} = tinyFit(make());
      await model.fit(x, y, {...FIT, epochs: 4});
      const [forInference, whole] = [memoryHandler(), memoryHandler()];
      const shown = await withAverages(optimizer, async () => {
        await model.save(forInference);
        return weightsOf(model);
      });
      await model.save(whole, {includeOptimizer: true});
      const [inferring, loaded] = [await tf.loadLayersModel(forInference), await tf.loadLayersModel(whole)];
      expect(await weightsOf(inferring)).toEqual(shown);
      expect(await weightsOf(loaded)).toEqual(await weightsOf(model));
      for (const one of [model, loaded]) await one.fit(x, y, {...FIT, epochs: 2});
      await expectSame(loaded, model);
      inferring.dispose();
      disposeModels(loaded);
      dispose();
    });
  }

  for (const order of ['before', 'after']) {
    it(`restoreBestWeights restores what validation saw, ${order} evaluateAverages`, async () => {
      const {model, optimizer, x, y, dispose} = tinyFit(scheduleFree('sgd', 1.5));
      const callbacks = [evaluateAverages(), restoreBestWeights({monitor: 'given', mode: 'min'})];
      if (order === 'before') callbacks.reverse();
      const losses: number[] = [];
      const {history} = await model.fit(x, y, {
        ...FIT,
        epochs: 4,
        validationData: [x, y],
        callbacks: fitCallbacks([
          {
            onEpochEnd: (epoch, logs) => {
              losses.push(Number(present(logs)['val_loss']));
              present(logs)['given'] = epoch === 1 ? 0 : 1;
            },
          },
          ...callbacks,
        ]),
      });
      expect(present(history['val_loss']).length).toBe(4);
      const shown = await withAverages(optimizer, () => lossOf(model, x, y));
      expectClose(shown, Number(history['val_loss']?.[1]), 1e-6);
      expect(shown).not.toBeCloseTo(Number(history['val_loss']?.[3]), 6);
      // The variables hold y, so training goes on.
      await model.fit(x, y, FIT);
      dispose();
    });
  }

  it('warns once of one-cycle', async () => {
    const warned = spyOn(console, 'warn');
    const {model, x, y, dispose} = tinyFit(scheduleFree('adamW', 0.1));
    for (let i = 0; i < 2; i++) await fitOneCycle(model, x, y, {...FIT, epochs: 1, lrMax: 0.1});
    expect(warned).toHaveBeenCalledOnceWith(
      'tfjs-optim: oneCycle lowers the learning rate of scheduleFree, which needs a constant one; its averages take ' +
        'the place of a schedule. Train with plain fit and evaluateAverages(), or use another optimizer.',
    );
    dispose();
  });
});

describe('withAverages', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  async function trained() {
    const fit = tinyFit(ema(adam(0.1), {decay: 0.5}));
    await fit.model.fit(fit.x, fit.y, FIT);
    const before = await weightsOf(fit.model);
    const backAgain = async () => {
      expect(await weightsOf(fit.model)).toEqual(before);
    };
    return {...fit, before, backAgain};
  }

  it('shows the averages while a function runs, or its promise, and returns what it returns', async () => {
    const {model, optimizer, backAgain, before, dispose} = await trained();
    await leakless(async () => {
      const shown = withAverages(optimizer, () => model.getWeights().map(weight => [...weight.dataSync()]));
      await backAgain();
      const later = await withAverages(optimizer, async () => {
        await Promise.resolve();
        // The outer one puts the weights back.
        expect(withAverages(optimizer, () => 3)).toBe(3);
        return model.getWeights().map(weight => [...weight.dataSync()]);
      });
      expect(later).toEqual(shown);
      await backAgain();
    });
    optimizer.eval();
    const shown = await weightsOf(model);
    expect(shown).not.toEqual(before);
    withAverages(optimizer, () => undefined);
    expect(await weightsOf(model)).toEqual(shown);
    optimizer.train();
    await backAgain();
    dispose();
  });

  it('shows the averages in each of several calls that overlap, until the last one ends', async () => {
    const {model, optimizer, backAgain, dispose} = await trained();
    await leakless(async () => {
      const shown = withAverages(optimizer, () => model.getWeights().map(weight => [...weight.dataSync()]));
      const afterTicks = async (ticks: number) => {
        for (let i = 0; i < ticks; i++) await Promise.resolve();
        return model.getWeights().map(weight => [...weight.dataSync()]);
      };
      for (const [first, second] of [
        [1, 9],
        [9, 1],
      ] as const) {
        const results = [first, second].map(ticks => withAverages(optimizer, () => afterTicks(ticks)));
        expect(await Promise.all(results)).toEqual([shown, shown]);
        await backAgain();
      }
    });
    dispose();
  });

  it('puts the trained weights back where the function throws, or its promise is rejected', async () => {
    const {model, optimizer, x, y, backAgain, dispose} = await trained();
    await leakless(async () => {
      expect(() =>
        withAverages(optimizer, () => {
          throw new Error('on purpose');
        }),
      ).toThrowError('on purpose');
      await backAgain();
      await expectAsync(
        withAverages(optimizer, async () => {
          await Promise.resolve();
          throw new Error('on purpose, later');
        }),
      ).toBeRejectedWithError('on purpose, later');
      await backAgain();
      expect(() =>
        withAverages(optimizer, () => {
          optimizer.applyGradients({});
        }),
      ).toThrowError(/The variables hold the weights shown by eval\(\)/);
      await backAgain();
    });
    await model.fit(x, y, FIT);
    dispose();
  });

  it('refuses an optimizer without averages, and other arguments', async () => {
    const {optimizer, dispose} = await trained();
    const call = (...given: unknown[]) => {
      const result: unknown = Reflect.apply(withAverages, undefined, given);
      return result;
    };
    const plain = sgd(0.1);
    expect(() => call(plain, () => 1)).toThrowError(
      'withAverages: no callback of this optimizer has averages to show. Wrap it in `ema` or `swa`, or use ' +
        'scheduleFree.',
    );
    expect(() => call(tf.train.sgd(0.1), () => 1)).toThrowError(
      /^withAverages takes an optimizer of tfjs-optim first/,
    );
    expect(() => call(optimizer)).toThrowError(
      'withAverages takes a function second; got undefined. Write withAverages(opt, () => …).',
    );
    plain.dispose();
    dispose();
  });
});

/** A model whose first layer normalizes its inputs, so that the averages are those of the inputs. */
function normalizing(make: (layers: tf.layers.Layer[]) => Optimizer = () => ema(sgd(0.1), {decay: 0.5})) {
  const norm = tf.layers.batchNormalization({inputShape: [2], momentum: 0.9});
  const fit = tinyFit(make, [
    norm,
    tf.layers.dense({units: 1, kernelInitializer: tf.initializers.glorotUniform({seed: 1})}),
  ]);
  return {
    ...fit,
    norm,
    averagesNow: () =>
      norm
        .getWeights()
        .slice(2)
        .flatMap(weight => [...weight.dataSync()]),
  };
}

function symbolic(x: unknown): tf.SymbolicTensor {
  if (x instanceof tf.SymbolicTensor) return x;
  throw new Error('It must be symbolic.');
}

/** The means over batches of each batch's means and variances. */
async function averagesOf(batches: readonly tf.Tensor[]): Promise<number[]> {
  const results = tf.tidy(() => {
    const moments = batches.map(batch => tf.moments(batch, 0));
    const mean = (list: tf.Tensor[]) => tf.stack(list).mean(0);
    return [mean(moments.map(one => one.mean)), mean(moments.map(one => one.variance))];
  });
  const values = await Promise.all(results.map(async result => [...(await result.data())]));
  tf.dispose(results);
  return values.flat();
}

describe('recomputeBatchNorm', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('takes tensors, numbers, lists of batches and datasets', async () => {
    const {model, norm, x, y, averagesNow, dispose} = normalizing();
    await model.fit(x, y, FIT);
    const batches = tf.tidy(() => [0, 3, 6].map((start, i) => x.slice(start, i === 2 ? 2 : 3)));
    const expected = await averagesOf(batches);
    const dataset = await samples(x, y);
    const numbers = x.arraySync();
    const ways: ReadonlyArray<readonly [NormData, number?]> = [
      [x, 3],
      [numbers, 3],
      [[x], 3],
      [batches],
      [batches.map(batch => [batch])],
      [batches.map(batch => ({[present(model.inputNames[0])]: batch}))],
      [dataset.batch(3)],
    ];
    for (const [i, [data, batchSize]] of ways.entries()) {
      await recomputeBatchNorm(model, tf.tensor2d([[5, 6]]));
      await leakless(() => recomputeBatchNorm(model, data, batchSize === undefined ? {} : {batchSize}));
      // A list is a list of batches, which are not cut.
      expectClose(averagesNow(), i === 2 ? await averagesOf([x]) : expected, 1e-6, `way ${i}`);
      expect(norm.getConfig()['momentum']).toBe(0.9);
    }
    tf.dispose(batches);
    dispose();
  });

  it('takes a Sequential that was loaded and not used since', async () => {
    const {model, x, y, averagesNow, dispose} = normalizing();
    await model.fit(x, y, FIT);
    const place = memoryHandler();
    await model.save(place);
    const loaded = await tf.loadLayersModel(place);
    await recomputeBatchNorm(loaded, x);
    await recomputeBatchNorm(model, x);
    expect(await weightsOf(loaded)).toEqual(await weightsOf(model));
    expect(averagesNow().length).toBeGreaterThan(0);
    loaded.dispose();
    dispose();
  });

  it('puts the averages back after `during`, and where something throws', async () => {
    const {model, optimizer, x, y, averagesNow, dispose} = normalizing();
    await model.fit(x, y, FIT);
    const before = averagesNow();
    await leakless(async () => {
      const result = await recomputeBatchNorm(model, x, {
        during: async () => {
          expectClose(averagesNow(), await averagesOf([x]), 1e-6);
          return 'done';
        },
      });
      expect(result).toBe('done');
      expect(averagesNow()).toEqual(before);
      const failing = () => {
        throw new Error('on purpose');
      };
      await expectAsync(recomputeBatchNorm(model, x, {during: failing})).toBeRejectedWithError('on purpose');
      expect(averagesNow()).toEqual(before);
      const wide = tf.ones([4, 3]);
      await expectAsync(recomputeBatchNorm(model, wide)).toBeRejected();
      wide.dispose();
      expect(averagesNow()).toEqual(before);
    });
    // It is a step towards a model for inference.
    const place = memoryHandler();
    await withAverages(optimizer, () => recomputeBatchNorm(model, x, {during: () => model.save(place)}));
    expect(averagesNow()).toEqual(before);
    const loaded = await tf.loadLayersModel(place);
    const saved = loaded.getWeights().slice(-2);
    expectClose(
      saved.flatMap(weight => [...weight.dataSync()]),
      await averagesOf([x]),
      1e-6,
    );
    loaded.dispose();
    dispose();
  });

  it('counts each call of a shared layer, and enters models inside of models', async () => {
    const norm = tf.layers.batchNormalization();
    const inner = tf.sequential({layers: [tf.layers.inputLayer({inputShape: [2]}), norm]});
    const inputs = [tf.input({shape: [2], name: 'left'}), tf.input({shape: [2], name: 'right'})];
    const outputs = inputs.map(input => symbolic(inner.apply(input)));
    const model = tf.model({inputs, outputs: symbolic(tf.layers.add().apply(outputs))});
    const [left, right] = [
      tf.tensor2d([
        [1, 2],
        [3, 6],
      ]),
      tf.tensor2d([
        [0, 1],
        [8, -1],
      ]),
    ];
    for (const data of [[left, right], {right, left}, [{left, right}]])
      await leakless(async () => {
        await recomputeBatchNorm(model, data);
        const now = norm
          .getWeights()
          .slice(2)
          .flatMap(weight => [...weight.dataSync()]);
        expectClose(now, await averagesOf([left, right]), 1e-6);
      });
    await expectAsync(recomputeBatchNorm(model, [[left]])).toBeRejectedWithError(
      /^recomputeBatchNorm: a batch must be one tensor for each of the inputs left, right; got/,
    );
    tf.dispose([left, right]);
    model.dispose();
  });

  it('refuses a dataset without batches and impossible settings', async () => {
    const {model, x, averagesNow, dispose} = normalizing();
    const before = averagesNow();
    await expectAsync(recomputeBatchNorm(model, tf.data.array<tf.TensorContainer>([]))).toBeRejectedWithError(
      'recomputeBatchNorm: the dataset has no batches. Give one with at least one batch.',
    );
    await expectAsync(recomputeBatchNorm(model, x, {batchSize: 0})).toBeRejectedWithError(
      "'batchSize' must be a whole number from 1; got 0.",
    );
    const none = tf.zeros([0, 2]);
    const elements = [x.clone(), none.clone()];
    await leakless(async () => {
      for (const data of [[], none, [none], [x, none], tf.data.array<tf.TensorContainer>(elements)])
        await expectAsync(recomputeBatchNorm(model, data)).toBeRejectedWithError(
          'recomputeBatchNorm: the data, or a batch of them, have no examples. Give at least one.',
        );
    });
    tf.dispose([none, ...elements]);
    const refused: ReadonlyArray<readonly [args: readonly unknown[], message: string]> = [
      [[model, x, {during: 5}], "'during' must be a function; got 5."],
      [[undefined, x], 'recomputeBatchNorm needs a model of tfjs-layers; got undefined.'],
    ];
    for (const [args, message] of refused) {
      const promise: unknown = Reflect.apply(recomputeBatchNorm, undefined, args);
      await expectAsync(Promise.resolve(promise)).toBeRejectedWithError(message);
    }
    expect(averagesNow()).toEqual(before);
    dispose();
  });
});

describe('evaluateAverages with data', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const MAKES: Readonly<Record<string, () => Optimizer>> = {
    ema: () => ema(sgd(0.1), {decay: 0.5}),
    swa: () => swa(sgd(0.1), {start: 2}),
    scheduleFree: () => scheduleFree('sgd', 0.2),
  };
  for (const [name, make] of Object.entries(MAKES)) {
    it(`lets validation see averages of batch normalization that belong to the weights of ${name}`, async () => {
      // The layer after the first one, so that its averages depend on the weights.
      const layers = () => [
        tf.layers.dense({units: 2, inputShape: [2], kernelInitializer: tf.initializers.glorotUniform({seed: 1})}),
        tf.layers.batchNormalization(),
        tf.layers.dense({units: 1, kernelInitializer: tf.initializers.glorotUniform({seed: 2})}),
      ];
      const [one, other] = [tinyFit(make(), layers()), tinyFit(make(), layers())];
      const {model, optimizer, x, y} = one;
      const dataset = (await samples(x, y)).batch(4);
      for (const each of [one, other]) await each.model.fit(each.x, each.y, {...FIT, epochs: 3});
      for (const data of [x, dataset]) {
        await leakless(async () => {
          const {history} = await model.fit(x, y, {
            ...FIT,
            epochs: 3,
            validationData: [x, y],
            callbacks: evaluateAverages({data, batchSize: 4}),
          });
          const shown = await withAverages(optimizer, () =>
            recomputeBatchNorm(model, x, {batchSize: 4, during: () => lossOf(model, x, y)}),
          );
          expectClose(Number(history['val_loss']?.at(-1)), present(shown), 1e-6);
          await other.model.fit(other.x, other.y, {...FIT, epochs: 3});
        });
      }
      expect(await weightsOf(model)).toEqual(await weightsOf(other.model));
      const {history} = await model.fitDataset(dataset, {
        epochs: 1,
        validationData: dataset,
        callbacks: evaluateAverages({data: x, batchSize: 4}),
      });
      expect(Number.isFinite(Number(history['val_loss']?.[0]))).toBeTrue();
      one.dispose();
      other.dispose();
    });
  }

  it('leaves the averages of frozen layers with bnFreeze', async () => {
    const {model, optimizer, x, y, averagesNow, dispose} = normalizing(layers =>
      ema(sgd(0.1, {params: layers.map(layer => [layer]), trainBn: false}), {decay: 0.5}),
    );
    optimizer.freeze();
    const before = averagesNow();
    const {history} = await model.fit(x, y, {
      ...FIT,
      validationData: [x, y],
      callbacks: fitCallbacks([bnFreeze(), evaluateAverages({data: x})]),
    });
    expect(averagesNow()).toEqual(before);
    const shown = await withAverages(optimizerOf(model), () => lossOf(model, x, y));
    expectClose(Number(history['val_loss']?.[0]), shown, 1e-6);
    dispose();
  });

  it('puts everything back where validation throws', async () => {
    const {model, optimizer, x, y, averagesNow, dispose} = normalizing();
    const wrong = tf.ones([8, 3]);
    await model.fit(x, y, FIT);
    // tfjs itself loses tensors of the step where validation throws.
    const lost = async (callbacks: FitCallback) => {
      const {numTensors} = tf.memory();
      await expectAsync(model.fit(x, y, {...FIT, validationData: [x, y], callbacks})).toBeRejected();
      return tf.memory().numTensors - numTensors;
    };
    const inside: unknown = Reflect.get(model, 'model');
    if (!(inside instanceof tf.LayersModel)) throw new Error('A compiled Sequential has a model inside.');
    const restore = replaceMethod(inside, 'testLoop', () => () => {
      throw new Error('on purpose');
    });
    const byTfjs = await lost(evaluateAverages());
    restore();
    expect(await lost(evaluateAverages({data: wrong}))).toBe(byTfjs);
    expect(averagesNow().every(Number.isFinite)).toBeTrue();
    expect(averagesNow()).not.toEqual([0, 0, 0, 0]);
    await optimizer.getWeights();
    await expectAsync(
      model.fit(x, y, {...FIT, callbacks: evaluateAverages({data: x, batchSize: 1.5})}),
    ).toBeRejectedWithError("'batchSize' must be a whole number from 1; got 1.5.");
    wrong.dispose();
    dispose();
  });
});
