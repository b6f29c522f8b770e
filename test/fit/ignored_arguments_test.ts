import {
  applyAccumulated,
  applyConstraints,
  bnFreeze,
  ema,
  evaluateAverages,
  fineTune,
  fitCallbacks,
  fitFlatCos,
  fitOneCycle,
  fitSgdr,
  layerConstraints,
  layerGroups,
  layerwiseDecay,
  lrFind,
  minimum,
  oneCycle,
  recomputeBatchNorm,
  sgd,
  slide,
  steep,
  terminateOnNaN,
  valley,
} from '../../src';
import {tf} from '../support/tfjs';
import {call} from '../support/untyped_call';
import {samples, tinyFit} from './support/model';

const f = () => undefined;
const HOOKS = 'the hooks are onTrainBegin, onTrainEnd, onEpochBegin, onEpochEnd, onBatchBegin, onBatchEnd, onYield.';

describe('An argument that would be ignored in fit', () => {
  let warned: jasmine.Spy;
  beforeEach(async () => {
    await tf.setBackend('cpu');
    warned = spyOn(console, 'warn');
  });

  const made: Array<readonly [what: string, make: () => unknown, message: string]> = [
    [
      'of terminateOnNaN',
      () => call(terminateOnNaN, {patience: 3}),
      'terminateOnNaN takes no arguments; got {patience: 3}.',
    ],
    ['of applyAccumulated', () => call(applyAccumulated, 4), 'applyAccumulated takes no arguments; got 4.'],
    ['of bnFreeze', () => call(bnFreeze, ['bn']), "bnFreeze takes no arguments; got ['bn']."],
    ['of layerConstraints', () => call(layerConstraints, null), 'layerConstraints takes no arguments; got null.'],
    [
      'of layerwiseDecay',
      () => call(layerwiseDecay, 1, 0.5, 3, 2),
      'layerwiseDecay takes no arguments after the groups; got 2.',
    ],
    ...[valley, slide, minimum, steep].map((rule, i) => {
      const name = ['valley', 'slide', 'minimum', 'steep'][i] ?? '';
      return [
        `of ${name}`,
        () => call(rule, [], [], 100),
        `${name} takes no arguments after the losses; got 100.`,
      ] as const;
    }),
    [
      'of fitCallbacks',
      () => call(fitCallbacks, [oneCycle()], {yield: 'epoch'}),
      "fitCallbacks has no option 'yield'; it has yieldEvery, stepsPerEpoch.",
    ],
    [
      'of fitCallbacks, null',
      () => call(fitCallbacks, [oneCycle()], null),
      'fitCallbacks takes its settings in an object; got null. Write fitCallbacks(list, {…}).',
    ],
    [
      'of fitCallbacks, after the settings',
      () => call(fitCallbacks, [oneCycle()], {}, {stepsPerEpoch: 3}),
      'fitCallbacks takes its settings in an object; got {}, {stepsPerEpoch: 3}. Write fitCallbacks(list, {}).',
    ],
    [
      'a misspelt hook',
      () => call(fitCallbacks, [{onEpochEnd: f, onBatchEnds: f}]),
      `Callback 0 of the list has no hook 'onBatchEnds'; ${HOOKS} Did you mean 'onBatchEnd'?`,
    ],
    [
      'a hook of Python',
      () => call(fitCallbacks, [oneCycle(), {on_epoch_end: f}]),
      `Callback 1 of the list has no hook 'on_epoch_end'; ${HOOKS} Did you mean 'onEpochEnd'?`,
    ],
    [
      'a hook of Keras, in a class',
      () => {
        class Mine {
          onEpochEnd(): void {
            this.onTrainBatchEnd();
          }
          onTrainBatchEnd(): void {
            f();
          }
        }
        return call(fitCallbacks, [new Mine()]);
      },
      `Callback 0 of the list has no hook 'onTrainBatchEnd'; ${HOOKS}`,
    ],
    [
      'a hook that is not a function',
      () => call(fitCallbacks, [{onEpochEnd: f, onBatchEnd: 3}]),
      "Callback 0 of the list: 'onBatchEnd' must be a function; got 3.",
    ],
    [
      'of evaluateAverages without data',
      () => evaluateAverages({batchSize: 8}),
      "evaluateAverages: 'batchSize' has no effect without 'data'. Leave it out, or give 'data'.",
    ],
  ];
  for (const [what, make, message] of made)
    it(`is refused: ${what}`, () => {
      expect(make).toThrowError(message);
    });

  it('is refused by functions of models', () => {
    const {model, dispose} = tinyFit(sgd(0.1));
    // As `forEach` calls it.
    expect(() => [model].forEach(applyConstraints)).not.toThrow();
    expect(() => call(layerGroups, model, [], [])).toThrowError(
      'layerGroups takes no arguments after the boundaries; got [].',
    );
    dispose();
  });

  it('may be a field of the user, and a hook may be left out', () => {
    const mine = {
      onEpochEnd: f,
      onBatchEnd: undefined,
      onTrainEnd: null,
      once: 3,
      on: f,
      only: f,
      losses: [],
      show: f,
      onEpoch: f,
    };
    class Mine {
      onEpochEnd(): void {
        this.onImprovement();
      }
      onImprovement(): void {
        f();
      }
    }
    expect(() => call(fitCallbacks, [mine, new Mine()], undefined)).not.toThrow();
  });

  const trains = {fitOneCycle, fitFlatCos, fitSgdr, fineTune, lrFind};
  const CHOICE = "Leave it out: 'batchSize' decides how many batches there are.";
  const onArrays: Array<readonly [args: object, message: string]> = [
    [{stepsPerEpoch: 4}, `'stepsPerEpoch' has no effect on tensors and arrays. ${CHOICE}`],
    [{batchesPerEpoch: 4}, `'batchesPerEpoch' has no effect on tensors and arrays. ${CHOICE}`],
    [{onCount: f}, "'onCount' has no effect on tensors and arrays. Leave it out."],
    [{validationSteps: 2}, "'validationSteps' has no effect on tensors and arrays. Leave it out."],
    [{validationBatches: 2}, "'validationBatches' has no effect on tensors and arrays. Leave it out."],
    [
      {validationBatchSize: 2},
      "'validationBatchSize' has no effect on tensors and arrays. Leave it out: validation takes 'batchSize'.",
    ],
  ];
  const onDataset: typeof onArrays = [
    [{batchSize: 4}, "'batchSize' has no effect on a dataset. Make batches by dataset.batch(…)."],
    [{shuffle: true}, "'shuffle' has no effect on a dataset. Shuffle by dataset.shuffle(…)."],
    [{sampleWeight: 1}, "'sampleWeight' has no effect on a dataset. Leave it out."],
    [{validationSplit: 0.5}, "'validationSplit' has no effect on a dataset. Give 'validationData'."],
    [{validationSteps: 5}, "'validationSteps' has no effect on a dataset. Give 'validationBatches'."],
    [{validationBatches: 2}, "'validationBatches' has no effect without a dataset as 'validationData'. Leave it out."],
    [
      {validationBatches: 2, validationData: [[[1, 2]], [[1]]]},
      "'validationBatches' has no effect without a dataset as 'validationData'. Leave it out.",
    ],
    [
      {validationBatchSize: 2},
      "'validationBatchSize' has no effect without [x, y] as 'validationData'. Leave it out.",
    ],
  ];
  for (const [name, train] of Object.entries(trains))
    it(`is refused by ${name}, which changes nothing`, async () => {
      const {model, optimizer, x, y, dispose} = tinyFit(sgd(0.1));
      const dataset = (await samples(x, y)).batch(2);
      const data = [
        [[x, y], onArrays],
        [[dataset], onDataset],
      ] as const;
      for (const [given, rows] of data)
        for (const [args, message] of rows)
          await expectAsync(Promise.resolve(call(train, model, ...given, args))).toBeRejectedWithError(
            `${name}: ${message}`,
          );
      expect(optimizer.iterations).toBe(0);
      dispose();
    });

  it('counts as left out where it is null or undefined, as in tfjs', async () => {
    const {model, optimizer, x, y, dispose} = tinyFit(sgd(0.1));
    await Promise.resolve(call(fitOneCycle, model, x, y, {batchesPerEpoch: undefined, validationSteps: null}));
    await Promise.resolve(call(fitOneCycle, model, (await samples(x, y)).batch(2), {validationSplit: null}));
    expect(optimizer.iterations).toBe(1 + 4);
    dispose();
  });

  it('is warned of where batchSize is given with data in batches', async () => {
    const {model, x, dispose} = tinyFit(sgd(0.1));
    await recomputeBatchNorm(model, [x], {batchSize: 7});
    expect(warned.calls.allArgs()).toEqual([
      ["tfjs-optim: recomputeBatchNorm: 'batchSize' has no effect on data that are in batches. Leave it out."],
    ]);
    dispose();
  });
});

