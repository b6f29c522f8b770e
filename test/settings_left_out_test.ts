import {
  adafactor,
  Adam,
  adam,
  adEMAMix,
  averageSqrGrad,
  type Callback,
  callback,
  larc,
  lion,
  muon,
  Optimizer,
  optimizers,
  OptimWrapper,
  partition,
  rmsProp,
  scheduleFree,
  sgd,
  stepStat,
  type TableFactory,
} from '../src';
import {adEMAMixStep} from '../src/callbacks/ad_ema_mix';
import {asOptimizer} from '../src/optimizer/optimizer_of_model';
import {present} from './support/present';
import {valuesBySteps} from './support/single_variable';
import {tf} from './support/tfjs';

const GRADS = [[1], [1], [0.5]];

/** The rows whose steps decay by themselves. */
const DECAYING: readonly string[] = [
  'stableAdamW',
  'adan',
  'laProp',
  'mars',
  'adafactor',
  'scheduleFreeAdamW',
  'scheduleFreeSgd',
  'scheduleFreeRAdam',
];

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

describe('The rate of adafactor with relativeStep', () => {
  it('is the relative step itself where none is given, and a factor of it where one is', async () => {
    await tf.setBackend('cpu');
    const relative = {relativeStep: true};
    expect(adafactor(undefined, relative).learningRate).toBe(1);
    expect(adafactor().learningRate).toBe(1e-3);
    expect(await valuesBySteps(adafactor(undefined, relative), [1], GRADS)).toEqual(
      await valuesBySteps(adafactor(1, relative), [1], GRADS),
    );
    // In the first step, min(0.01, 1)·rms(p) of 0.01.
    expect((await valuesBySteps(adafactor(undefined, relative), [1], [[1]]))[0]?.[0]).toBeCloseTo(0.99, 6);
    expect((await valuesBySteps(adafactor(0.5, relative), [1], [[1]]))[0]?.[0]).toBeCloseTo(0.995, 6);
  });

  it('is that of adafactor() where relativeStep is false', () => {
    expect(adafactor(undefined, {relativeStep: false, warmupInit: false}).learningRate).toBe(1e-3);
  });
});

describe('decoupleWd', () => {
  it('is a setting of every row, unless it decays by itself', () => {
    const without = optimizers.flatMap(({name, make}) => {
      try {
        for (const decoupleWd of [true, false]) {
          const made: unknown = Reflect.apply(make, undefined, [0.1, {wd: 0.1, decoupleWd}]);
          present(asOptimizer(made)).dispose();
        }
        return [];
      } catch (error) {
        expect(String(error)).toContain("No callback of this optimizer has a hyper 'decoupleWd'. Known: ");
        return [name];
      }
    });
    expect(without).toEqual(optimizers.flatMap(({name}) => (DECAYING.includes(name) ? [name] : [])));
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

describe('An option that a row has set for its callbacks', () => {
  /** The options that `muon` takes by name. */
  const NAMED = ['nesterov', 'nsSteps', 'normalizeSpatial', 'safety', 'scaleEps'];
  /** Settings that have the names of options, by the name of the factory. */
  const SETTINGS: Readonly<Record<string, readonly string[]>> = {
    adafactor: ['minDim', 'relativeStep', 'warmupInit', 'scaleParameter'],
    larc: ['clip'],
    ranger: ['k', 'alpha'],
    muon: NAMED,
    prodigy: ['d0', 'dCoef', 'growthRate', 'biasCorrection', 'safeguardWarmup'],
    adaBelief: ['rectify', 'sgdPhase'],
    adan: ['prox'],
    adopt: ['clip', 'clipExp'],
    mars: ['lion', 'optimize1d'],
    adEMAMix: ['slowWeightWarmup', 'slowMomWarmup'],
    scheduleFreeAdamW: ['warmup', 'lrPower', 'stepPower', 'decayAtZ'],
    scheduleFreeSgd: ['warmup', 'lrPower', 'stepPower', 'decayAtZ'],
    scheduleFreeRAdam: ['silentPhase', 'lrPower', 'stepPower', 'decayAtZ'],
  };
  for (const {name, make} of optimizers)
    it(`is not a setting of its optimizer: ${name}`, () => {
      // Options that come with other settings.
      for (const settings of [{}, {mom: 0.5}, {like: 'tf.train'}]) {
        const made = outcomeOf(make, settings);
        if (!(made instanceof Optimizer)) continue;
        const options = made.callbacks.flatMap(cb => Object.entries(cb.options));
        made.dispose();
        for (const [option, value] of options) {
          const given = outcomeOf(make, {...settings, [option]: value});
          if (SETTINGS[name]?.includes(option) === true) expect(given).withContext(option).toBeInstanceOf(Optimizer);
          // SGD has a number of this name, and Muon words.
          else
            expect(String(given))
              .withContext(option)
              .toMatch(/has a hyper '|sgd: 'dampening' must be a number|muon: '(coefficients|lrScale)'/);
          if (given instanceof Optimizer) given.dispose();
        }
      }
    });

  it('is the option of another callback in the list', () => {
    const own = callback('usersDampening', {options: {dampening: false}}, () => ({}));
    const optimizer = adam(0.1, {callbacks: [own], dampening: true});
    expect(optimizer.hypers[0]).toEqual(jasmine.objectContaining({dampening: true}));
    optimizer.dispose();
  });

  it('stays a hyper of an optimizer that was saved with it', () => {
    const saved = new Optimizer<readonly Callback[]>([...adam(0.1).callbacks], {
      ...adam(0.1).hypers[0],
      dampening: true,
    });
    const loaded = present(asOptimizer(Adam.fromConfig(Adam, saved.getConfig())));
    expect(loaded.hypers).toEqual(saved.hypers);
    saved.dispose();
    loaded.dispose();
  });
});

/** What was made, or the error. */
function outcomeOf(make: TableFactory, settings: object): unknown {
  try {
    return Reflect.apply(make, undefined, [undefined, settings]);
  } catch (error) {
    return error;
  }
}
