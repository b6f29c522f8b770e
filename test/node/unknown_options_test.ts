import h5wasm from 'h5wasm';
import {parseHTML} from 'linkedom';
import {fromFastai, fromTorch, toFastai, toTorch} from 'tfjs-optim/interchange';
import {loadKeras, loadKerasWeights, saveKeras, saveKerasWeights} from 'tfjs-optim/keras';
import {historyChart, liveChart, lrFindChart, scheduleCharts, svgText} from 'tfjs-optim/plot';

import {
  adam,
  checkpoint,
  clipGlobalNorm,
  ema,
  evaluateAverages,
  fineTune,
  fitFlatCos,
  fitOneCycle,
  fitSgdr,
  flatCos,
  lin,
  loadOptimizer,
  lookahead,
  lrFind,
  oneCycle,
  OptimWrapper,
  paramScheduler,
  partition,
  recomputeBatchNorm,
  record,
  reduceLROnPlateau,
  restoreBestWeights,
  sgdr,
  swa,
  warmupCos,
  wsd,
} from '../../src';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

/** Functions with the arguments before the options, a wrong name, and the name that was meant. */
type Rows = ReadonlyArray<
  readonly [f: (...args: never[]) => unknown, before: () => readonly unknown[], wrong: string, right: string]
>;

const model = () => tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [2]})]});

