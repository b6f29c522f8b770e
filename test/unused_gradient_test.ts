import {
  accumulate,
  adaBeliefStep,
  adamStep,
  averageBelief,
  averageGrad,
  averageSqrGrad,
  type Callback,
  callback,
  cautious,
  centralizeGrad,
  clipGlobalNorm,
  clipGradNorm,
  clipGradValue,
  l2Reg,
  lambStep,
  larcLayerLr,
  larcStep,
  lookahead,
  marsAverages,
  marsStep,
  maxSqrGrad,
  momentumStep,
  Optimizer,
  optimizers,
  OptimWrapper,
  orthoGrad,
  partition,
  rAdamStep,
  required,
  rmsPropStep,
  sgd,
  sgdStep,
  stepStat,
  weightDecay,
  zeros,
} from '../src';
import {describeBackends} from './support/backends';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {suiteWith, valuesOf} from './support/vectors';

const HYPERS: Readonly<Record<string, number>> = {clipValue: 1, clipNorm: 1, globalClipNorm: 1};
const alone = callback('unusedAlone', {needsTensors: true}, ({grad}) => ({grad: grad.mul(1)}));
const aloneReads = callback('unusedReads', {needsTensors: true, state: {seen: 0}}, ({grad, seen}) => ({
  seen: seen + grad.rank,
}));
const givesGrad = callback('givesGrad', {everyParameter: true}, ({p, grad}) =>
  grad === undefined ? {grad: p.onesLike()} : {},
);
const passesOn = callback('passesOn', {}, ({p, grad}) => ({p: p.sub(grad), grad: grad.mul(2)}));
const everyOther = callback('everyOther', {hypers: {lr: required}, state: {calls: 0}}, at =>
  at.calls % 2 === 0 ? {calls: at.calls + 1} : {calls: at.calls + 1, update: at.grad.mul(at.lr)},
);
const turnsGrad = callback('turnsGrad', {takesUpdate: true}, ({grad}) => ({grad: grad.abs()}));
const turned = callback('turned', {}, ({grad}) => ({grad: grad.mul(-3).add(1)}));
const dampened = averageGrad.with({dampening: true});
const HYPERS_OF_ALL = {lr: 1, mom: 0.9, sqrMom: 0.9, eps: 1e-8};
/** Lists of the package's callbacks in which a gradient is changed after all that read it. */
const AFTER_AVERAGES: Readonly<Record<string, readonly Callback[]>> = {
  momentum: [averageGrad, turned, momentumStep],
  Adam: [dampened, averageSqrGrad, stepStat, turned, adamStep],
  AMSGrad: [dampened, averageSqrGrad, turned, maxSqrGrad, stepStat, adamStep],
  RAdam: [dampened, averageSqrGrad, stepStat, turned, rAdamStep],
  LAMB: [dampened, averageSqrGrad, stepStat, turned, lambStep],
  RMSProp: [averageGrad, averageSqrGrad, turned, rmsPropStep],
  LARC: [averageGrad, larcLayerLr, turned, larcStep],
  AdaBelief: [dampened, averageBelief, stepStat, turned, adaBeliefStep],
  MARS: [marsAverages, stepStat, turned, marsStep],
};
/** A user's step that reads the gradient in some calls only. */
const mixes = callback('mixes', {hypers: {lr: required}, needs: {gradAvg: zeros}, state: {calls: 0}}, at => ({
  update: (at.calls % 2 === 0 ? at.gradAvg : at.grad).mul(at.lr),
  calls: at.calls + 1,
}));
const seesGrad = callback('seesGrad', {state: {seen: 0}}, ({grad, seen}) => ({seen: seen + grad.rank}));

function hypersOf({hypers}: Callback): Record<string, number> {
  return Object.fromEntries(Object.keys(hypers).map(name => [name, present(HYPERS[name])]));
}

/** The values of the hypers that callbacks have. */
function valuesFor(
  callbacks: readonly Callback[],
  values: Readonly<Record<string, number | boolean>>,
): Record<string, number | boolean> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => callbacks.some(cb => name in cb.hypers)));
}