describe('A fit in which nothing happens', () => {
  let warned: jasmine.Spy;
  beforeEach(async () => {
    await tf.setBackend('cpu');
    warned = spyOn(console, 'warn');
  });
  const texts = (): unknown[] => warned.calls.allArgs().flat();

  it('warns where initialEpoch leaves no epoch', async () => {
    const {model, optimizer, x, y, dispose} = tinyFit(sgd(0.1));
    await fitOneCycle(model, x, y, {epochs: 13, initialEpoch: 13});
    await fitSgdr(model, x, y, {cycles: 2, initialEpoch: 17});
    expect(optimizer.iterations).toBe(0);
    expect(texts()).toEqual([
      "tfjs-optim: nothing is trained: 'initialEpoch' is 13, and training ends before epoch 13. 'epochs' counts from " +
        'epoch 0: give a larger number.',
      jasmine.stringContaining("'initialEpoch' is 17, and training ends before epoch 3."),
    ]);
    dispose();
  });

  it('warns in fineTune with the numbers of the whole', async () => {
    const layers = [tf.layers.dense({units: 2, inputShape: [2]}), tf.layers.dense({units: 1})];
    const {model, optimizer, x, y, dispose} = tinyFit(() => sgd(0.1, {params: layers.map(layer => [layer])}), layers);
    await fineTune(model, x, y, {epochs: 12, freezeEpochs: 2, initialEpoch: 14});
    expect(optimizer.iterations).toBe(0);
    expect(texts()).toEqual([jasmine.stringContaining("'initialEpoch' is 14, and training ends before epoch 14.")]);
    await fineTune(model, x, y, {epochs: 1, freezeEpochs: 2, initialEpoch: 2});
    await fineTune(model, x, y, {epochs: 1, freezeEpochs: 0});
    expect(texts().length).toBe(1);
    dispose();
  });

  it('warns of evaluateAverages without validation, and of nothing where a callback evaluates', async () => {
    const {model, x, y, dispose} = tinyFit(ema(sgd(0.1)));
    const evaluates = {
      onEpochEnd: () => {
        tf.dispose(model.evaluate(x, y));
      },
    };
    await model.fit(x, y, {callbacks: fitCallbacks([evaluateAverages(), evaluates])});
    await model.fit(x, y, {validationData: [x, y], callbacks: evaluateAverages()});
    expect(texts()).toEqual([]);
    await model.fit(x, y, {callbacks: evaluateAverages()});
    expect(texts()).toEqual([
      'tfjs-optim: evaluateAverages had no effect, because training had no validation. Give fit `validationData` or ' +
        '`validationSplit`.',
    ]);
    dispose();
  });
});
