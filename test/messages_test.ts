import {
  accumulate,
  adaBelief,
  adadelta,
  adafactor,
  adagrad,
  Adam,
  adam,
  adamax,
  adamW,
  adan,
  adopt,
  applyConstraints,
  applyOpenWindow,
  averageGrad,
  callback,
  cautious,
  cautiousDecay,
  clipGlobalNorm,
  clipGradNorm,
  combine,
  correctedDecay,
  cos,
  ema,
  evaluateAverages,
  fineTune,
  fitCallbacks,
  fitFlatCos,
  fitOneCycle,
  fitSgdr,
  l2Reg,
  lamb,
  laProp,
  larc,
  larcLayerLr,
  layerGroups,
  layerwiseDecay,
  lion,
  loadOptimizer,
  lookahead,
  lrFind,
  mars,
  momentumStep,
  muon,
  oneCycle,
  Optimizer,
  optimizers,
  OptimWrapper,
  paramScheduler,
  partition,
  prodigy,
  qhAdam,
  rAdam,
  ranger,
  record,
  reduceLROnPlateau,
  rmsProp,
  saveOptimizer,
  scheduleFree,
  SGD,
  sgd,
  sgdStep,
  skipNonFinite,
  slice,
  stableAdamW,
  startAt,
  stepStat,
  weightDecay,
} from '../src';
import {registerGpuTraining} from '../src/gpu_training';
import {writeSafetensors} from '../src/interchange';
import {registerWasmTraining} from '../src/wasm_training';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {call} from './support/untyped_call';

/** Makes an object with arguments that TypeScript would refuse. */
function make(cls: new (...args: never[]) => unknown, ...args: unknown[]): unknown {
  const result: unknown = Reflect.construct(cls, args);
  return result;
}

/** The objects that the calls of the table use. */
function things() {
  const model = tf.sequential({
    name: 'net',
    layers: [tf.layers.dense({inputShape: [2], units: 1, name: 'body'}), tf.layers.dense({units: 1, name: 'head'})],
  });
  const optimizer = adam(0.1, {params: model});
  model.compile({optimizer, loss: 'meanSquaredError'});
  const [x, y] = [tf.ones([4, 2]), tf.ones([4, 1])];
  const dataset = tf.data.array([{xs: [1, 2], ys: [1]}]).batch(1);
  return {model, optimizer, x, y, dataset, w: present(optimizer.paramLists.flat()[0])};
}

type Things = ReturnType<typeof things>;
type Row = readonly [what: string, act: (given: Things) => unknown, message: string];

const START_AT = "startAt takes a function and the setting {space: 'weight'}; got 'weight'.";
const COMBINED =
  'A combined schedule takes the shares of its parts first, as in combine([0.25, 0.75], [lin(0, 1), cos(1, 0)]); ';
const twice = (decay: string) => `${decay} is there twice, and both would decay the weights; leave one out.`;
const inItsStep = (rule: string, decay: string) => `${rule} decays the weights by itself; leave ${decay} out.`;
const itself = (rule: string, decay: string) =>
  `${rule} decays the weights by itself; leave ${decay} out, or write {decay: ${decay}}.`;
const factoryName = (factory: unknown) => present(optimizers.find(({make: one}) => one === factory)).name;
const ADAM_HYPERS = 'Known: lr, wd, mom, sqrMom, eps';
const OF_FIT =
  'those of fit and fitDataset are batchSize, epochs, verbose, callbacks, validationSplit, validationData, ' +
  'shuffle, classWeight, sampleWeight, ' +
  'initialEpoch, stepsPerEpoch, validationSteps, yieldEvery, batchesPerEpoch, validationBatchSize, ' +
  'validationBatches, signal, onProgress, onCount, keepWindow.';