/** What a call rejects with or throws. */
async function errorOf(f: (...args: never[]) => unknown, args: readonly unknown[]): Promise<string> {
  try {
    const result: unknown = await Reflect.apply(f, undefined, args);
    return `no error; got ${String(result)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describeBackends(
  'A misspelt option is refused, and the right name is suggested, by',
  () => {
    let net: tf.Sequential;
    let xs: tf.Tensor;
    let ys: tf.Tensor;
    beforeEach(() => {
      net = model();
      net.compile({optimizer: adam(0.1), loss: 'meanSquaredError'});
      [xs, ys] = [tf.zeros([4, 2]), tf.zeros([4, 1])];
    });
    const none = new Uint8Array();
    const rows: Rows = [
      [toTorch, () => [net], 'optimiser', 'optimizer'],
      [fromTorch, () => [none, net], 'optimiser', 'optimizer'],
      [toFastai, () => [net], 'batch_size', 'batchSize'],
      [fromFastai, () => [none, net], 'losy', 'lossy'],
      [loadKeras, () => [none], 'optimiser', 'optimizer'],
      [saveKeras, () => [net], 'optimiser', 'optimizer'],
      [loadKerasWeights, () => [none, net], 'optimiser', 'optimizer'],
      [saveKerasWeights, () => [net], 'optimiser', 'optimizer'],
      [lrFind, () => [net, xs, ys], 'numIts', 'numIt'],
      [fitOneCycle, () => [net, xs, ys], 'lr_max', 'lrMax'],
      [fitFlatCos, () => [net, xs, ys], 'lr_max', 'lrMax'],
      [fitSgdr, () => [net, xs, ys], 'lr_max', 'lrMax'],
      [fineTune, () => [net, xs, ys], 'epoch', 'epochs'],
      [recomputeBatchNorm, () => [net, xs], 'batch_size', 'batchSize'],
      [evaluateAverages, () => [], 'batch_size', 'batchSize'],
      [checkpoint, () => ['localstorage://x'], 'save_best', 'saveBest'],
      [restoreBestWeights, () => [], 'min_delta', 'minDelta'],
      [reduceLROnPlateau, () => [], 'min_delta', 'minDelta'],
      [record, () => [], 'hyper', 'hypers'],
      [paramScheduler, () => [{lr: lin(1, 0)}], 'kep', 'keep'],
      [oneCycle, () => [], 'lr_max', 'lrMax'],
      [flatCos, () => [], 'lr_max', 'lrMax'],
      [sgdr, () => [], 'lr_max', 'lrMax'],
      [warmupCos, () => [], 'lr_max', 'lrMax'],
      [wsd, () => [], 'lr_max', 'lrMax'],
      [ema, () => [adam(0.1)], 'dekay', 'decay'],
      [swa, () => [adam(0.1)], 'evry', 'every'],
      [lookahead, () => [adam(0.1)], 'alpah', 'alpha'],
      [loadOptimizer, () => ['localstorage://x'], 'param', 'params'],
      [historyChart, () => [{history: {}}], 'metric', 'metrics'],
      [liveChart, () => [parseHTML('<p></p>').document.body], 'metric', 'metrics'],
      [lrFindChart, () => [{lrs: [], losses: []}], 'widht', 'width'],
      [scheduleCharts, () => [{}], 'group', 'groups'],
      [svgText, () => [parseHTML('<svg></svg>').document.documentElement], 'colour', 'color'],
    ];
    for (const [f, before, wrong, right] of rows) {
      // These functions are made by others, and have other names.
      const made = Object.entries({ema, lookahead, swa}).find(([, one]) => one === f);
      const name = made === undefined ? f.name : made[0];
      it(name, async () => {
        const h5 = /keras/i.test(name) ? {h5: h5wasm} : {};
        const message = await errorOf(f, [...before(), {...h5, [wrong]: 1}]);
        expect(message).toMatch(new RegExp(`^${name}\\b.* '${wrong}'`));
        expect(message).toContain(`Did you mean '${right}'?`);
      });
    }

    it('classes and factories whose settings are checked by other tables', async () => {
      expect(await errorOf((o: never) => new OptimWrapper(tf.train.sgd(1), o), [{trainBN: true}])).toMatch(
        /'trainBN'/,
      );
      expect(await errorOf(partition, [[{by: adam(0.1)}], {lr: 1}])).toMatch(/^partition has no setting 'lr'/);
      expect(await errorOf(partition, [[{by: adam(0.1)}], {callbacks: [clipGlobalNorm], lr: 1}])).toMatch(
        /^partition has no setting 'lr'.* noWd, globalClipNorm; give hypers to the optimizer of a part\.$/,
      );
      expect(await errorOf(adam, [0.1, {wdd: 1}])).toMatch(/'wdd'/);
    });
  },
  ['cpu'],
);

describeBackends(
  'Transfers',
  () => {
    let net: tf.Sequential;
    let warned: jasmine.Spy<typeof console.warn>;
    beforeEach(() => {
      net = model();
      warned = spyOn(console, 'warn');
    });
    const h5 = {h5: h5wasm};

    for (const [f, after] of [
      [fromTorch, [{}]],
      [fromFastai, [{}]],
      [loadKerasWeights, [h5]],
    ] as const)
      it(`${f.name} refuses a path, nothing and a swapped model as a file`, async () => {
        for (const wrong of ['model.safetensors', undefined, null, net, [1, 2]])
          expect(await errorOf(f, [wrong, net, ...after])).toMatch(
            new RegExp(
              `^${f.name} takes the bytes of a file first, a Uint8Array or an ArrayBuffer; got .*\\. (Read|A File)`,
            ),
          );
      });

    it('loadKeras refuses them too, and says that it needs h5wasm', async () => {
      for (const wrong of ['model.keras', undefined, net])
        expect(await errorOf(loadKeras, [wrong, h5])).toMatch(/^loadKeras takes the bytes of a file first/);
      for (const options of [undefined, {}])
        expect(await errorOf(loadKeras, [new Uint8Array(), options])).toBe(
          "'h5' must be h5wasm; got undefined. Pass {h5: h5wasm} after: import h5wasm from 'h5wasm'.",
        );
      expect(await errorOf(loadKeras, [new Uint8Array(), {...h5, optimizer: adam(0.1)}])).toMatch(
        /^loadKeras makes the optimizer that the file has; pass optimizer: true\./,
      );
    });

    it('refuse what is not a model', async () => {
      for (const f of [toTorch, toFastai]) {
        for (const wrong of [undefined, null, 'model', 3, {}])
          expect(await errorOf(f, [wrong])).toMatch(new RegExp(`^${f.name} takes a model of tfjs-layers, or a list `));
        expect(await errorOf(f, [[1]])).toMatch(/got 1 among the variables\.$/);
      }
      const file = await toTorch(net);
      expect(await errorOf(fromTorch, [file, undefined])).toMatch(
        /^fromTorch takes a model of tfjs-layers, or a list /,
      );
      for (const f of [saveKeras, saveKerasWeights])
        expect(await errorOf(f, [undefined, h5])).toMatch(new RegExp(`^${f.name} takes a model of tfjs-layers; got `));
    });

    it('take Buffers and ArrayBuffers', async () => {
      const file = await toTorch(net);
      await fromTorch(Buffer.from(file), net);
      await fromTorch(file.buffer, net);
      const keras = await saveKeras(net, h5);
      await loadKeras(Buffer.from(keras), h5);
      await loadKeras(keras.slice().buffer, h5);
      await loadKerasWeights(keras.slice().buffer, net, h5);
      expect(warned).not.toHaveBeenCalled();
    });

    it('name an optimizer of tf.train, and what to do', async () => {
      for (const f of [toTorch, toFastai])
        expect(await errorOf(f, [net, {optimizer: tf.train.adam(0.1)}])).toMatch(
          new RegExp(
            `^${f.name} moves the state of optimizers of tfjs-optim; got an? \\w*Adam\\w*\\. Train .*like: 'tf.train'`,
          ),
        );
      expect(await errorOf(saveKeras, [net, {...h5, optimizer: tf.train.adam(0.1)}])).toMatch(/like: 'tf.train'/);
      expect(await errorOf(toTorch, [net, {optimizer: true}])).toMatch(
        /got true\. Pass the one .*optimizerOf\(model\)/,
      );
      expect(await errorOf(toTorch, [net, {lossy: 1}])).toBe("'lossy' must be true or false; got 1.");
    });

    it('warn once where another optimizer than the one that trained is written', async () => {
      net.compile({optimizer: adam(0.1), loss: 'meanSquaredError'});
      await net.trainOnBatch(tf.ones([2, 2]), tf.ones([2, 1]));
      for (let i = 0; i < 2; i++) await toTorch(net, {optimizer: adam(0.1)});
      expect(warned.calls.allArgs().flat()).toEqual([
        'tfjs-optim: toTorch writes the state of an optimizer that has made no step. The model is compiled with ' +
          'another one, which has made 1. Pass that one: optimizerOf(model).',
      ]);
    });

    it('warn once where state in the file is not read, unless optimizer is false', async () => {
      const optimizer = adam(0.1);
      net.compile({optimizer, loss: 'meanSquaredError'});
      await net.trainOnBatch(tf.ones([2, 2]), tf.ones([2, 1]));
      const file = await toTorch(net, {optimizer});
      const keras = await saveKeras(net, {...h5, optimizer: true, lossy: true});
      await fromTorch(file, net, {optimizer: false});
      await fromTorch(file, net, {optimizer});
      await loadKeras(keras, {...h5, optimizer: false});
      await loadKerasWeights(keras, net, {...h5, optimizer: false});
      expect(warned).not.toHaveBeenCalled();
      for (let i = 0; i < 2; i++) {
        await fromTorch(file, net);
        await loadKeras(keras, h5);
        await loadKerasWeights(keras, net, h5);
      }
      expect(warned.calls.allArgs().flat()).toEqual(
        [
          ['fromTorch', '{optimizer}'],
          ['loadKeras', 'optimizer: true'],
          ['loadKerasWeights', 'the optimizer, or optimizer: true,'],
        ].map(
          ([what, pass]) =>
            `tfjs-optim: ${what} reads weights alone, and leaves the state of the optimizer in the file. Pass ${pass}` +
            ' to go on training where it stopped, or optimizer: false if weights are enough.',
        ),
      );
    });
  },
  ['cpu'],
);
