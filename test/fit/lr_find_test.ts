import {
  accumulate,
  adam,
  clipGlobalNorm,
  ema,
  fitCallbacks,
  flatCos,
  layerGroups,
  lin,
  lookahead,
  lrFind,
  type LrFindOptions,
  type LrFindResult,
  minimum,
  type Optimizer,
  optimizerOf,
  OptimWrapper,
  ranger,
  sgd,
  slide,
  steep,
  type TrainOptions,
  valley,
} from '../../src';
import {describeBackends} from '../support/backends';
import {snapshot} from '../support/bits';
import {expectClose} from '../support/close';
import * as golden from '../support/golden';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {samples, tinyFit} from './support/model';

const RULES = {valley, slide, minimum, steep};

describe('lrFind', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const one of golden.scheduleLrFind.cases) {
    it(`finds what was recorded: ${one.kind} on ${one.curve}`, async () => {
      if (one.kind === 'suggest') {
        const losses = golden.numbers(one.losses);
        for (const [name, rule] of Object.entries(RULES)) {
          const found = rule(one.lrs, losses);
          const wanted = present(one.expected[name]);
          const {lr, point} = present(found);
          const got = [lr, point.lr, point.loss];
          // Compared relatively, because rates are small. The points were recorded from float32 inputs.
          const expected = [wanted.lr_float64_inputs, ...wanted.point];
          expectClose(
            got.map((value, i) => value / present(expected[i])),
            [1, 1, 1],
            1e-6,
            name,
          );
        }
        return;
      }
      const {lrs, losses, suggestion, reason, ...suggested} = await prescribed(one);
      expect(reason).toMatch(suggestion === undefined ? /\.$/ : / agree within a factor of /);
      const wanted = golden.numbers(one.smooth_losses);
      expect(lrs.length).toBe(one.n_batches_run);
      expectClose(
        lrs.map((lr, i) => lr / present(one.lrs[i])),
        one.lrs.map(() => 1),
        1e-6,
        'lrs',
      );
      // fastai smooths in float32.
      expectClose(losses, wanted, 5e-6, 'losses');
      // fastai suggests nothing where the run was too short.
      for (const [name, lr] of Object.entries(one.suggested ?? {}))
        expectClose(present(new Map(Object.entries(suggested)).get(name)) / lr, 1, 1e-6, name);
    });
  }

  it('suggests nothing from too few points', async () => {
    const {model, x, y, dispose} = tinyFit(sgd(0.1));
    const {lrs, losses, reason, ...suggested} = await lrFind(model, x, y, {numIt: 4});
    expect([lrs.length, losses.length]).toEqual([4, 4]);
    expect(suggested).toEqual({
      valley: undefined,
      slide: undefined,
      minimum: undefined,
      steep: undefined,
      suggestion: undefined,
    });
    expect(reason).toBe('4 steps are too few for a suggestion. Set numIt to at least 25.');
    dispose();
  });

  it('takes datasets, with unknown lengths too', async () => {
    const given = tinyFit(sgd(0.1));
    const known = (await samples(given.x, given.y)).batch(2);
    const unknown = known.filter(() => true);
    for (const dataset of [known, unknown])
      expect((await lrFind(given.model, dataset, {numIt: 20, stopDiv: false})).lrs.length).toBe(20);
    given.dispose();
  });

  const wrong = [
    {options: {startLr: 0}, message: /'startLr' must be a positive number; got 0/},
    {options: {endLr: Infinity}, message: /'endLr' must be a positive number/},
    {options: {numIt: 0.5}, message: /'numIt' must be a whole number/},
  ];
  for (const {options, message} of wrong) {
    it(`refuses ${JSON.stringify(options)}`, async () => {
      const {model, x, y, dispose} = tinyFit(sgd(0.1));
      await expectAsync(lrFind(model, x, y, options)).toBeRejectedWithError(message);
      dispose();
    });
  }

  it('says that an optimizer of tf.train must be wrapped', async () => {
    const {model, x, y, dispose} = tinyFit(tf.train.sgd(0.1));
    await expectAsync(lrFind(model, x, y)).toBeRejectedWithError(/wrap it/);
    dispose();
  });
});

