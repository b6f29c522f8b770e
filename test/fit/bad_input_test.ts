import {
  accumulate,
  adam,
  callback,
  checkpoint,
  clipGlobalNorm,
  clipGradNorm,
  clipGradValue,
  combine,
  combineScheds,
  cos,
  ema,
  evaluateAverages,
  fineTune,
  fitCallbacks,
  fitFlatCos,
  fitOneCycle,
  fitSgdr,
  flatCos,
  layerGroups,
  layerwiseDecay,
  lin,
  lookahead,
  lrFind,
  oneCycle,
  Optimizer,
  optimizerOf,
  paramScheduler,
  poly,
  record,
  reduceLROnPlateau,
  restoreBestWeights,
  schedLin,
  schedPoly,
  scheduleAt,
  sgdr,
  warmupCos,
  wsd,
} from '../../src';
import {bitsOf, snapshot} from '../support/bits';
import {replaceMethod} from '../support/replace_method';
import {tf} from '../support/tfjs';
import {call} from '../support/untyped_call';
import {samples, tinyFit} from './support/model';

type Made = Array<readonly [what: string, make: () => unknown, message: RegExp]>;

const made: Made = [
  ['schedLin of text', () => call(schedLin, '1', 2), /needs finite numbers; got '1'/],
  ['schedLin without an end', () => call(schedLin, 1), /needs finite numbers; got undefined/],
  ['schedLin of NaN', () => schedLin([0, NaN], [1, 1]), /needs finite numbers; got NaN/],
  [
    'schedPoly of an infinite power',
    () => schedPoly(0, 1, Infinity),
    /'power' must be a positive number; got Infinity/,
  ],
  ['poly of no power', () => call(poly, 0, 1), /'power' must be a positive number; got undefined/],
  [
    'combine without shares',
    () => call(combine, [cos(1, 0)]),
    /takes the shares of its parts first.*}\] and undefined/,
  ],
  ['combineScheds without shares', () => call(combineScheds, [schedLin(0, 1)]), /shares of its parts.* and undefined/],
  ['combine without parts', () => call(combine, [0.5, 0.5]), /shares of its parts.*got \[0\.5, 0\.5\] and undefined/],
  ['scheduleAt of no position', () => call(scheduleAt, cos(1, 0)), /takes a position, .* 0 to 1; got undefined/],
  ['scheduleAt after the end', () => scheduleAt(cos(1, 0), 1.5), /takes a position, .* 0 to 1; got 1\.5/],
  ['scheduleAt before the start', () => scheduleAt(lin(1, 0), -0.1), /takes a position, .* 0 to 1; got -0\.1/],
  ['a step in place of a position', () => schedLin(0, 1)(10), /takes a position, .* 0 to 1; got 10/],
  ['a step for each group', () => schedLin([0, 1], [1, 0])(2), /takes a position, .* 0 to 1; got 2/],
  ['NaN for a schedule', () => schedPoly(0, 1, 2)(NaN), /takes a position, .* 0 to 1; got NaN/],
  ['a step for a combined schedule', () => combineScheds([1], [schedLin(0, 1)])(2), /takes a position, .*; got 2/],
  ['scheduleAt of NaN', () => scheduleAt(cos(1, 0), NaN), /takes a position, .* 0 to 1; got NaN/],
  [
    'combineScheds of numbers',
    () => call(combineScheds, [1], [3]),
    /takes functions, such as schedCos\(0, 1\); got 3/,
  ],
  [
    'scheduleAt of nothing',
    () => call(scheduleAt, undefined, 0),
    /must be made with lin, cos, exp, poly, constant or combine; got undefined/,
  ],
  ['scheduleAt of no groups', () => scheduleAt(lin(0, 1), 0, 0), /'groups' must be a whole number from 1; got 0/],
  ['oneCycle of a number', () => call(oneCycle, 0.1), /oneCycle takes its settings in an object; got 0.1/],
  ['oneCycle of null', () => call(oneCycle, null), /in an object; got null/],
  [
    'two moms',
    () => call(oneCycle, {moms: [0.9, 0.8]}),
    /'moms' must be three numbers, such as \[0.95, 0.85, 0.95\]; got \[0.9, 0.8\]/,
  ],
  ['one mom', () => call(oneCycle, {moms: 0.9}), /'moms' must be three numbers/],
  ['keep that is text', () => call(flatCos, {keep: 'yes'}), /'keep' must be true or false; got 'yes'/],
  ['a misspelt setting', () => call(warmupCos, {lr_max: 1}), /warmupCos has no option 'lr_max'; it has lrMax/],
  ['cycles that are not a whole number', () => sgdr({cycles: 1.5}), /'cycles' must be a whole number from 1; got 1.5/],
  [
    'paramScheduler of nothing',
    () => call(paramScheduler),
    /given by hyper, as in \{lr: cos\(1e-3, 1e-5\)\}; got undefined/,
  ],
  [
    'a misspelt option of paramScheduler',
    () => call(paramScheduler, {lr: lin(1, 0)}, {kep: true}),
    /paramScheduler has no option 'kep'; it has keep/,
  ],
  ['no patience', () => reduceLROnPlateau({patience: NaN}), /'patience' must be a whole number from 1; got NaN/],
  ['a negative cooldown', () => reduceLROnPlateau({cooldown: -1}), /'cooldown' must be a whole number from 0; got -1/],
  ['a negative minLr', () => reduceLROnPlateau({minLr: -1}), /'minLr' must be a number from 0; got -1/],
  [
    'a monitor that is not a name',
    () => call(restoreBestWeights, {monitor: 3}),
    /restoreBestWeights: 'monitor' must be the name of a logged value, such as 'val_loss'; got 3/,
  ],
  [
    'an unknown mode',
    () => call(restoreBestWeights, {mode: 'least'}),
    /'mode' must be 'auto', 'min' or 'max'; got 'least'/,
  ],
  ['a negative minDelta', () => restoreBestWeights({minDelta: -1}), /'minDelta' must be a number from 0; got -1/],
  [
    'a misspelt option of checkpoint',
    () => call(checkpoint, 'indexeddb://x', {save_best: true}),
    /checkpoint has no option 'save_best'; it has monitor/,
  ],
  ['a misspelt option of record', () => call(record, {norm: true}), /record has no option 'norm'; it has hypers/],
  [
    'fitCallbacks of one callback',
    () => call(fitCallbacks, {onEpochEnd: () => undefined}),
    /fitCallbacks needs a list of callbacks/,
  ],
  ['fitCallbacks of nothing', () => call(fitCallbacks), /fitCallbacks needs a list of callbacks; got undefined/],
  [
    'an unknown yieldEvery',
    () => call(fitCallbacks, [oneCycle()], {yieldEvery: 'sometimes'}),
    /'yieldEvery' must be 'auto'.*got 'sometimes'/,
  ],
  ['layerGroups of nothing', () => call(layerGroups), /layerGroups needs a model of tfjs-layers; got undefined/],
  ['layerwiseDecay of no groups', () => layerwiseDecay(1, 0.5, 0), /'groups' must be a whole number from 1; got 0/],
  [
    'ema of an optimizer of tf.train',
    () => call(ema, tf.train.sgd(0.1)),
    /Only an optimizer of tfjs-optim can be taken over; wrap/,
  ],
  ['lookahead of nothing', () => call(lookahead), /Only an optimizer of tfjs-optim/],
  ['a misspelt option of ema', () => call(ema, adam(0.1), {dekay: 0.9}), /ema has no option 'dekay'; it has decay/],
  [
    'accumulate as one callback',
    () => call(adam, 0.1, {callbacks: [accumulate(2)]}),
    /Callback 0 must be made with callback\(…\); got a list\. Spread it, as in \[...accumulate\(4\)\]/,
  ],
  [
    'a name for a callback',
    () => call(adam, 0.1, {callbacks: ['clipGradNorm']}),
    /Callback 0 must be made with callback\(…\); got 'clipGradNorm'/,
  ],
  [
    'clipping to 0',
    () => adam(0.1, {callbacks: [clipGradNorm], clipNorm: 0}),
    /^'clipNorm' must be a number above 0; got 0/,
  ],
  [
    'clipping below 0',
    () => adam(0.1, {callbacks: [clipGradValue], clipValue: -1}),
    /^'clipValue' must be a number above 0; got -1/,
  ],
  [
    'clipping without a norm',
    () => call(adam, 0.1, {callbacks: [clipGlobalNorm]}),
    /'globalClipNorm' has no default: give it/,
  ],
];