const rows: readonly Row[] = [
  // The learning rate goes first.
  [
    'adam({lr})',
    () => call(adam, {lr: 1e-3}),
    'adam takes the learning rate first; got {lr: 0.001}. Write adam(0.001).',
  ],
  [
    'adam({lr, wd})',
    () => call(adam, {lr: 0.01, wd: 0}),
    'adam takes the learning rate first; got {lr: 0.01, wd: 0}. Write adam(0.01, {wd: 0}).',
  ],
  [
    'sgd({mom})',
    () => call(sgd, {mom: 0.9}),
    'sgd takes the learning rate first; got {mom: 0.9}. Write sgd(0.001, {mom: 0.9}).',
  ],
  [
    'new Adam(weights, lr)',
    ({model}) => make(Adam, model.trainableWeights, 0.01),
    'adam takes the learning rate first; got [a LayerVariable, a LayerVariable, a LayerVariable, a ' +
      'LayerVariable]. Write adam(0.01, {params: …}).',
  ],
  [
    'new SGD(variables)',
    ({w}) => make(SGD, [w]),
    'sgd takes the learning rate first; got [a Variable]. Write sgd(0.001, {params: …}).',
  ],
  [
    'adam(model, lr)',
    ({model}) => call(adam, model, 0.01),
    'adam takes the learning rate first; got a Sequential. Write adam(0.01, {params: …}).',
  ],
  ['adam(null)', () => call(adam, null), 'adam takes the learning rate first; got null. Write adam(0.001).'],
  ["adam('0.001')", () => call(adam, '0.001'), "adam takes the learning rate first; got '0.001'. Write adam(0.001)."],
  [
    'adamW({lr})',
    () => call(adamW, {lr: 1e-3}),
    'adamW takes the learning rate first; got {lr: 0.001}. Write adamW(0.001).',
  ],
  [
    "ranger('fast')",
    () => call(ranger, 'fast'),
    "ranger takes the learning rate first; got 'fast'. Write ranger(0.001).",
  ],
  [
    'adam({learningRate})',
    () => call(adam, {learningRate: 0.1}),
    'adam takes the learning rate first; got {learningRate: 0.1}. Write adam(0.1).',
  ],
  [
    'adam({learning_rate, beta_1})',
    () => call(adam, {learning_rate: 0.1, beta_1: 0.9}),
    'adam takes the learning rate first; got {learning_rate: 0.1, beta_1: 0.9}. Write adam(0.001, {…}).',
  ],
  [
    'adam(cos)',
    () => call(adam, cos(1e-3, 0)),
    "adam takes the learning rate first; got {kind: 'cos', start: 0.001, end: 0}. Write adam(0.001, {…}).",
  ],
  // Callbacks in the wrong place.
  ...(
    [
      ['fitCallbacks([skipNonFinite])', () => call(fitCallbacks, [skipNonFinite]), 'skipNonFinite', 'callbacks'],
      ['fitCallbacks([clipGlobalNorm])', () => call(fitCallbacks, [clipGlobalNorm]), 'clipGlobalNorm', 'callbacks'],
      ['fitCallbacks([cautious])', () => call(fitCallbacks, [cautious]), 'cautious', 'after'],
    ] as const
  ).map(([what, act, name, setting]): Row => [
    what,
    act,
    `Callback 0 of the list is ${name}, which belongs to the optimizer: adam(lr, {${setting}: [${name}]}).`,
  ]),
  [
    'fitCallbacks([accumulate(4)])',
    () => call(fitCallbacks, [accumulate(4)]),
    'Callback 0 of the list is a list that belongs to the optimizer: adam(lr, {callbacks: [...accumulate(4)]}).',
  ],
  [
    'clipGlobalNorm()',
    () => call(clipGlobalNorm),
    "clipGlobalNorm needs 'p', a tensor; got undefined. In an optimizer, do not call it.",
  ],
  [
    'adam(lr, {callbacks: [oneCycle()]})',
    () => call(adam, 0.1, {callbacks: [oneCycle()]}),
    'Callback 0 must be made with callback(…); got a ParamScheduler. Those of fit belong to model.fit.',
  ],
  [
    'adam(lr, {after: {onEpochEnd}})',
    () => call(adam, 0.1, {after: [{onEpochEnd: 1}]}),
    'Callback 5 must be made with callback(…); got {onEpochEnd: 1}. Those of fit belong to model.fit.',
  ],
  // Places, and functions that take nothing.
  ...([undefined, null, 3] as const).flatMap((place): readonly Row[] => [
    [
      `saveOptimizer(optimizer, ${place})`,
      ({optimizer}) => call(saveOptimizer, optimizer, place),
      `saveOptimizer takes a place, a URL or an IOHandler; got ${place}. ` +
        "Write saveOptimizer(optimizer, 'indexeddb://name').",
    ],
    [
      `loadOptimizer(${place})`,
      () => call(loadOptimizer, place),
      `loadOptimizer takes a place, a URL or an IOHandler; got ${place}. Write loadOptimizer('indexeddb://name').`,
    ],
  ]),
  [
    'saveOptimizer(of tf.train)',
    () => call(saveOptimizer, tf.train.sgd(0.1), 'localstorage://x'),
    'saveOptimizer takes an optimizer of tfjs-optim first; got an SGDOptimizer. Wrap those of tf.train by ' +
      'new OptimWrapper(…).',
  ],
  ...([true, {relaxedSimd: true}] as const).map((given): Row => [
    `registerGpuTraining(${JSON.stringify(given)})`,
    () => call(registerGpuTraining, given),
    `registerGpuTraining takes no arguments; got ${given === true ? 'true' : '{relaxedSimd: true}'}.`,
  ]),
  [
    'registerWasmTraining(null)',
    () => call(registerWasmTraining, null),
    'registerWasmTraining takes its settings in an object; got null. Write registerWasmTraining({…}).',
  ],
  [
    'registerWasmTraining(true)',
    () => call(registerWasmTraining, true),
    'registerWasmTraining takes its settings in an object; got true. Write registerWasmTraining({relaxedSimd: true}).',
  ],
  [
    'evaluateAverages(model)',
    ({model}) => call(evaluateAverages, model),
    'evaluateAverages takes its settings in an object; got a Sequential. Write evaluateAverages({…}).',
  ],
  ['startAt(f, weight)', () => call(startAt, () => 0, 'weight'), START_AT],
  [
    'writeSafetensors(model)',
    ({model}) => call(writeSafetensors, model),
    'writeSafetensors takes a Map of tensors by name first; got a Sequential. For a model, use toTorch(model) or ' +
      'saveKeras(model).',
  ],
  // Something else than an optimizer, a model or a setting of this kind.
  [
    'applyOpenWindow(model)',
    ({model}) => call(applyOpenWindow, model),
    'applyOpenWindow takes an optimizer of tfjs-optim first; got a Sequential. Write ' +
      'applyOpenWindow(optimizerOf(model)) for the optimizer of a model.',
  ],
  [
    'applyConstraints(optimizer)',
    ({optimizer}) => call(applyConstraints, optimizer),
    'applyConstraints needs a model of tfjs-layers; got an Adam.',
  ],
  [
    'layerwiseDecay(lr, decay)',
    () => call(layerwiseDecay, 1e-3, 0.5),
    "'groups' must be a whole number from 1; got undefined.",
  ],
  [
    'layerwiseDecay(lr, decay, model)',
    ({model}) => call(layerwiseDecay, 1e-3, 0.5, model),
    "'groups' must be a whole number from 1; got a Sequential.",
  ],
  ['combine(share, parts)', () => call(combine, 0.25, [cos(1, 0)]), `${COMBINED}got 0.25.`],
  [
    'combine(parts, shares)',
    () => call(combine, [cos(1, 0)], [1]),
    `${COMBINED}got [{kind: 'cos', start: 1, end: 0}].`,
  ],
  [
    'adamW(lr, {noWd: true})',
    () => call(adamW, 0.1, {noWd: true}),
    "'noWd' must be a function, as in ({name}) => name.includes('bias'); got true.",
  ],
  ["adamW(lr, {trainBn: 'x'})", () => call(adamW, 0.1, {trainBn: 'x'}), "'trainBn' must be true or false; got 'x'."],
  ['adamW(lr, {wdBnBias: 1})', () => call(adamW, 0.1, {wdBnBias: 1}), "'wdBnBias' must be true or false; got 1."],
  [
    "muon(lr, {head: 'dense'})",
    () => call(muon, 0.1, {head: 'dense'}),
    "A parameter must be a tf.Variable, a layer's weight, a layer or a LayersModel; got 'dense'.",
  ],
  [
    'muon([])',
    () => call(muon, []),
    "muon: 'lr' must be a value, or a list with one value per group; got an empty list.",
  ],
  [
    'muon(lr, {mom: []})',
    () => call(muon, 0.1, {mom: []}),
    "muon: 'mom' must be a value, or a list with one value per group; got an empty list.",
  ],
  [
    'new Optimizer(callbacks)',
    () => make(Optimizer, [sgdStep]),
    "The hyper 'lr' has no default: give it, as in {lr: …}.",
  ],
  [
    'setHyper({lr: undefined})',
    ({optimizer}) => call(optimizer.setHyper.bind(optimizer), {lr: undefined}),
    "'lr' must be a finite number; got undefined.",
  ],
  [
    'setHyper(lr)',
    ({optimizer}) => call(optimizer.setHyper.bind(optimizer), 'lr'),
    "'lr' must be a finite number; got undefined.",
  ],
  [
    'parts[0].setHyper(lr, undefined)',
    () => partition([{by: sgd(1)}]).parts[0].setHyper({lr: undefined}),
    "'lr' must be a finite number; got undefined.",
  ],
  // Options that are true or false.
  [
    "muon(lr, {nesterov: 'yes'})",
    () => call(muon, 0.1, {nesterov: 'yes'}),
    "'nesterov' must be true or false; got 'yes'.",
  ],
  [
    'an option of a callback as a setting',
    () => make(Optimizer, [averageGrad, momentumStep], {lr: 0.1, dampening: 1}),
    "'dampening' must be true or false; got 1.",
  ],
  // Settings that do nothing without others.
  ...(
    [
      [adafactor, {warmupInit: true}, 'relativeStep: true'],
      [adafactor, {scaleParameter: false}, 'relativeStep: true'],
      [adafactor, {epsScale: 1e-2}, 'relativeStep: true'],
      [adafactor, {relativeStep: true, scaleParameter: false, epsScale: 1e-2}, 'scaleParameter: true'],
      [adopt, {clip: false, clipExp: 0.3}, 'clip: true'],
      [adaBelief, {rectify: false, sgdPhase: false}, 'rectify: true'],
      [mars, {lion: true, sqrMom: 0.9}, 'lion: false'],
      [mars, {optimize1d: true, mom1d: 0.8}, 'optimize1d: false'],
      [mars, {optimize1d: true, sqrMom1d: 0.8}, 'optimize1d: false'],
      [mars, {optimize1d: true, lrScale1d: 0.8}, 'optimize1d: false'],
      [mars, {optimize1d: true, wd1d: 0.8}, 'optimize1d: false'],
      [mars, {optimize1d: true, lion: true, eps: 1e-6}, 'optimize1d: false'],
      [mars, {optimize1d: true, lion: true, amsgrad: true}, 'optimize1d: false'],
      [muon, {normalizeSpatial: false}, "convMode: 'batched'"],
    ] as const
  ).map(([factory, settings, needed]): Row => {
    const names = Object.keys(settings);
    const [idle] = names.slice(-1);
    return [
      `${factoryName(factory)}(lr, {${names.join()}})`,
      () => call(factory, 0.1, settings),
      `${factoryName(factory)}: '${idle}' needs ${needed}; set it, or leave '${idle}' out.`,
    ];
  }),
  // Options that a row has set are not settings.
  [
    'adamW(lr, {dampening})',
    () => call(adamW, 0.1, {dampening: false}),
    `No callback of this optimizer has a hyper 'dampening'. ${ADAM_HYPERS}; settings: ….`,
  ],
  [
    'laProp(lr, {decayed})',
    () => call(laProp, 0.1, {decayed: false}),
    "No callback of this optimizer has a hyper 'decayed'. Known: lr, wd, sqrMom, mom, eps; settings: ….",
  ],
  // What would do nothing, or the same twice.
  [
    'new Optimizer([])',
    () => make(Optimizer, [], {}),
    'An optimizer needs a callback that makes a step, such as sgdStep; got none.',
  ],
  [
    'an optimizer without a step',
    () => new Optimizer([weightDecay, averageGrad, stepStat], {lr: 0.1}),
    'An optimizer needs a callback that makes a step, such as sgdStep; got weightDecay, averageGrad, stepStat.',
  ],
  ...[[skipNonFinite], [skipNonFinite, averageGrad], [averageGrad, larcLayerLr]].map(
    (callbacks): readonly [string, () => unknown, string] => {
      const names = callbacks.map(({name}) => name).join(', ');
      return [
        `only ${names}`,
        () => new Optimizer(callbacks, {lr: 0.1}),
        `An optimizer needs a callback that makes a step, such as sgdStep; got ${names}.`,
      ];
    },
  ),
  ...(
    [
      ['adam', 'first', 'adam(', () => call(adam, 0.1, {lr: 0.5})],
      ['muon', 'first', 'muon(', () => call(muon, 0.1, {lr: 0.5})],
      ['scheduleFree', 'second', "scheduleFree('sgd', ", () => call(scheduleFree, 'sgd', 0.1, {lr: 0.5})],
    ] as const
  ).map(([name, place, begin, act]): Row => [
    `${name} with two rates`,
    act,
    `${name} takes the learning rate ${place}; leave 'lr' out of the settings. Write ${begin}0.5, {…}).`,
  ]),
  [
    'hpMap the other way round',
    () => new OptimWrapper(tf.train.adam(0.1), {hpMap: {mom: 'beta1'}}),
    "OptimWrapper: 'hpMap' names mom, but the hypers of Adam are learningRate, beta1, beta2, epsilon. Write the " +
      "optimizer's name first, as in {beta1: 'mom'}.",
  ],
  [
    'hpMap as a text',
    () => make(OptimWrapper, tf.train.adam(0.1), {hpMap: 'x'}),
    "OptimWrapper: 'hpMap' must be an object such as {beta1: 'mom'}; got 'x'.",
  ],
  [
    'a setting of laProp that is misspelt',
    () => call(laProp, 0.1, {callback: []}),
    "No callback of this optimizer has a hyper 'callback'. Did you mean 'callbacks'? Known: lr, wd, sqrMom, mom, " +
      'eps; settings: ….',
  ],
  [
    'record with a text',
    () => call(record, {hypers: 'lr'}),
    "record: 'hypers' must be true, false or a list of names such as ['lr']; got 'lr'.",
  ],
  [
    'record with a text as a switch',
    () => call(record, {gradNorm: 'no'}),
    "'gradNorm' must be true or false; got 'no'.",
  ],
  ['sgd with weightDecay', () => sgd(0.1, {wd: 0.5, callbacks: [weightDecay]}), itself('sgd', 'weightDecay')],
  ['adam with weightDecay after it', () => adam(0.1, {after: [weightDecay]}), itself('adam', 'weightDecay')],
  ['sgd with l2Reg', () => sgd(0.1, {wd: 0.5, decoupleWd: false, callbacks: [l2Reg]}), itself('sgd', 'l2Reg')],
  ['adam with l2Reg', () => adam(0.1, {wd: 0.5, callbacks: [l2Reg]}), itself('adam', 'l2Reg')],
  [
    'adam with two other decays',
    () => adam(0.1, {wd: 0.5, lr0: 0.1, callbacks: [correctedDecay], decay: cautiousDecay}),
    itself('adam', 'correctedDecay'),
  ],
  [
    'a partition with weightDecay',
    () => partition([{by: sgd(0.1)}], {callbacks: [weightDecay]}),
    twice('weightDecay'),
  ],
  ['muon with weightDecay', () => muon(0.1, {callbacks: [weightDecay]}), twice('weightDecay')],
  [
    'OptimWrapper with weightDecay twice',
    () => new OptimWrapper(tf.train.sgd(0.1), {callbacks: [weightDecay, weightDecay], wd: 0.5}),
    twice('weightDecay'),
  ],
  ['l2Reg twice', () => new Optimizer([l2Reg, sgdStep, l2Reg], {lr: 1, wd: 0.5}), twice('l2Reg')],
  ['adan with weightDecay', () => adan(0.1, {callbacks: [weightDecay]}), inItsStep('adan', 'weightDecay')],
  ['prodigy with weightDecay', () => prodigy(1, {callbacks: [weightDecay]}), inItsStep('prodigy', 'weightDecay')],
  ['stableAdamW with l2Reg after it', () => stableAdamW(0.1, {after: [l2Reg]}), inItsStep('stableAdamW', 'l2Reg')],
  // Texts do not count as numbers, and are shown with quotes.
  ["{minLr: '0'}", () => call(reduceLROnPlateau, {minLr: '0'}), "'minLr' must be a number from 0; got '0'."],
  [
    "{pctStart: '0.5'}",
    () => call(oneCycle, {pctStart: '0.5'}),
    "'pctStart' must be a share, from 0 to 1; got '0.5'.",
  ],
  ["{keep: 'true'}", () => call(oneCycle, {keep: 'true'}), "'keep' must be true or false; got 'true'."],
  [
    "{relaxedSimd: 'true'}",
    () => call(registerWasmTraining, {relaxedSimd: 'true'}),
    "'relaxedSimd' must be true or false; got 'true'.",
  ],
  [
    "accumulate('4')",
    () => call(accumulate, '4'),
    "accumulate takes the number of calls per step, a whole number from 1; got '4'.",
  ],
  [
    "freezeTo('d0')",
    ({optimizer}) => call(optimizer.freezeTo.bind(optimizer), 'd0'),
    "freezeTo takes the index of the first group to train, a whole number; got 'd0'.",
  ],
  [
    "loadStateDict('x')",
    ({optimizer}) => call(optimizer.loadStateDict.bind(optimizer), 'x'),
    "loadStateDict takes what stateDict() returned; got 'x'.",
  ],
  // Large objects are named by their first properties.
  [
    'a large object for fitCallbacks',
    () => call(fitCallbacks, Object.fromEntries(Array.from({length: 43}, (_, i) => [`k${i}`, i]))),
    'fitCallbacks needs a list of callbacks; got an object with k0, k1, k2 and 40 others.',
  ],
  // Settings are one object, which is the last argument.
  [
    'adam(lr, b1, b2)',
    () => call(adam, 1e-3, 0.9, 0.999),
    'adam takes its settings in an object; got 0.9, 0.999. Write adam(0.001, {mom: 0.9, sqrMom: 0.999}).',
  ],
  [
    'adam(lr, b1, b2, eps)',
    () => call(adam, 1e-3, 0.9, 0.999, 1e-7),
    'adam takes its settings in an object; got 0.9, 0.999, 1e-7. Write adam(0.001, {mom: 0.9, sqrMom: 0.999, ' +
      'eps: 1e-7}).',
  ],
  [
    'new Adam(lr, b1)',
    () => make(Adam, 1e-3, 0.9),
    'adam takes its settings in an object; got 0.9. Write adam(0.001, {mom: 0.9}).',
  ],
  [
    'adamW(lr, b1)',
    () => call(adamW, 1e-3, 0.9),
    'adamW takes its settings in an object; got 0.9. Write adamW(0.001, {mom: 0.9}).',
  ],
  [
    'sgd(lr, mom)',
    () => call(sgd, 0.1, 0.9),
    'sgd takes its settings in an object; got 0.9. Write sgd(0.1, {mom: 0.9}).',
  ],
  [
    'rmsProp(lr, decay, mom)',
    () => call(rmsProp, 0.1, 0.9, 0),
    'rmsProp takes its settings in an object; got 0.9, 0. Write rmsProp(0.1, {sqrMom: 0.9, mom: 0}).',
  ],
  [
    'rAdam(slice, mom)',
    () => call(rAdam, slice(0.1), 0.9),
    'rAdam takes its settings in an object; got 0.9. Write rAdam(lr, {mom: 0.9}).',
  ],
  [
    'qhAdam(lr, mom)',
    () => call(qhAdam, 0.1, 0.9),
    'qhAdam takes its settings in an object; got 0.9. Write qhAdam(0.1, {mom: 0.9}).',
  ],
  [
    'larc(lr, mom)',
    () => call(larc, 0.1, 0.9),
    'larc takes its settings in an object; got 0.9. Write larc(0.1, {mom: 0.9}).',
  ],
  [
    'lamb(lr, mom)',
    () => call(lamb, 0.1, 0.9),
    'lamb takes its settings in an object; got 0.9. Write lamb(0.1, {mom: 0.9}).',
  ],
  [
    'ranger(lr, mom)',
    () => call(ranger, 0.1, 0.9),
    'ranger takes its settings in an object; got 0.9. Write ranger(0.1, {mom: 0.9}).',
  ],
  [
    'adam(lr, settings, more)',
    () => call(adam, 0.1, {wd: 0}, 0.9),
    'adam takes its settings in an object; got {wd: 0}, 0.9. Write adam(0.1, {wd: 0}).',
  ],
  [
    'adam(lr, null)',
    () => call(adam, 0.1, null),
    'adam takes its settings in an object; got null. Write adam(0.1, {…}).',
  ],
  [
    'lookahead(optimizer, k, alpha)',
    () => call(lookahead, sgd(), 5, 0.8),
    'lookahead takes its settings in an object; got 5, 0.8. Write lookahead(optimizer, {k: 5, alpha: 0.8}).',
  ],
  [
    'lookahead(optimizer, {steps})',
    () => call(lookahead, sgd(), {steps: 5}),
    "lookahead has no option 'steps'; it has k, alpha.",
  ],
  [
    'ema(optimizer, decay)',
    () => call(ema, sgd(), 0.99),
    'ema takes its settings in an object; got 0.99. Write ema(optimizer, {decay: 0.99}).',
  ],
  [
    'new Optimizer(callbacks, lr)',
    () => make(Optimizer, [sgdStep], 0.1),
    'new Optimizer takes its settings in an object; got 0.1. Write new Optimizer(callbacks, {lr: 0.1}).',
  ],
  [
    'new OptimWrapper(optimizer, lr)',
    () => make(OptimWrapper, tf.train.sgd(0.1), 0.1),
    'new OptimWrapper takes its settings in an object; got 0.1. Write new OptimWrapper(optimizer, {lr: 0.1}).',
  ],
  [
    'oneCycle(lrMax)',
    () => call(oneCycle, 0.1),
    'oneCycle takes its settings in an object; got 0.1. Write oneCycle({lrMax: 0.1}).',
  ],
  [
    'oneCycle(settings, more)',
    () => call(oneCycle, {}, 3),
    'oneCycle takes its settings in an object; got {}, 3. Write oneCycle({}).',
  ],
  [
    'reduceLROnPlateau(monitor)',
    () => call(reduceLROnPlateau, 'loss'),
    "reduceLROnPlateau takes its settings in an object; got 'loss'. Write reduceLROnPlateau({monitor: 'loss'}).",
  ],
  [
    'fitOneCycle(model, x, y, epochs)',
    ({model, x, y}) => call(fitOneCycle, model, x, y, 3),
    'fitOneCycle takes its settings in an object; got 3. Write fitOneCycle(model, x, y, {epochs: 3}).',
  ],
  [
    'fitOneCycle(model, x, y, epochs, lrMax)',
    ({model, x, y}) => call(fitOneCycle, model, x, y, 3, 0.1),
    'fitOneCycle takes its settings in an object; got 3, 0.1. Write fitOneCycle(model, x, y, {epochs: 3, lrMax: 0.1}).',
  ],
  [
    'fitOneCycle(model, dataset, epochs)',
    ({model, dataset}) => call(fitOneCycle, model, dataset, 3),
    'fitOneCycle takes its settings in an object; got 3. Write fitOneCycle(model, dataset, {epochs: 3}).',
  ],
  [
    'fitFlatCos(model, x, y, epochs)',
    ({model, x, y}) => call(fitFlatCos, model, x, y, 3),
    'fitFlatCos takes its settings in an object; got 3. Write fitFlatCos(model, x, y, {epochs: 3}).',
  ],
  [
    'fitSgdr(model, x, y, cycles, cycleLen)',
    ({model, x, y}) => call(fitSgdr, model, x, y, 3, 1),
    'fitSgdr takes its settings in an object; got 3, 1. Write fitSgdr(model, x, y, {cycles: 3, cycleLen: 1}).',
  ],
  [
    'fineTune(model, x, y, epochs)',
    ({model, x, y}) => call(fineTune, model, x, y, 3),
    'fineTune takes its settings in an object; got 3. Write fineTune(model, x, y, {epochs: 3}).',
  ],
  [
    'lrFind(model, x, y, numIt)',
    ({model, x, y}) => call(lrFind, model, x, y, 100),
    'lrFind takes its settings in an object; got 100. Write lrFind(model, x, y, {numIt: 100}).',
  ],
  [
    'fitOneCycle(model, x, y, args, more)',
    ({model, x, y}) => call(fitOneCycle, model, x, y, {epochs: 3}, 0.1),
    'fitOneCycle takes its settings in an object; got {epochs: 3}, 0.1. Write fitOneCycle(model, x, y, {epochs: 3}).',
  ],
  // Unknown settings: the message names a function's own settings first.
  [
    'fitOneCycle({maxLr})',
    ({model, x, y}) => call(fitOneCycle, model, x, y, {maxLr: 0.1}),
    "fitOneCycle has no setting 'maxLr'. Did you mean 'lrMax'? Its own are lrMax, wd, div, divFinal, " +
      `pctStart, moms, keep, minutes, seconds; ${OF_FIT}`,
  ],
  [
    'fitOneCycle({lr_max})',
    ({model, x, y}) => call(fitOneCycle, model, x, y, {lr_max: 0.1}),
    "fitOneCycle has no setting 'lr_max'. Did you mean 'lrMax'? Its own are lrMax, wd, div, divFinal, " +
      `pctStart, moms, keep, minutes, seconds; ${OF_FIT}`,
  ],
  [
    'lrFind({numIts})',
    ({model, x, y}) => call(lrFind, model, x, y, {numIts: 3}),
    `lrFind has no setting 'numIts'. Did you mean 'numIt'? Its own are startLr, endLr, numIt, stopDiv; ${OF_FIT}`,
  ],
  [
    'fitFlatCos({batch_size})',
    ({model, x, y}) => call(fitFlatCos, model, x, y, {batch_size: 3}),
    "fitFlatCos has no setting 'batch_size'. Did you mean 'batchSize'? Its own are lrMax, wd, divFinal, " +
      `pctStart, keep, minutes, seconds; ${OF_FIT}`,
  ],
  [
    'fitSgdr({quickly})',
    ({model, x, y}) => call(fitSgdr, model, x, y, {quickly: true}),
    "fitSgdr has no setting 'quickly'. Its own are lrMax, wd, cycles, cycleMult, cycleLen, keep, minutes, seconds; " +
      OF_FIT,
  ],
  [
    'fineTune({epoch}) on a dataset',
    ({model, dataset}) => call(fineTune, model, dataset, {epoch: 3}),
    "fineTune has no setting 'epoch'. Did you mean 'epochs'? Its own are baseLr, freezeEpochs, lrMult, div, " +
      `divFinal, pctStart, moms, wd; ${OF_FIT}`,
  ],
  // The betas of papers, by the hypers that an optimizer has.
  ...(
    [
      [lion, 'betas', 'Write {mom: beta1, slowMom: beta2}. Known: lr, wd, mom, slowMom; settings: ….'],
      [lion, 'beta2', "'beta2' is 'slowMom' here. Known: lr, wd, mom, slowMom; settings: …."],
      [adan, 'beta_3', "'beta_3' is 'sqrMom' here. Known: lr, wd, mom, diffMom, sqrMom, eps; settings: …."],
      [sgd, 'beta2', 'Known: lr, wd, mom; settings: ….'],
      [sgd, 'betas', 'Write {mom: beta1}. Known: lr, wd, mom; settings: ….'],
      [adadelta, 'betas', 'Known: lr, wd, sqrMom, eps; settings: ….'],
    ] as const
  ).map(([make, name, rest]): Row => [
    `${make.name}(lr, {${name}})`,
    () => call(make, 0.1, {[name]: 0.9}),
    `No callback of this optimizer has a hyper '${name}'. ${rest}`,
  ]),
  [
    'lion({wd})',
    () => call(lion, {wd: 0.1}),
    'lion takes the learning rate first; got {wd: 0.1}. Write lion(0.0001, {wd: 0.1}).',
  ],
  ['prodigy({})', () => call(prodigy, {}), 'prodigy takes the learning rate first; got {}. Write prodigy(1).'],
  [
    'scheduleFree(lr)',
    () => call(scheduleFree, 0.01),
    "scheduleFree takes what it steps with first, 'adamW', 'sgd' or 'rAdam'; got 0.01. " +
      "Write scheduleFree('adamW', 0.01).",
  ],
  // Settings are suggested too.
  ...(
    [
      ['skipNonfinite', true, 'skipNonFinite'],
      ['skip_non_finite', true, 'skipNonFinite'],
      ['param', [], 'params'],
      ['callback', [], 'callbacks'],
      ['groups', [], undefined],
      ['decoupledWd', false, 'decoupleWd'],
      ['trainBN', false, 'trainBn'],
    ] as const
  ).map(([name, value, meant]): Row => [
    `adam(lr, {${name}})`,
    () => call(adam, 0.1, {[name]: value}),
    `No callback of this optimizer has a hyper '${name}'. ${meant === undefined ? '' : `Did you mean '${meant}'? `}` +
      `${ADAM_HYPERS}; settings: ….`,
  ]),
  ...['amsGrad', 'AMSGrad', 'ams_grad'].map((name): Row => [
    `adam(lr, {${name}})`,
    () => call(adam, 0.1, {[name]: true}),
    `No callback of this optimizer has a hyper '${name}'. Did you mean 'amsgrad'? ` + `${ADAM_HYPERS}; settings: ….`,
  ]),
  // Names in other libraries.
  ...(
    [
      ['learning_rate', "'learning_rate' is 'lr' here."],
      ['momentum', "'momentum' is 'mom' here."],
      ['weight_decay', "'weight_decay' is 'wd' here."],
      ['beta1', "'beta1' is 'mom' here."],
      ['beta_2', "'beta_2' is 'sqrMom' here."],
      ['epsilon', "'epsilon' is 'eps' here."],
      ['LR', "'LR' is 'lr' here."],
      ['betas', 'Write {mom: beta1, sqrMom: beta2}.'],
      ['clipnorm', 'Make the optimizer with {callbacks: [clipGradNorm], clipNorm: …}.'],
      ['clipNorm', 'Make the optimizer with {callbacks: [clipGradNorm], clipNorm: …}.'],
      ['clipvalue', 'Make the optimizer with {callbacks: [clipGradValue], clipValue: …}.'],
      ['global_clipnorm', 'Make the optimizer with {callbacks: [clipGlobalNorm], globalClipNorm: …}.'],
      ['nesterov', "'nesterov' is an option of sgd, given when the optimizer is made."],
      ['centered', "'centered' is an option of rmsProp, given when the optimizer is made."],
    ] as const
  ).flatMap(([name, hint]): readonly Row[] => {
    const message = `No callback of this optimizer has a hyper '${name}'. ${hint} ${ADAM_HYPERS}.`;
    return [
      [
        `adam(lr, {${name}})`,
        () => call(adam, 0.1, {[name]: 0.5}),
        message.replace(ADAM_HYPERS, `${ADAM_HYPERS}; settings: …`),
      ],
      [
        `setHyper('${name}')`,
        ({optimizer}) => {
          optimizer.setHyper(name, 0.5);
        },
        message,
      ],
      [
        `setHyper({${name}})`,
        ({optimizer}) => {
          optimizer.setHyper({[name]: 0.5});
        },
        message,
      ],
      [
        `hypers[0].${name}`,
        ({optimizer}) => {
          present(optimizer.hypers[0])[name] = 0.5;
        },
        message,
      ],
      [
        `setSchedule({${name}})`,
        ({optimizer}) => {
          optimizer.setSchedule({[name]: cos(0.5, 0)}, {steps: 2});
        },
        message,
      ],
    ];
  }),
  [
    "setHyper('amsgrad')",
    ({optimizer}) => {
      optimizer.setHyper('amsgrad', 1);
    },
    "No callback of this optimizer has a hyper 'amsgrad'. 'amsgrad' is an option of adaBelief, adam, adamW and mars, " +
      `given when the optimizer is made. ${ADAM_HYPERS}.`,
  ],
  [
    'lamb(lr, {like})',
    () => call(lamb, 0.1, {like: 'tf.train'}),
    "No callback of this optimizer has a hyper 'like'. 'like' is an option of adagrad, adadelta, adam, adamax, " +
      `rmsProp and sgd, given when the optimizer is made. ${ADAM_HYPERS}; settings: ….`,
  ],
  ['adam(lr, {amsgrad: 1})', () => call(adam, 0.1, {amsgrad: 1}), "adam: 'amsgrad' must be true or false; got 1."],
  [
    'adam(lr, {like: keras})',
    () => call(adam, 0.1, {like: 'keras'}),
    "adam: 'like' must be 'tf.train' or left out; got 'keras'.",
  ],
  [
    'adamW(lr, {like})',
    () => call(adamW, 0.1, {like: 'tf.train'}),
    "adamW: tf.train has no AdamW; write adam(lr, {like: 'tf.train'}).",
  ],
  [
    'rmsProp(lr, {centered})',
    () => rmsProp(0.1, {centered: true}),
    "rmsProp: 'centered' is that of tf.train; write {centered: true, like: 'tf.train'}.",
  ],
  [
    'sgd(lr, {nesterov}) without momentum',
    () => sgd(0.1, {nesterov: true}),
    "sgd: 'nesterov' changes the momentum, and mom is 0; give a momentum, as in {mom: 0.9}.",
  ],
  [
    'sgd(lr, {dampening}) without momentum',
    () => sgd(0.1, {dampening: 0.5}),
    "sgd: 'dampening' changes the momentum, and mom is 0; give a momentum, as in {mom: 0.9}.",
  ],
  [
    'sgd(lr, {nesterov, dampening})',
    () => sgd(0.1, {mom: 0.9, nesterov: true, dampening: 0.5}),
    "sgd: 'nesterov' needs a dampening of 0; got 0.5. Leave one of them out.",
  ],
  ['sgd(lr, {dampening: 2})', () => sgd(0.1, {mom: 0.9, dampening: 2}), "sgd: 'dampening' must be in [0, 1]; got 2."],
  ['adagrad(lr, {lrDecay: -1})', () => adagrad(0.1, {lrDecay: -1}), "'lrDecay' must be a number from 0; got -1."],
  [
    "adamax(lr).setHyper('decay')",
    () => {
      adamax(0.1).setHyper('decay', 0.1);
    },
    "No callback of this optimizer has a hyper 'decay'. 'decay' is 'lrDecay' here. Known: lr, wd, mom, sqrMom, eps, " +
      'lrDecay.',
  ],
  [
    "rmsProp(lr).setHyper('decay')",
    () => {
      rmsProp(0.1).setHyper('decay', 0.1);
    },
    "No callback of this optimizer has a hyper 'decay'. 'decay' is 'sqrMom' here. Known: lr, wd, sqrMom, eps, mom.",
  ],
  [
    'adagrad(lr, {initial_accumulator_value})',
    () => call(adagrad, 0.1, {initial_accumulator_value: 0.1}),
    "No callback of this optimizer has a hyper 'initial_accumulator_value'. 'initial_accumulator_value' is " +
      "'initialAccumulatorValue' here. Known: lr, wd, initialAccumulatorValue, lrDecay, eps; settings: ….",
  ],
  [
    'clipnorm, with its callback',
    () => call(adam, 0.1, {callbacks: [clipGradNorm], clipNorm: 1, clipnorm: 1}),
    "No callback of this optimizer has a hyper 'clipnorm'. 'clipnorm' is 'clipNorm' here. Known: clipNorm, " +
      'lr, wd, mom, sqrMom, eps; settings: ….',
  ],
  [
    'weight_decay of an optimizer without weight decay',
    () => call(() => new Optimizer([sgdStep], Object.assign({lr: 1}, {weight_decay: 1}))),
    "No callback of this optimizer has a hyper 'weight_decay'. Make the optimizer with {callbacks: " +
      '[weightDecay], wd: …}. Known: lr; settings: ….',
  ],
  ['a hyper that is text', () => call(adam, 0.1, {mom: '0.9'}), "'mom' must be a finite number; got '0.9'."],
  ['a hyper that is null', () => call(adam, 0.1, {mom: null}), "'mom' must be a finite number; got null."],
  [
    'a hyper that is an object',
    ({optimizer}) => {
      Reflect.apply(optimizer.setHyper.bind(optimizer), undefined, ['mom', {mom: 1}]);
    },
    "'mom' must be a finite number; got {mom: 1}.",
  ],
  // One schedule, and functions that make callbacks.
  [
    'paramScheduler(cos(…))',
    () => call(paramScheduler, cos(1, 0)),
    'Schedules must be given by hyper; got one schedule. Write {lr: cos(1e-3, 1e-5)}, with the name of the hyper.',
  ],
  [
    'setSchedule(cos(…))',
    ({optimizer}) => {
      Reflect.apply(optimizer.setSchedule.bind(optimizer), undefined, [cos(1, 0), {steps: 2}]);
    },
    'Schedules must be given by hyper; got one schedule. Write {lr: cos(1e-3, 1e-5)}, with the name of the hyper.',
  ],
  [
    'fitCallbacks([paramScheduler])',
    () => call(fitCallbacks, [paramScheduler]),
    'Callback 0 of the list is the function paramScheduler; it must be what this function returns. Write ' +
      'paramScheduler(…).',
  ],
  [
    'fitCallbacks(oneCycle)',
    () => call(fitCallbacks, oneCycle),
    'The list of fitCallbacks is the function oneCycle; it must be what this function returns. Write oneCycle(…).',
  ],
  [
    'fitOneCycle({callbacks: paramScheduler})',
    ({model, x, y}) => call(fitOneCycle, model, x, y, {callbacks: paramScheduler}),
    '`callbacks` is the function paramScheduler; it must be what this function returns. Write paramScheduler(…).',
  ],
  [
    'fitOneCycle({callbacks: [paramScheduler]})',
    ({model, x, y}) => call(fitOneCycle, model, x, y, {callbacks: [paramScheduler]}),
    'Callback 0 of the list is the function paramScheduler; it must be what this function returns. Write ' +
      'paramScheduler(…).',
  ],
  [
    'fitCallbacks([a class])',
    () => call(fitCallbacks, [tf.CustomCallback]),
    'Callback 0 of the list is the class CustomCallback; it must be an instance of this class. Write new ' +
      'CustomCallback(…).',
  ],
  // Values that are not an optimizer of tf.train, or not one of this package.
  [
    "new OptimWrapper('adam')",
    () => make(OptimWrapper, 'adam'),
    "OptimWrapper takes an optimizer of tf.train; got 'adam'. Write new OptimWrapper(tf.train.adam(…)).",
  ],
  [
    "new OptimWrapper('SGD')",
    () => make(OptimWrapper, 'SGD'),
    "OptimWrapper takes an optimizer of tf.train; got 'SGD'. Write new OptimWrapper(tf.train.sgd(…)).",
  ],
  [
    'new OptimWrapper(null)',
    () => make(OptimWrapper, null),
    'OptimWrapper takes an optimizer of tf.train; got null. Write new OptimWrapper(tf.train.adam(…)).',
  ],
  [
    'lookahead(adam)',
    () => call(lookahead, adam),
    'Only an optimizer of tfjs-optim can be taken over; wrap those of tf.train by new OptimWrapper(…). Got ' +
      'the function adam.',
  ],
  [
    "ema('adam')",
    () => call(ema, 'adam'),
    "Only an optimizer of tfjs-optim can be taken over; wrap those of tf.train by new OptimWrapper(…). Got 'adam'.",
  ],
  // Other things where a variable is needed, or a list of variables.
  [
    'isFrozen of a weight of a layer',
    ({optimizer, model}) => call(optimizer.isFrozen.bind(optimizer), present(model.trainableWeights[0])),
    "This needs a tf.Variable; got a LayerVariable. For a layer's weight, pass weight.read().",
  ],
  [
    'isFrozen of a layer',
    ({optimizer, model}) => call(optimizer.isFrozen.bind(optimizer), present(model.layers[0])),
    "This needs a tf.Variable; got a Dense. For a layer's weight, pass weight.read().",
  ],
  [
    'state.get()',
    ({optimizer: {state}}) => call(state.get.bind(state)),
    "This needs a tf.Variable; got undefined. For a layer's weight, pass weight.read().",
  ],
  [
    'state.set of a layer',
    ({optimizer: {state}, model}) => call(state.set.bind(state), present(model.layers[0]), {doWd: false}),
    "This needs a tf.Variable; got a Dense. For a layer's weight, pass weight.read().",
  ],
  [
    'grads.get of a layer',
    ({optimizer: {grads}, model}) => call(grads.get.bind(grads), present(model.layers[0])),
    "This needs a tf.Variable; got a Dense. For a layer's weight, pass weight.read().",
  ],
  [
    'grads.set of a weight of a layer',
    ({optimizer: {grads}, model, x}) => call(grads.set.bind(grads), present(model.trainableWeights[0]), x),
    "This needs a tf.Variable; got a LayerVariable. For a layer's weight, pass weight.read().",
  ],
  [
    'attach(model)',
    ({optimizer, model}) => call(optimizer.attach.bind(optimizer), model),
    "This needs a tf.Variable; got a Sequential. For a layer's weight, pass weight.read().",
  ],
  [
    'minimize of the weights of layers',
    ({optimizer, model, x}) => call(optimizer.minimize.bind(optimizer), () => x.sum(), false, model.trainableWeights),
    "This needs a tf.Variable; got a LayerVariable. For a layer's weight, pass weight.read().",
  ],
  [
    'minimize of a model',
    ({optimizer, model, x}) => call(optimizer.minimize.bind(optimizer), () => x.sum(), false, model),
    "This needs a list of tf.Variable; got a Sequential. For a layer's weight, pass weight.read().",
  ],
  [
    'minimize of a variable without a list',
    ({optimizer, w, x}) => call(optimizer.minimize.bind(optimizer), () => x.sum(), false, w),
    "This needs a list of tf.Variable; got a Variable. For a layer's weight, pass weight.read().",
  ],
  [
    'backward of a name',
    ({optimizer, x}) => call(optimizer.backward.bind(optimizer), () => x.sum(), 'kernel'),
    "This needs a list of tf.Variable; got 'kernel'. For a layer's weight, pass weight.read().",
  ],
  // Answers of functions.
  [
    'noWd that gives a match',
    ({w}) => {
      const optimizer = call(adamW, 0.1, {params: [w], noWd: ({name}: tf.Variable) => /body/.exec(name)});
      return optimizer instanceof Optimizer && optimizer.summary();
    },
    "`noWd` must return true or false; for 'body/kernel' it returned ['body'].",
  ],
  [
    'noWd that is async, in a saved configuration',
    ({w}) => {
      const optimizer = call(adamW, 0.1, {params: [w], noWd: () => Promise.resolve(true)});
      return optimizer instanceof Optimizer && optimizer.getConfig();
    },
    "`noWd` must return true or false; for 'body/kernel' it returned a Promise.",
  ],
  [
    'boundaries that give a number',
    ({model}) => call(layerGroups, model, () => 1),
    "`boundaries` must return true or false; for 'body' it returned 1.",
  ],
  // Switches.
  [
    'setFreeze(0)',
    ({optimizer}) => call(optimizer.setFreeze.bind(optimizer), 0),
    "'trainable' must be true or false; got undefined.",
  ],
  [
    "setFreeze(0, true, 'no')",
    ({optimizer}) => call(optimizer.setFreeze.bind(optimizer), 0, true, 'no'),
    "'ignoreForceTrain' must be true or false; got 'no'.",
  ],
  [
    'zeroGrad(0)',
    ({optimizer}) => call(optimizer.zeroGrad.bind(optimizer), 0),
    "'setToNone' must be true or false; got 0.",
  ],
  [
    "allParams(0, 'grad')",
    ({optimizer}) => call(optimizer.allParams.bind(optimizer), 0, 'grad'),
    "'withGrad' must be true or false; got 'grad'.",
  ],
  // Weights.
  [
    'setWeights()',
    ({optimizer}) => call(optimizer.setWeights.bind(optimizer)),
    'setWeights takes a list of {name, tensor}; got undefined. Write setWeights(await other.getWeights()).',
  ],
  [
    'setWeights without await',
    ({optimizer}) => call(optimizer.setWeights.bind(optimizer), optimizer.getWeights()),
    'setWeights takes a list of {name, tensor}; got a Promise. Write setWeights(await other.getWeights()).',
  ],
  [
    'setWeights([tensor])',
    ({optimizer, x}) => call(optimizer.setWeights.bind(optimizer), [x]),
    'setWeights takes a list of {name, tensor}; got [a Tensor]. Write setWeights(await other.getWeights()).',
  ],
  // Gradients.
  [
    'applyGradients()',
    ({optimizer}) => call(optimizer.applyGradients.bind(optimizer)),
    'applyGradients takes a list of {name: variable.name, tensor: gradient}; got undefined.',
  ],
  [
    'applyGradients(a map)',
    ({optimizer, w}) => call(optimizer.applyGradients.bind(optimizer), new Map([[w, w]])),
    'applyGradients takes a list of {name: variable.name, tensor: gradient}; got a Map.',
  ],
  [
    'applyGradients([tensor])',
    ({optimizer, x}) => {
      Reflect.apply(optimizer.applyGradients.bind(optimizer), undefined, [[x]]);
    },
    'applyGradients takes a list of {name: variable.name, tensor: gradient}; got a Tensor.',
  ],
  [
    'applyGradients([variable])',
    ({optimizer, w}) => {
      Reflect.apply(optimizer.applyGradients.bind(optimizer), undefined, [[w]]);
    },
    'applyGradients takes a list of {name: variable.name, tensor: gradient}; got a Variable.',
  ],
  [
    'applyGradients([{name, grad}])',
    ({optimizer, w}) => {
      Reflect.apply(optimizer.applyGradients.bind(optimizer), undefined, [[{name: w.name, grad: 1}]]);
    },
    "applyGradients takes a list of {name: variable.name, tensor: gradient}; got {name: 'body/kernel', grad: 1}.",
  ],
  // Groups and parameters.
  [
    'a layer without weights',
    () => adam(0.1, {params: [tf.layers.dense({units: 1, name: 'lonely'})]}),
    "The layer 'lonely' in `params` has no weights yet. Make the optimizer after the layer became part of a model.",
  ],
  [
    'a number for params',
    () => call(adam, 0.1, {params: 3}),
    "A parameter must be a tf.Variable, a layer's weight, a layer or a LayersModel; got 3.",
  ],
  [
    'a tensor for params',
    ({x}) => call(adam, 0.1, {params: [x]}),
    "A parameter must be a tf.Variable, a layer's weight, a layer or a LayersModel; got a Tensor.",
  ],
  [
    'a weight without a variable',
    () => call(adam, 0.1, {params: {name: 'body/kernel', originalName: 'body/kernel', read: () => 3}}),
    "The weight 'body/kernel' holds no tf.Variable; this version of tfjs-layers is not supported.",
  ],
  [
    'freezeTo(-2) of one group',
    ({optimizer}) => {
      optimizer.freezeTo(-2);
    },
    'There is no parameter group -2; there are 1.',
  ],
  // Data.
  [
    'text for x',
    ({model, y}) => call(fitOneCycle, model, ['a', 'b'], y),
    "'x' must be a tensor or a non-empty array of numbers; got ['a', 'b'].",
  ],
  [
    'no numbers for y',
    ({model, x}) => call(fitOneCycle, model, x, []),
    "'y' must be a tensor or a non-empty array of numbers; got [].",
  ],
  [
    'validationData of one',
    ({model, x, y}) => call(fitOneCycle, model, x, y, {validationData: [x]}),
    "'validationData' must be a list of inputs and outputs, [x, y]; got [a Tensor].",
  ],
];

