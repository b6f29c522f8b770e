import {adam, fineTune, fitFlatCos, fitOneCycle, fitSgdr, lrFind, recomputeBatchNorm} from '../../src';
import {bitsOf, snapshot} from '../support/bits';
import {tf} from '../support/tfjs';
import {samples, tinyFit} from './support/model';

const ARGS = {batchSize: 4, shuffle: false};

function grouped() {
  return tinyFit(
    layers => adam([0.1, 0.2], {params: [layers.slice(0, 2), layers.slice(2)]}),
    [
      tf.layers.dense({units: 2, inputShape: [2], kernelInitializer: 'ones'}),
      tf.layers.batchNormalization(),
      tf.layers.dense({units: 1, kernelInitializer: 'ones'}),
    ],
  );
}

type Given = ReturnType<typeof grouped>;
type Calls = Readonly<Record<string, (given: Given) => Promise<unknown>>>;

const calls: Calls = {
  lrFind: ({model, x, y}) => lrFind(model, x, y, {...ARGS, numIt: 3}),
  fineTune: ({model, x, y}) => fineTune(model, x, y, {...ARGS, epochs: 1}),
  fitOneCycle: ({model, x, y}) => fitOneCycle(model, x, y, {...ARGS, epochs: 1}),
  fitFlatCos: ({model, x, y}) => fitFlatCos(model, x, y, {...ARGS, epochs: 1}),
  fitSgdr: ({model, x, y}) => fitSgdr(model, x, y, {...ARGS, cycles: 1}),
  recomputeBatchNorm: ({model, x}) => recomputeBatchNorm(model, x, {batchSize: 4}),
};

const fits: Calls = {
  fit: ({model, x, y}) => model.fit(x, y, {...ARGS, epochs: 2}),
  fitDataset: async ({model, x, y}) => {
    const dataset = (await samples(x, y)).batch(4);
    return model.fitDataset(dataset, {epochs: 2});
  },
};

const refusal = (name: string) =>
  `${name}: another call, such as fit, still works on this model. First wait for the promise that it returned: ` +
  'await model.fit(…).';

async function everything({model, optimizer}: Given): Promise<unknown> {
  return [await snapshot(optimizer), await bitsOf(model.getWeights())];
}

/** Turns of the queue of promises, so that the other call is further on. */
async function turns(n: number): Promise<void> {
  for (let i = 0; i < n; i++) await Promise.resolve();
}

/** Resolves once tfjs trains the model. */
async function begun({model}: Given): Promise<void> {
  const inner: unknown = Reflect.get(model, 'model');
  if (typeof inner !== 'object' || inner === null) throw new Error('A Sequential has a model inside.');
  while (Reflect.get(inner, 'isTraining') !== true) await Promise.resolve();
}

describe('While a fit of the same model runs', () => {
  beforeAll(() => tf.setBackend('cpu'));

  for (const [kind, fit] of Object.entries(fits))
    for (const [name, call] of Object.entries(calls))
      it(`${name} is refused and changes nothing of ${kind}`, async () => {
        const alone = grouped();
        await fit(alone);
        const expected = await everything(alone);
        alone.dispose();
        for (const later of [0, 3, 20]) {
          const given = grouped();
          const running = fit(given);
          await begun(given);
          await turns(later);
          await expectAsync(call(given)).toBeRejectedWithError(refusal(name));
          await running;
          expect(await everything(given))
            .withContext(`${later} turns later`)
            .toEqual(expected);
          // Afterwards it is not refused.
          await call(given);
          given.dispose();
        }
      });

  it('of a model inside it, lrFind is refused', async () => {
    const inner = tinyFit(adam(0.1), [tf.layers.dense({units: 2, inputShape: [2]})]);
    const outer = tinyFit(adam(0.1), [inner.model]);
    const wide = inner.x.clone();
    const running = inner.model.fit(inner.x, wide, ARGS);
    await expectAsync(lrFind(outer.model, outer.x, wide, {numIt: 1})).toBeRejectedWithError(refusal('lrFind'));
    await running;
    wide.dispose();
    outer.dispose();
  });
});

describe('While lrFind runs', () => {
  beforeAll(() => tf.setBackend('cpu'));

  for (const [name, call] of Object.entries(calls))
    it(`${name} is refused, also in the same tick, and lrFind goes on`, async () => {
      const given = grouped();
      const before = await everything(given);
      const alone = await calls['lrFind']?.(given);
      for (const later of [0, 3, 20]) {
        const running = calls['lrFind']?.(given);
        await turns(later);
        await expectAsync(call(given)).toBeRejectedWithError(refusal(name));
        expect(await running).toEqual(alone);
        expect(await everything(given)).toEqual(before);
      }
      given.dispose();
    });
});

describe('While a dataset is counted', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('fineTune lets a fit that begins now train, freezes nothing, and is refused afterwards', async () => {
    const alone = grouped();
    await fits['fit']?.(alone);
    const expected = await everything(alone);
    alone.dispose();
    const given = grouped();
    const {model, x, y} = given;
    let running: Promise<unknown> | undefined;
    const dataset = tf.data.generator(function* () {
      running ??= fits['fit']?.(given);
      yield {xs: x.clone(), ys: y.clone()};
    });
    await expectAsync(fineTune(model, dataset, {epochs: 1})).toBeRejectedWithError(refusal('fineTune'));
    await running;
    expect(await everything(given)).toEqual(expected);
    given.dispose();
  });
});
