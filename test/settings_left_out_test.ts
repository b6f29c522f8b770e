import {
  adafactor,
  adam,
  adEMAMix,
  averageSqrGrad,
  type Callback,
  larc,
  lion,
  muon,
  Optimizer,
  OptimWrapper,
  partition,
  rmsProp,
  scheduleFree,
  sgd,
  stepStat,
} from '../src';
import {adEMAMixStep} from '../src/callbacks/ad_ema_mix';
import {asOptimizer} from '../src/optimizer/optimizer_of_model';
import {present} from './support/present';
import {valuesBySteps} from './support/single_variable';
import {tf} from './support/tfjs';

const GRADS = [[1], [1], [0.5]];

describe('A setting that is undefined', () => {
  const of = (make: (...args: never[]) => Optimizer, ...args: readonly unknown[]): Optimizer => {
    const made: unknown = Reflect.apply(make, undefined, args);
    return present(asOptimizer(made));
  };

  it('is left out: the learning rate is that of the argument', () => {
    for (const make of [adam, sgd, lion, muon]) {
      const optimizer = of(make, 0.25, {lr: undefined});
      expect(optimizer.hypers.map(({lr}) => lr)).toEqual(optimizer.hypers.map(() => 0.25));
      optimizer.dispose();
    }
    const free = of(scheduleFree, 'sgd', 0.25, {lr: undefined});
    expect(free.hypers[0]?.lr).toBe(0.25);
    free.dispose();
    const settings: object = {lr: undefined};
    const wrapped = new OptimWrapper(tf.train.sgd(0.25), settings);
    expect(wrapped.hypers[0]?.lr).toBe(0.25);
    wrapped.dispose();
  });

  it('is left out: maxGradNorm and skipNonFinite', () => {
    const none = {maxGradNorm: undefined, skipNonFinite: undefined};
    const optimizers = [
      adam(0.1, none),
      scheduleFree('sgd', 0.1, none),
      muon(0.1, none),
      partition([{by: sgd(0.1)}], none),
      new OptimWrapper(tf.train.sgd(0.1), none),
    ];
    for (const optimizer of optimizers) {
      expect(optimizer.callbacks.map(({name}) => name)).not.toContain('skipNonFinite');
      optimizer.dispose();
    }
  });
});

describe('A momentum of 0', () => {
  const ROWS: ReadonlyArray<readonly [string, () => Optimizer]> = [
    ['sgd', () => sgd(0.01, {mom: 0})],
    ['rmsProp', () => rmsProp(0.01, {mom: 0})],
    ['larc', () => larc(0.01, {mom: 0})],
    ['adafactor', () => adafactor(0.01, {mom: 0})],
    ['adEMAMix', () => adEMAMix(0.01, {mom: 0})],
  ];
  for (const [name, make] of ROWS)
    it(`leaves out the average of ${name}, also where 'mom' is set later`, async () => {
      await tf.setBackend('cpu');
      const expected = await valuesBySteps(make(), [1], GRADS);
      const optimizer = make();
      optimizer.setHyper('mom', 0.95);
      expect(await valuesBySteps(optimizer, [1], GRADS)).toEqual(expected);
    });

  it('is that of adEMAMixStep where no callback averages the gradient', async () => {
    await tf.setBackend('cpu');
    const list: readonly Callback[] = [averageSqrGrad.with({dampening: true}), stepStat, adEMAMixStep];
    const [byList, byRow] = [
      await valuesBySteps(new Optimizer(list, {lr: 0.01, mom: 0.9, sqrMom: 0.999}), [1], GRADS),
      await valuesBySteps(adEMAMix(0.01, {mom: 0, sqrMom: 0.999}), [1], GRADS),
    ];
    expect(present(byList[0])).toEqual(present(byRow[0]));
    expect(byList).toEqual(byRow);
  });
});