describe('Word for word', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const [what, act, message] of rows) {
    it(`says of ${what}`, async () => {
      const given = things();
      // The names of tfjs depend on what was made before.
      const said = await Promise.resolve()
        .then(() => act(given))
        .then(
          () => 'nothing',
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
      const shortened = said.replace(/(; settings: )[^.]*/, '$1…');
      expect(shortened.replace(/body\/kernel_\d+/, 'body/kernel').replace(/\b(an?) _?(\w+?)\d*\b/g, '$1 $2')).toBe(
        message,
      );
      expect(given.optimizer.iterations).toBe(0);
      given.optimizer.dispose();
      given.model.dispose();
      tf.dispose([given.x, given.y]);
    });
  }

  it('takes entries of gradients without a tensor, which tfjs passes in', () => {
    const {optimizer, model, w, x, y} = things();
    optimizer.applyGradients([
      {name: w.name, tensor: undefined},
      {name: 'whatever', tensor: null},
    ]);
    expect(optimizer.iterations).toBe(1);
    optimizer.dispose();
    model.dispose();
    tf.dispose([x, y]);
  });

  it('lists the settings that an optimizer takes, and suggests the nearest', () => {
    const base = 'params, trainBn, wdBnBias, noWd';
    const ofStep = `callbacks, after, skipNonFinite, maxGradNorm, ${base}.`;
    const says = (act: () => unknown, hint: string, known: string) => {
      expect(act).toThrowError(new RegExp(`Did you mean '${hint}'\\? Known: .*; settings: ${known}$`));
    };
    const adams = `amsgrad, like, decoupleWd, decay, ${ofStep}`;
    says(() => call(adam, 1e-3, {maxGradnorm: 1}), 'maxGradNorm', adams);
    says(() => call(adam, 1e-3, {amsgard: true}), 'amsgrad', adams);
    says(() => call(adan, 1e-3, {callback: []}), 'callbacks', `prox, ${ofStep}`);
    says(() => make(OptimWrapper, tf.train.adam(1e-3), {callback: []}), 'callbacks', `hpMap, ${ofStep}`);
    says(() => make(OptimWrapper, tf.train.adam(1e-3), {skipNonfinite: true}), 'skipNonFinite', `hpMap, ${ofStep}`);
    says(() => make(Optimizer, [sgdStep], {lr: 1, param: []}), 'params', `${base}.`);
    const muons =
      'nesterov, nsSteps, coefficients, lrScale, convMode, normalizeSpatial, safety, scaleEps, head, of, ' +
      `decoupleWd, decay, rest, ${ofStep}`;
    for (const [wrong, meant] of [
      ['callback', 'callbacks'],
      ['param', 'params'],
      ['nestrov', 'nesterov'],
    ] as const)
      says(() => call(muon, 1e-2, {[wrong]: []}), meant, muons);
  });

  it('counts the hypers of your own callbacks as known names', () => {
    const own = callback('messagesOwn', {hypers: {share: 0.5}}, ({p, share}) => ({p: p.mul(share)}));
    expect(() => call(() => new Optimizer([weightDecay, own], Object.assign({lr: 1}, {shares: 1})))).toThrowError(
      "No callback of this optimizer has a hyper 'shares'. Known: lr, wd, share; settings: params, trainBn, " +
        'wdBnBias, noWd.',
    );
  });
});