/** A real lrFind with prescribed losses. */
async function prescribed(one: Extract<golden.LrFindCase, {kind: 'lr_find'}>): Promise<LrFindResult> {
  const raw = golden.numbers(one.raw_losses);
  let i = 0;
  const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1]})]});
  const loss = (_: tf.Tensor, prediction: tf.Tensor) =>
    prediction
      .mean()
      .mul(0)
      .add(present(raw[Math.min(i++, raw.length - 1)]));
  const optimizer = sgd(1e-3);
  model.compile({optimizer, loss});
  const x = tf.ones([one.n_iter, 1]);
  const {start_lr: startLr, end_lr: endLr, num_it: numIt, stop_div: stopDiv} = one.args;
  const numbers = Object.fromEntries(
    Object.entries({startLr, endLr, numIt}).flatMap(([name, value]) =>
      typeof value === 'number' ? [[name, value]] : [],
    ),
  );
  const found = await lrFind(model, x, x, {
    batchSize: 1,
    ...numbers,
    ...(typeof stopDiv === 'boolean' ? {stopDiv} : {}),
  });
  x.dispose();
  optimizer.dispose();
  model.dispose();
  return found;
}

/** Everything that training can change, bit for bit. */
async function all(model: tf.LayersModel, optimizer: Optimizer): Promise<unknown> {
  const weights = await Promise.all(model.getWeights().map(weight => weight.data()));
  const state = await Promise.all(
    (await optimizer.getWeights()).map(async ({name, tensor}) => ({name, values: await tensor.data()})),
  );
  return {weights, state, config: JSON.stringify(optimizer.getConfig()), trainable: optimizer.summary()};
}

const OPTIMIZERS: Readonly<Record<string, (layers: tf.layers.Layer[]) => Optimizer>> = {
  adam: layers => adam(0.1, {params: layers.map(layer => [layer])}),
  ranger: layers => ranger(0.1, {params: layers.map(layer => [layer])}),
  'sgd that meets its variables': () => lookahead(sgd(0.1, {mom: 0.9})),
  'a wrapped tf.train.adam': () => new OptimWrapper(tf.train.adam(0.1)),
  'averages over accumulation': layers =>
    ema(
      adam(0.1, {
        params: layers.map(layer => [layer]),
        callbacks: [...accumulate(3), clipGlobalNorm],
        globalClipNorm: 1,
      }),
    ),
};

/** The number of tensors that it leaves. */
async function tensorsLost(act: () => PromiseLike<void>): Promise<number> {
  const before = tf.memory().numTensors;
  await act();
  return tf.memory().numTensors - before;
}

const FAILING = {
  onBatchBegin: (batch: number) => {
    if (batch === 2) throw new Error('out of data');
  },
};

interface End {
  readonly options: () => LrFindOptions & TrainOptions;
  readonly error?: RegExp;
  /** Where a hook throws, tfjs itself leaves tensors. */
  readonly leaks?: boolean;
}

const ENDS: Readonly<Record<string, End>> = {
  completes: {options: () => ({numIt: 6, stopDiv: false})},
  diverges: {options: () => ({startLr: 1, endLr: 1e30, numIt: 30})},
  'is stopped': {
    options: () => {
      const controller = new AbortController();
      return {
        numIt: 30,
        stopDiv: false,
        signal: controller.signal,
        onProgress: ({step}) => {
          if (step === 5) controller.abort(new Error('enough'));
        },
      };
    },
    error: /enough/,
  },
  throws: {options: () => ({numIt: 30, stopDiv: false, callbacks: FAILING}), error: /out of data/, leaks: true},
};

