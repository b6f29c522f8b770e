import {
  accumulate,
  type Callback,
  callback,
  cautious,
  centralizeGrad,
  clipGlobalNorm,
  clipGradNorm,
  clipGradValue,
  l2Reg,
  lookahead,
  Optimizer,
  OptimWrapper,
  orthoGrad,
  partition,
  required,
  sgd,
  sgdStep,
  weightDecay,
} from '../src';
import {describeBackends} from './support/backends';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {suiteWith} from './support/vectors';

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
const seesGrad = callback('seesGrad', {state: {seen: 0}}, ({grad, seen}) => ({seen: seen + grad.rank}));

function hypersOf({hypers}: Callback): Record<string, number> {
  return Object.fromEntries(Object.keys(hypers).map(name => [name, present(HYPERS[name])]));
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
          `${by} returned a gradient that no step uses; put it before the step, as in {callbacks: [${by}]}.`,
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