type Given = ReturnType<typeof grouped>;

function grouped() {
  return tinyFit(
    layers => adam([0.1, 0.2], {params: layers.map(layer => [layer])}),
    [tf.layers.dense({units: 2, inputShape: [2], name: 'low'}), tf.layers.dense({units: 1, name: 'high'})],
  );
}

const training: Array<readonly [what: string, run: (given: Given) => unknown, message: RegExp]> = [
  ['no model', ({x, y}) => call(fitOneCycle, undefined, x, y), /needs a model of tfjs-layers; got undefined/],
  [
    'no data',
    ({model}) => call(fitOneCycle, model),
    /\(model, x, y, arguments\) with tensors or arrays of numbers, or \(model, dataset, arguments\)/,
  ],
  [
    'settings in the place of y',
    ({model, x}) => call(fitOneCycle, model, x, {epochs: 1}),
    /^fitOneCycle: 'y' is missing before the settings\. Write fitOneCycle\(model, x, y, {epochs: 1}\)\.$/,
  ],
  [
    'empty settings in the place of y',
    ({model, x}) => call(lrFind, model, x, {}),
    /^lrFind: 'y' is missing before the settings\. Write lrFind\(model, x, y, {}\)\.$/,
  ],
  ...[fitOneCycle, fitFlatCos, fitSgdr, fineTune, lrFind].flatMap((train, i): typeof training => [
    [
      `no examples, of function ${i}`,
      ({model, x, y}) => call(train, model, x.slice(0, 0), y.slice(0, 0)),
      /^There are no examples to train on: 'x' has none\. Give at least one\.$/,
    ],
    [
      `a validationSplit that leaves no examples, of function ${i}`,
      ({model, x, y}) => call(train, model, x, y, {validationSplit: 0.9}),
      /^There are no examples to train on: 'validationSplit' 0\.9 takes all 8 for validation\. Give a smaller/,
    ],
  ]),
  [
    'a schedule by time without examples',
    ({model, x, y}) => fitOneCycle(model, x.slice(0, 0), y, {seconds: 60}),
    /^There are no examples/,
  ],
  ...[oneCycle(), oneCycle({seconds: 60}), oneCycle({stepsPerEpoch: 2})].flatMap((schedule, i): typeof training => [
    [
      `no examples in plain fit, with schedule ${i}`,
      ({model, x, y}) => model.fit(x.slice(0, 0), y.slice(0, 0), {callbacks: schedule}),
      /^oneCycle: there are no examples to train on: the data have none, or `validationSplit` takes all/,
    ],
    [
      `a validationSplit of plain fit that leaves none, with schedule ${i}`,
      ({model, x, y}) => model.fit(x, y, {validationSplit: 0.9, callbacks: schedule}),
      /^oneCycle: there are no examples to train on/,
    ],
    [
      `a dataset of plain fit without batches, with schedule ${i}`,
      ({model}) => model.fitDataset(tf.data.array<tf.TensorContainer>([]), {epochs: 1, callbacks: schedule}),
      /^oneCycle: there are no examples to train on/,
    ],
  ]),
  ['x without y', ({model, x}) => call(fitFlatCos, model, x), /\(model, x, y, arguments\) with tensors/],
  [
    'an argument of fastai',
    ({model, x, y}) => call(fitOneCycle, model, x, y, {lr_max: 0.1}),
    /^fitOneCycle has no setting 'lr_max'\. Did you mean 'lrMax'\?/,
  ],
  [
    'a setting of another function',
    ({model, x, y}) => call(fitFlatCos, model, x, y, {moms: [0.9, 0.9, 0.9]}),
    /^fitFlatCos has no setting 'moms'\. Its own are lrMax, /,
  ],
  [
    'no epochs',
    ({model, x, y}) => fitOneCycle(model, x, y, {epochs: 0}),
    /'epochs' must be a whole number from 1; got 0/,
  ],
  [
    'epochs that are a string',
    ({model, x, y}) => call(fitOneCycle, model, x, y, {epochs: '3'}),
    /'epochs' must be a whole number from 1; got '3'/,
  ],
  [
    'half an epoch before',
    ({model, x, y}) => fitFlatCos(model, x, y, {epochs: 2, initialEpoch: 0.5}),
    /'initialEpoch' must be a whole number from 0; got 0.5/,
  ],
  [
    'a number for a signal',
    ({model, x, y}) => call(fitSgdr, model, x, y, {signal: 3}),
    /'signal' must be an AbortSignal; got 3/,
  ],
  [
    'a number for onProgress',
    ({model, x, y}) => call(fitSgdr, model, x, y, {onProgress: 3}),
    /'onProgress' must be a function; got 3/,
  ],
  [
    'no callbacks',
    ({model, x, y}) => call(lrFind, model, x, y, {callbacks: null}),
    /'callbacks' must be a callback or a list of callbacks; got null/,
  ],
  [
    'a cycle of 0 epochs',
    ({model, x, y}) => fitSgdr(model, x, y, {cycleLen: 0}),
    /'cycleLen' must be a whole number from 1; got 0/,
  ],
  [
    'momentum out of range',
    ({model, x, y}) => fitOneCycle(model, x, y, {moms: [0.9, 2, 0.9]}),
    /'mom' must be in \[0, 1\)/,
  ],
  [
    'rates for other groups',
    ({model, x, y}) => fitOneCycle(model, x, y, {lrMax: [1, 2, 3]}),
    /3 values for lrMax but there are 2/,
  ],
  [
    'a number for a schedule',
    ({model, x, y}) =>
      model.fit(x, y, {callbacks: [new tf.CustomCallback({}), call(paramScheduler, {lr: 0.1})].filter(isCallback)}),
    /'lr' must be made with lin, cos/,
  ],
  [
    'setSchedule of nothing',
    ({optimizer}) => {
      Reflect.apply(optimizer.setSchedule.bind(optimizer), undefined, [undefined, {steps: 2}]);
    },
    /given by hyper.*got undefined/,
  ],
  [
    'setSchedule without steps',
    ({optimizer}) => {
      Reflect.apply(optimizer.setSchedule.bind(optimizer), undefined, [{lr: cos(1, 0)}]);
    },
    /'steps' must be a whole number from 1; got undefined/,
  ],
  [
    'setSchedule of a number',
    ({optimizer}) => {
      call(optimizer.setSchedule.bind(optimizer), {lr: cos(1, 0)}, 100);
    },
    /setSchedule takes its settings in an object; got 100\. Write setSchedule\(schedules, {steps: 100}\)/,
  ],
  [
    'setSchedule with a misspelt length',
    ({optimizer}) => {
      call(optimizer.setSchedule.bind(optimizer), {lr: cos(1, 0)}, {steps: 10, minute: 1});
    },
    /setSchedule has no option 'minute'; it has steps, step, minutes, seconds, spent\. Did you mean 'minutes'\?/,
  ],
  [
    'setSchedule with an option of fit',
    ({optimizer}) => {
      call(optimizer.setSchedule.bind(optimizer), {lr: cos(1, 0)}, {steps: 10, keep: true});
    },
    /setSchedule has no option 'keep'; it has /,
  ],
  [
    'setSchedule of no schedules',
    ({optimizer}) => {
      optimizer.setSchedule({}, {steps: 2});
    },
    /given by hyper, as in {lr: cos\(1e-3, 1e-5\)}; got {}/,
  ],
  [
    'paramScheduler of no schedules',
    ({model, x, y}) => model.fit(x, y, {callbacks: paramScheduler({})}),
    /given by hyper, as in {lr: cos\(1e-3, 1e-5\)}; got {}/,
  ],
  [
    'lrMax of NaN',
    ({model, x, y}) => fitOneCycle(model, x, y, {lrMax: NaN}),
    /'lrMax' must be a finite number; got NaN/,
  ],
  [
    'lrStart of NaN',
    ({optimizer}) => {
      optimizer.setSchedule(warmupCos({lrStart: NaN}), {steps: 2});
    },
    /'lrStart' must be a finite number; got NaN/,
  ],
  [
    'lrEnd of infinity',
    ({optimizer}) => {
      optimizer.setSchedule(wsd({lrEnd: Infinity}), {steps: 2});
    },
    /'lrEnd' must be a finite number; got Infinity/,
  ],
  [
    'momentum of NaN',
    ({model, x, y}) => fitOneCycle(model, x, y, {moms: [0.9, NaN, 0.9]}),
    /'moms' must be three numbers/,
  ],
  [
    'clearSchedule of a switch',
    ({optimizer}) => {
      call(optimizer.clearSchedule.bind(optimizer), true);
    },
    /clearSchedule takes its settings in an object; got true\. Write clearSchedule\({keep: true}\)/,
  ],
  [
    'clearSchedule with a misspelt option',
    ({optimizer}) => {
      call(optimizer.clearSchedule.bind(optimizer), {kepp: true});
    },
    /clearSchedule has no option 'kepp'; it has keep\. Did you mean 'keep'\?/,
  ],
  [
    'clearSchedule with a number for a switch',
    ({optimizer}) => {
      call(optimizer.clearSchedule.bind(optimizer), {keep: 1});
    },
    /'keep' must be true or false; got 1/,
  ],
  [
    'fineTune at no rate',
    ({model, x, y}) => fineTune(model, x, y, {baseLr: 0}),
    /'baseLr' must be a positive number; got 0/,
  ],
  [
    'fineTune without lrMult',
    ({model, x, y}) => fineTune(model, x, y, {lrMult: -1}),
    /'lrMult' must be a positive number; got -1/,
  ],
  [
    'fineTune for half an epoch',
    ({model, x, y}) => fineTune(model, x, y, {freezeEpochs: 0.5}),
    /'freezeEpochs' must be a whole number from 0; got 0.5/,
  ],
  [
    'fineTune for 0 epochs',
    ({model, x, y}) => fineTune(model, x, y, {epochs: 0}),
    /'epochs' must be a whole number from 1; got 0/,
  ],
  [
    'fineTune with a wrong second part',
    ({model, x, y}) => fineTune(model, x, y, {div: 0}),
    /'div' must be a positive number; got 0/,
  ],
  ['fineTune with a wrong decay', ({model, x, y}) => fineTune(model, x, y, {wd: -1}), /'wd' must be a number from 0/],
  [
    'lrFind downwards',
    ({model, x, y}) => lrFind(model, x, y, {startLr: 1, endLr: 0.1}),
    /'endLr' must be above 'startLr'; got 0.1 and 1/,
  ],
  [
    'lrFind with a schedule',
    ({model, x, y}) => lrFind(model, x, y, {callbacks: oneCycle()}),
    /oneCycle and lrFind both move 'lr'/,
  ],
  [
    'two schedules of one hyper',
    ({model, x, y}) => fitOneCycle(model, x, y, {callbacks: flatCos()}),
    /flatCos and oneCycle both move 'lr'/,
  ],
  [
    'a place that has no save handler',
    ({model, x, y}) => model.fit(x, y, {callbacks: checkpoint('nowhere://x')}),
    /saves to a URL such as indexeddb:\/\/name.*got 'nowhere:\/\/x'/,
  ],
  [
    'no place',
    ({model, x, y}) => model.fit(x, y, {callbacks: [call(checkpoint)].filter(isCallback)}),
    /saves to a URL.*got undefined/,
  ],
  [
    'averages that do not exist',
    ({model, x, y}) => model.fit(x, y, {callbacks: evaluateAverages()}),
    /no callback of this optimizer has averages to show\. Wrap it in `ema`/,
  ],
  [
    'a boundary that is a number',
    ({model}) => call(layerGroups, model, [1]),
    /A boundary must be a layer or a name; got 1/,
  ],
  [
    'one name for boundaries',
    ({model}) => call(layerGroups, model, 'high'),
    /must be a list of layers or names, or a function; got 'high'/,
  ],
  ['an empty name', ({model}) => layerGroups(model, ['']), /must not be an empty name; got ''/],
  [
    'a number for onCount',
    async ({model, x, y}) => call(fitOneCycle, model, (await samples(x, y)).batch(4), {onCount: 3}),
    /^'onCount' must be a function; got 3\.$/,
  ],
  [
    'a callback that never got its model',
    async () => {
      await oneCycle().onTrainBegin();
    },
    /^This callback did not get its model\. Give it to `fit` or `fitDataset` alone, in a list without plain objects/,
  ],
  [
    'a callback with a model of another copy of tfjs-layers',
    () => {
      call(oneCycle().setModel.bind(oneCycle()), {layers: []});
    },
    /need a LayersModel of their own copy of tfjs-layers; got another object\. If `npm ls/,
  ],
  [
    'record of gradients that are text',
    ({model, optimizer, x, y}) =>
      model.fit(x, y, {
        callbacks: fitCallbacks([
          record({gradNorm: true}),
          {
            onBatchBegin: () => {
              call(optimizer.applyGradients.bind(optimizer), 'gradients');
            },
          },
        ]),
      }),
    /^applyGradients needs gradients by name, or a list of them; got 'gradients'\.$/,
  ],
];

function isCallback(x: unknown): x is tf.CustomCallback {
  return x instanceof tf.CustomCallback;
}

describe('Bad input', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const [what, make, message] of made) {
    it(`is refused when it is made: ${what}`, () => {
      expect(make).toThrowError(message);
    });
  }

  for (const [what, run, message] of training) {
    it(`is refused and changes nothing: ${what}`, async () => {
      const given = grouped();
      const {model, optimizer, x, y, dispose} = given;
      await model.fit(x, y, {batchSize: 4});
      optimizer.setFreeze(0, false, true);
      const before = [await snapshot(optimizer), await bitsOf(model.getWeights())];
      await expectAsync(Promise.resolve().then(() => run(given))).toBeRejectedWithError(message);
      expect([await snapshot(optimizer), await bitsOf(model.getWeights())]).toEqual(before);
      dispose();
    });
  }

  it('is refused where a callback needs the learning rate, and the optimizer has none', async () => {
    const still = callback('stillInFit', {}, ({p}) => ({p}));
    const {model, x, y, dispose} = tinyFit(new Optimizer([still], {}));
    await expectAsync(model.fit(x, y, {callbacks: reduceLROnPlateau()})).toBeRejectedWithError(
      "reduceLROnPlateau needs an optimizer with the hyper 'lr'; this optimizer has no 'lr'.",
    );
    expect(optimizerOf(model).iterations).toBe(0);
    dispose();
  });

  it('is refused where an iterator of a dataset returns nothing', async () => {
    const {model, dispose} = grouped();
    const dataset = tf.data.array([1]);
    const restore = replaceMethod(dataset, 'iterator', () => () => Promise.resolve({next: () => Promise.resolve(3)}));
    Reflect.set(dataset, 'size', undefined);
    await expectAsync(fitOneCycle(model, dataset)).toBeRejectedWithError(
      'An iterator of a dataset must return objects with `value` and `done`; next() returned 3.',
    );
    restore();
    expect(optimizerOf(model).iterations).toBe(0);
    dispose();
  });

  it('is refused on datasets too', async () => {
    const {model, x, y, dispose} = grouped();
    const dataset = (await samples(x, y)).batch(4);
    await expectAsync(Promise.resolve(call(fineTune, model, dataset, {epoch: 2}))).toBeRejectedWithError(
      /^fineTune has no setting 'epoch'\. Did you mean 'epochs'\?/,
    );
    expect(optimizerOf(model).iterations).toBe(0);
    dispose();
  });
});