/** Optimizers in which nothing uses a gradient that a callback returns, with its name and the calls until then. */
const UNUSED: ReadonlyArray<readonly [what: string, by: string, make: () => Optimizer, calls?: number]> = [
  ...[clipGradValue, clipGradNorm, clipGlobalNorm, centralizeGrad, orthoGrad].map(
    (cb: Callback) =>
      [
        `${cb.name} after a step`,
        cb.name,
        () => new Optimizer<readonly Callback[]>([sgdStep, cb], {lr: 1, ...hypersOf(cb)}),
      ] as const,
  ),
  ['clipping after sgd', 'clipGlobalNorm', () => sgd(1, {after: [clipGlobalNorm], globalClipNorm: 1})],
  ['accumulation after sgd', 'meanGrad', () => sgd(1, {after: [...accumulate(3)]}), 3],
  ['the last of two', 'clipGradNorm', () => sgd(1, {after: [centralizeGrad, clipGradNorm], clipNorm: 1})],
  ['before decay and slow weights', 'l2Reg', () => lookahead(new Optimizer([sgdStep, l2Reg], {lr: 1, wd: 1}))],
  ['without a step', 'clipGradNorm', () => new Optimizer([clipGradNorm], {clipNorm: 1})],
  ['one that runs alone', 'unusedAlone', () => sgd(1, {after: [alone]})],
  ['after one that runs alone', 'clipGradNorm', () => sgd(1, {after: [aloneReads, clipGradNorm], clipNorm: 1})],
  [
    'after an optimizer of tf.train',
    'clipGradNorm',
    () => new OptimWrapper(tf.train.sgd(1), {after: [clipGradNorm], clipNorm: 1}),
  ],
  ...Object.entries(AFTER_AVERAGES).map(
    ([what, callbacks]) =>
      [
        `after the averages of ${what}`,
        'turned',
        () => new Optimizer(callbacks, valuesFor(callbacks, HYPERS_OF_ALL)),
      ] as const,
  ),
  [
    'clipping between momentum and its step',
    'clipGradNorm',
    () => new Optimizer([averageGrad, clipGradNorm, momentumStep], {lr: 1, clipNorm: 1}),
  ],
  ['in a part', 'clipGradNorm', () => partition([{by: sgd(1, {after: [clipGradNorm], clipNorm: 1})}])],
  ['for all parts', 'clipGradNorm', () => partition([{by: sgd(1)}], {after: [clipGradNorm], clipNorm: 1})],
];

/** Optimizers in which a callback uses each gradient that another one returns. */
const USED: Readonly<Record<string, () => Optimizer>> = {
  'before the step': () => sgd(1, {callbacks: [orthoGrad, clipGlobalNorm], globalClipNorm: 1}),
  accumulation: () => sgd(1, {callbacks: [...accumulate(2)]}),
  'before a callback after the step': () => sgd(1, {after: [turnsGrad, cautious]}),
  'before one that only looks': () => sgd(1, {after: [centralizeGrad, seesGrad]}),
  'before one that looks alone': () => sgd(1, {after: [centralizeGrad, aloneReads]}),
  'by a step that passes it on': () => new Optimizer([passesOn, sgdStep], {lr: 1}),
  'by a step that does nothing in some calls': () => new Optimizer([clipGradNorm, everyOther], {lr: 1, clipNorm: 1}),
  'by a step that reads it in some calls': () => new Optimizer([averageGrad, turned, mixes], {lr: 1}),
  'that a step returns for later': () => new Optimizer([passesOn], {}),
  'of every parameter': () => new Optimizer([givesGrad, sgdStep], {lr: 1}),
  'by one that runs alone': () => sgd(1, {callbacks: [alone]}),
  'by an optimizer of tf.train': () =>
    new OptimWrapper(tf.train.sgd(1), {callbacks: [clipGradNorm, weightDecay], clipNorm: 1, wd: 0.1}),
  'in a partition': () => partition([{by: sgd(1)}], {callbacks: [clipGradNorm], clipNorm: 1}),
  'under slow weights': () => lookahead(sgd(1, {wd: 0.1, decoupleWd: false}), {k: 1}),
};