describeBackends(
  'lrFind leaves no trace',
  () => {
    for (const [name, make] of Object.entries(OPTIMIZERS)) {
      for (const [end, {options, error, leaks = false}] of Object.entries(ENDS)) {
        it(`of ${name} where it ${end}`, async () => {
          const layers = [
            tf.layers.dense({units: 3, inputShape: [2]}),
            tf.layers.batchNormalization(),
            tf.layers.dense({units: 1}),
          ];
          const {model, optimizer, x, y, dispose} = tinyFit(make, layers);
          await model.fit(x, y, {batchSize: 4, callbacks: flatCos()});
          if (optimizer.paramLists.length > 1) optimizer.freezeTo(1);
          optimizer.setSchedule({lr: lin(0.2, 0)}, {steps: 5, step: 2});
          const before = await all(model, optimizer);
          const find = async () => {
            const found = lrFind(model, x, y, {batchSize: 2, shuffle: false, ...options()});
            if (error === undefined) await found;
            else await expectAsync(found).toBeRejectedWithError(error);
          };
          const lost = await tensorsLost(find);
          expect(await all(model, optimizer)).toEqual(before);
          expect(model.stopTraining).not.toBeTrue();
          await model.fit(x, y, {batchSize: 4});
          expect(optimizer.schedule?.step).toBe(4);
          const fit = () =>
            expectAsync(model.fit(x, y, {batchSize: 2, callbacks: fitCallbacks([FAILING])})).toBeRejected();
          expect(lost)
            .withContext('tensors left behind')
            .toBe(leaks ? await tensorsLost(fit) : 0);
          dispose();
        });
      }
    }

    it('on a dataset, of a model with dropout and frozen flags of single groups', async () => {
      const layers = [
        tf.layers.dense({units: 3, inputShape: [2]}),
        tf.layers.dropout({rate: 0.5}),
        tf.layers.batchNormalization(),
        tf.layers.dense({units: 1}),
      ];
      const {model, optimizer, x, y, dispose} = tinyFit(
        given => ranger(0.1, {params: layerGroups(tf.sequential({layers: given}))}),
        layers,
      );
      optimizer.setFreeze(1, false, true);
      const dataset = (await samples(x, y)).batch(4);
      await model.fitDataset(dataset, {epochs: 1});
      const before = [await all(model, optimizer), await snapshot(optimizer)];
      await leakless(() => lrFind(model, dataset, {numIt: 8}));
      expect([await all(model, optimizer), await snapshot(optimizer)]).toEqual(before);
      dispose();
    });
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('lrFind on stateful recurrent layers', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  // Seeds, because the states of some random weights no longer change after a few batches.
  const seeded = (seed: number) => tf.initializers.glorotUniform({seed});
  const settings = () => ({
    units: 2,
    batchInputShape: [2, 3, 1],
    stateful: true,
    kernelInitializer: seeded(1),
    recurrentInitializer: seeded(2),
  });
  const layers: Readonly<Record<string, () => tf.layers.Layer>> = {
    lstm: () => tf.layers.lstm(settings()),
    gru: () => tf.layers.gru(settings()),
    simpleRNN: () => tf.layers.simpleRNN(settings()),
  };
  for (const [name, make] of Object.entries(layers)) {
    it(`puts back the states of ${name}, and leaks nothing`, () =>
      leakless(async () => {
        const model = tf.sequential({layers: [make(), tf.layers.dense({units: 1, kernelInitializer: seeded(3)})]});
        model.compile({optimizer: sgd(0.01), loss: 'meanSquaredError'});
        const [x, y] = [tf.ones([2, 3, 1]), tf.zeros([2, 1])];
        const predicted = () =>
          tf.tidy(() => {
            const given = model.predict(x);
            return Array.isArray(given) ? [] : [...given.dataSync()];
          });
        await model.fit(x, y, {epochs: 2, batchSize: 2});
        const {history} = model;
        await leakless(async () => {
          await lrFind(model, x, y, {numIt: 4, batchSize: 2});
        });
        expect(model.history).toBe(history);
        const seen = [predicted(), predicted()];
        // The same two batches again, from the earlier states of the layers.
        expect(seen[0]).not.toEqual(seen[1]);
        model.resetStates();
        tf.dispose([x, y]);
        model.layers.forEach(layer => {
          const kept: unknown = Reflect.get(layer, 'states_');
          if (Array.isArray(kept)) tf.dispose(kept);
        });
        optimizerOf(model).dispose();
        model.dispose();
      }));

    it(`goes on as if it had not run, with ${name}`, async () => {
      const weights: Array<readonly (readonly number[])[]> = [];
      for (const find of [true, false]) {
        const model = tf.sequential({layers: [make(), tf.layers.dense({units: 1})]});
        model.setWeights(model.getWeights().map((weight, i) => tf.fill(weight.shape, 0.1 * (i + 1))));
        model.compile({optimizer: sgd(0.01), loss: 'meanSquaredError'});
        const [x, y] = [tf.ones([2, 3, 1]), tf.zeros([2, 1])];
        await model.fit(x, y, {epochs: 2, batchSize: 2});
        if (find) await lrFind(model, x, y, {numIt: 4, batchSize: 2});
        await model.fit(x, y, {epochs: 2, batchSize: 2});
        weights.push(model.getWeights().map(weight => [...weight.dataSync()]));
        optimizerOf(model).dispose();
        model.dispose();
        tf.dispose([x, y]);
      }
      expect(weights[0]).toEqual(weights[1]);
    });
  }
});