describeBackends('A gradient that a callback returns', backend => {
  afterEach(() => tf.env().set('OPTIM_FUSING', true));

  /** One variable that trains, one without a gradient, and one that is frozen. */
  const variables = () =>
    tf.tidy(() => [1, 2, 3].map(value => tf.variable(tf.tensor2d([[value, -value]]), value < 3)));
  const values = async (all: readonly tf.Variable[]) => Promise.all(all.map(async one => [...(await one.data())]));
  const call = (optimizer: Optimizer, first: tf.Variable) => {
    tf.tidy(() => {
      optimizer.applyGradients([{name: first.name, tensor: tf.tensor2d([[3, 4]])}]);
    });
  };

  for (const fusing of backend === 'webgl' || backend === 'webgpu' ? [true] : [true, false]) {
    const spec = suiteWith(fusing);

    for (const [what, by, make, calls = 1] of UNUSED)
      spec(`and no step uses is an error, and nothing is changed: ${what}`, async () => {
        const all = variables();
        const [first] = all;
        if (first === undefined) throw new Error('There are three variables.');
        const optimizer = make();
        for (let i = 1; i < calls; i++) call(optimizer, first);
        const [before, {numTensors}] = [await values(all), tf.memory()];
        expect(() => {
          call(optimizer, first);
        }).toThrowError(
          `${by} returned a gradient that no step uses; ` +
            `put it before the step and its averages, as in {callbacks: [${by}]}.`,
        );
        expect(await values(all)).toEqual(before);
        expect(optimizer.iterations).toBe(calls - 1);
        expect(tf.memory().numTensors).toBe(numTensors);
        optimizer.dispose();
        tf.dispose(all);
      });

    for (const [what, make] of Object.entries(USED))
      spec(`and a callback after it reads trains: ${what}`, async () => {
        const all = variables();
        const [first] = all;
        if (first === undefined) throw new Error('There are three variables.');
        const optimizer = make();
        const [before] = await values(all);
        for (let i = 0; i < 4; i++) call(optimizer, first);
        expect((await values(all))[0]).not.toEqual(before);
        optimizer.dispose();
        tf.dispose(all);
      });
  }

  it('warns once where a step of your own does not read it in a call', () => {
    const warned = spyOn(console, 'warn');
    const [first, ...others] = variables();
    if (first === undefined) throw new Error('There are three variables.');
    // A name of its own, because each text warns once.
    const step = callback(`mixesOn${backend}`, {hypers: {lr: required}, needs: {gradAvg: zeros}}, ({gradAvg, lr}) => ({
      update: gradAvg.mul(lr),
    }));
    const optimizer = new Optimizer([averageGrad, turned, step], {lr: 1});
    for (let i = 0; i < 3; i++) call(optimizer, first);
    expect(warned.calls.allArgs()).toEqual([
      [
        'tfjs-optim: turned returned a gradient that no callback read in a step. Put turned before all that read ' +
          `the gradient, such as averages; or let ${step.name} read \`grad\` in each call.`,
      ],
    ]);
    optimizer.dispose();
    tf.dispose([first, ...others]);
  });

  it('may be read after a callback of your own that changes the parameter without it', () => {
    const warned = spyOn(console, 'warn');
    const [first, ...others] = variables();
    if (first === undefined) throw new Error('There are three variables.');
    const shrinks = callback('shrinksBeforeStep', {}, ({p}) => ({p: p.mul(0.5)}));
    for (const optimizer of [
      new Optimizer([turned, shrinks, sgdStep], {lr: 1}),
      new Optimizer([averageGrad, shrinks, momentumStep], {lr: 1, mom: 0.9}),
    ]) {
      call(optimizer, first);
      optimizer.dispose();
    }
    expect(warned).not.toHaveBeenCalled();
    tf.dispose([first, ...others]);
  });

  it('does not matter for a frozen parameter, and can be the first of a parameter', async () => {
    const all = variables();
    const [first, , frozen] = all;
    if (first === undefined || frozen === undefined) throw new Error('There are three variables.');
    const giving = new Optimizer([givesGrad, sgdStep], {lr: 1, params: all});
    call(giving, first);
    expect(await values(all)).toEqual([
      [-2, -5],
      [1, -3],
      [3, -3],
    ]);
    const idle = new Optimizer([sgdStep, givesGrad], {lr: 1, params: [first, frozen]});
    call(idle, first);
    expect(await values([first, frozen])).toEqual([
      [-5, -9],
      [3, -3],
    ]);
    giving.dispose();
    idle.dispose();
    tf.dispose(all);
  });
});

describe('A gradient that is changed in the midst of the callbacks of an optimizer of the table', () => {
  for (const {name, make} of optimizers.filter(row => row.name !== 'muon'))
    it(`acts on the step, or is an error: ${name}`, async () => {
      await tf.setBackend('cpu');
      const {callbacks, hypers} = make();
      const values = valuesFor(callbacks, present(hypers[0]));
      const trained = async (list: readonly Callback[]) => {
        const variable = tf.tidy(() => tf.variable(tf.tensor2d([[1, -2, 0.5]])));
        const optimizer = new Optimizer(list, values);
        for (const grad of [
          [3, 4, -1],
          [-2, 1, 0.5],
          [1, 1, -3],
          [0.1, 2, 2],
          [1, -1, 1],
          [2, 2, 2],
          [1, 3, 2],
        ])
          tf.tidy(() => {
            optimizer.applyGradients([{name: variable.name, tensor: tf.tensor2d([grad])}]);
          });
        const after = await valuesOf(variable);
        optimizer.dispose();
        variable.dispose();
        return after;
      };
      const plain = await trained(callbacks);
      for (const i of [...callbacks.keys(), callbacks.length]) {
        const list = [...callbacks.slice(0, i), turned, ...callbacks.slice(i)];
        const outcome = await trained(list).catch((error: unknown) => String(error));
        if (typeof outcome === 'string') expect(outcome).withContext(`${i}`).toContain('turned returned a gradient');
        else expect(outcome).withContext(`${i}`).not.toEqual(plain);
      }
    });
});
