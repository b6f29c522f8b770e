import {
  adam,
  adamW,
  averageGrad,
  averageSqrGrad,
  averageWeights,
  type Callback,
  callback,
  cautious,
  cautiousDecay,
  correctedDecay,
  cos,
  type HyperValue,
  independentDecay,
  l2Reg,
  lion,
  lookahead,
  muon,
  Optimizer,
  optimizers,
  OptimWrapper,
  partition,
  prodigyStep,
  sgd,
  sgdStep,
  slice,
  stableAdamW,
  stepStat,
  trustRatio,
  weightDecay,
} from '../src';
import {houseCallbacks} from '../src/callbacks';
import {isOptimizer} from '../src/optimizer/optimizer_of_model';
import {isDecaying} from '../src/rule/chain';
import {tensorsIn} from '../src/state/state_dict';
import {describeBackends} from './support/backends';
import {bitsOf} from './support/bits';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {rowsOn} from './support/rows_on';
import {valuesBySteps} from './support/single_variable';
import {tf} from './support/tfjs';
import {variableOf} from './support/vectors';

/** Decay by any share of the parameter. */
const shareDecayTest = callback('shareDecayTest', {hypers: {share: 0}, isStep: false}, ({p, share, doWd}) =>
  doWd ? {p: p.mul(1 - share)} : {},
);
/** Decay in a step of a user's own. */
const ownDecayTest = callback('ownDecayTest', {hypers: {lr: 1, wd: 0}}, ({p, lr, wd, doWd}) =>
  doWd ? {p: p.mul(1 - lr * wd)} : {},
);
const noDecayTest = callback('noDecayTest', {decays: true, isStep: false}, () => ({}));

interface Row {
  readonly name: string;
  readonly make: (
    lr: HyperValue,
    settings: {
      readonly wd: number;
      readonly decay: Callback;
      readonly callbacks?: readonly Callback[];
      readonly params?: tf.Variable[][];
    },
  ) => Optimizer;
}
/** The rows whose step does not decay. */
const rows: readonly Row[] = optimizers.filter(
  // Each part of muon has decay of its own. Recorded runs compare it.
  ({name, make}) => name !== 'muon' && make.row?.decays !== true,
);

const P = [1, -2, 3, -4];
const GRADS = [
  [0.5, 0.25, -1, 2],
  [-2, 1, 0.25, 1],
  [1, 1, -0.5, -3],
];
const RATES = [0.01, 0.04, 0.005];
const WD = 0.5;

const DECAYS: ReadonlyArray<{
  readonly name: string;
  readonly decay: Callback;
  readonly share: (lr: number) => number;
}> = [
  {name: 'weightDecay', decay: weightDecay, share: lr => lr * WD},
  {name: 'correctedDecay', decay: correctedDecay, share: lr => (lr * lr * WD) / 0.01},
  {name: 'independentDecay', decay: independentDecay, share: lr => (lr / 0.01) * WD},
  {name: 'independentDecay off the schedule', decay: independentDecay.with({scheduled: false}), share: () => WD},
];

/** The parameter after each step. @param before called before each step. */
function trained(optimizer: Optimizer, before: (step: number) => void = () => undefined): Promise<number[][]> {
  return valuesBySteps(optimizer, P, GRADS, step => {
    optimizer.setHyper('lr', present(RATES[step]));
    before(step);
  });
}

/** The callbacks of an optimizer by name, which is then disposed. */
function namesIn(optimizer: Optimizer): string[] {
  const names = optimizer.callbacks.map(({name}) => name);
  optimizer.dispose();
  return names;
}

describeBackends(
  'the setting decay',
  backend => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const {name, make} of rowsOn(backend, rows)) {
      for (const {name: kind, decay, share} of DECAYS)
        it(`of ${name} takes ${kind}, while the rate moves`, () =>
          leakless(async () => {
            const reference = make(0.01, {wd: WD, decay: noDecayTest, callbacks: [shareDecayTest]});
            const expected = await trained(reference, step => {
              reference.setHyper('share', share(present(RATES[step])));
            });
            const optimizer = make(0.01, {wd: WD, decay});
            const got = await trained(optimizer, () => {
              if (optimizer.iterations > 0) expect(optimizer.fusedOn).toBe(backend);
            });
            expectClose(got.flat(), expected.flat(), 1e-5);
          }));

      it(`of ${name} takes cautiousDecay, which decays where the update does not go against it`, () =>
        leakless(async () => {
          const [plain = []] = await trained(make(0.01, {wd: WD, decay: noDecayTest}));
          const [got = []] = await trained(make(0.01, {wd: WD, decay: cautiousDecay}));
          const expected = P.map((p, i) => {
            const update = p - present(plain[i]);
            return p - update - (update * p >= 0 ? 0.01 * WD * p : 0);
          });
          expectClose(got, expected, 1e-6);
        }));

      it(`of ${name} does the same fused and eager`, () =>
        leakless(async () => {
          for (const decay of [correctedDecay, independentDecay, cautiousDecay]) {
            tf.env().set('OPTIM_FUSING', true);
            const fused = await trained(make(0.01, {wd: WD, decay}));
            tf.env().set('OPTIM_FUSING', false);
            expectClose(fused.flat(), (await trained(make(0.01, {wd: WD, decay}))).flat(), 1e-5);
          }
        }));
    }

    it('leaves alone what does not decay', () =>
      leakless(async () => {
        for (const decay of [correctedDecay, independentDecay, cautiousDecay]) {
          const variables = [variableOf(P), variableOf(P)];
          const optimizer = sgd(0.5, {wd: WD, decay, params: variables, noWd: one => one === variables[0]});
          tf.tidy(() => {
            optimizer.applyGradients(variables.map(({name}) => ({name, tensor: tf.zeros([4])})));
          });
          expect([...(await present(variables[0]).data())]).toEqual(P);
          expect([...(await present(variables[1]).data())]).not.toEqual(P);
          optimizer.dispose();
          tf.dispose(variables);
        }
      }));

    it('passes NaN on', () =>
      leakless(async () => {
        const variable = variableOf(P);
        const optimizer = adamW(0.1, {wd: WD, decay: cautiousDecay, params: [variable]});
        tf.tidy(() => {
          optimizer.applyGradients([{name: variable.name, tensor: tf.tensor1d([NaN, 1, 1, 1])}]);
        });
        expect([...(await variable.data())].map(Number.isNaN)).toEqual([true, false, false, false]);
        optimizer.dispose();
        variable.dispose();
      }));

    it('keeps lr0 while lr moves, also after saving and loading', () =>
      leakless(async () => {
        const groups = () => [[variableOf(P)], [variableOf(P)]];
        const make = (params: tf.Variable[][], lr: HyperValue) =>
          adamW(lr, {wd: [0.5, 0.25], decay: correctedDecay, params});
        const run = (optimizer: Optimizer, params: tf.Variable[][], steps: ReadonlyArray<readonly number[]>) => {
          for (const grad of steps)
            tf.tidy(() => {
              optimizer.applyGradients(params.flat().map(({name}) => ({name, tensor: tf.tensor1d([...grad])})));
            });
        };
        const [params, copies, others] = [groups(), groups(), groups()];
        const optimizer = make(params, [0.01, 0.02]);
        optimizer.setSchedule({lr: cos([0.01, 0.02], 0)}, {steps: 6});
        run(optimizer, params, GRADS);
        expect(optimizer.hypers.map(({lr0}) => lr0)).toEqual([0.01, 0.02]);
        expect(optimizer.hypers[0]?.lr).toBeLessThan(0.01);

        const dict = optimizer.stateDict();
        const second = make(copies, 0.5);
        second.loadStateDict(dict);
        tf.dispose(tensorsIn(dict));
        expect(second.hypers.map(({lr0}) => lr0)).toEqual([0.01, 0.02]);

        const loaded: unknown = Optimizer.fromConfig(Optimizer, optimizer.getConfig());
        if (!isOptimizer(loaded)) throw new Error('An optimizer was saved.');
        await loaded.setWeights((await optimizer.getWeights()).map(({name, tensor}) => ({name, tensor})));
        expect(loaded.callbacks.map(({name}) => name)).toEqual(optimizer.callbacks.map(({name}) => name));
        tf.tidy(() => {
          for (const list of [copies, others])
            for (const [i, variable] of list.flat().entries()) variable.assign(present(params.flat()[i]).clone());
        });
        loaded.attach(others.flat());

        for (const [one, list] of [
          [optimizer, params],
          [second, copies],
          [loaded, others],
        ] as const)
          run(one, list, GRADS);
        const bits = await bitsOf(params.flat());
        expect(await bitsOf(copies.flat())).toEqual(bits);
        expect(await bitsOf(others.flat())).toEqual(bits);
        expect(loaded.hypers.map(({lr0}) => lr0)).toEqual([0.01, 0.02]);
        for (const one of [optimizer, second, loaded]) one.dispose();
        tf.dispose([params, copies, others]);
      }));

    it('works in the parts of a partition, inside Lookahead, and around wrapped optimizers', () =>
      leakless(async () => {
        const [plain = []] = await trained(sgd(0.01, {wd: WD, decay: correctedDecay}));
        const parts = partition([
          {of: ({rank}) => rank === 1, by: sgd(0.01, {wd: WD, decay: correctedDecay})},
          {by: lion(0.5, {decay: cautiousDecay})},
        ]);
        expect(parts.parts.map(({hypers: [first]}) => ({...first}))).toEqual([
          jasmine.objectContaining({lr0: 0.01}),
          {lr: 0.5, mom: 0.9, slowMom: 0.99, wd: 0},
        ]);
        expect((await trained(parts))[0]).toEqual(plain);
        const around = lookahead(sgd(0.01, {wd: WD, decay: correctedDecay}), {k: 5});
        expect(around.hypers[0]?.['lr0']).toBe(0.01);
        expect((await trained(around))[0]).toEqual(plain);
        const wrapped = new OptimWrapper(tf.train.sgd(0.01), {callbacks: [correctedDecay], wd: WD, lr0: 0.01});
        expectClose(present((await trained(wrapped))[0]), plain, 1e-6);
        const after = new OptimWrapper(tf.train.sgd(0.01), {after: [cautiousDecay], wd: WD});
        const [cautiously = []] = await trained(sgd(0.01, {wd: WD, decay: cautiousDecay}));
        expectClose(present((await trained(after))[0]), cautiously, 1e-6);
      }));
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('The setting decay', () => {
  it('puts decay that takes the update after the step and after what else takes it', () => {
    expect(namesIn(sgd(0.1, {decay: correctedDecay, after: [cautious]}))).toEqual([
      'correctedDecay',
      'sgdStep',
      'cautious',
    ]);
    expect(namesIn(sgd(0.1, {decay: cautiousDecay}))).toEqual(['sgdStep', 'cautiousDecay']);
    expect(namesIn(sgd(0.1, {decay: cautiousDecay, after: [cautious]}))).toEqual([
      'sgdStep',
      'cautious',
      'cautiousDecay',
    ]);
    expect(
      namesIn(
        sgd(0.1, {decay: cautiousDecay, callbacks: [shareDecayTest], after: [cautious, trustRatio, averageWeights]}),
      ),
    ).toEqual(['shareDecayTest', 'sgdStep', 'cautious', 'trustRatio', 'cautiousDecay', 'averageWeights']);
  });

  it('is not the decay of a callback that has one, which is a number', () => {
    const optimizer = sgd(0.1, {wd: 0.1, after: [averageWeights], decay: 0.75});
    expect(optimizer.hypers[0]?.decay).toBe(0.75);
    expect(namesIn(optimizer)).toEqual(['weightDecay', 'sgdStep', 'averageWeights']);
    expect(namesIn(sgd(0.1, {decay: cautiousDecay, after: [averageWeights]}))).toEqual([
      'sgdStep',
      'cautiousDecay',
      'averageWeights',
    ]);
    expect(namesIn(sgd(0.1, {after: [averageWeights], decay: undefined}))).toEqual([
      'weightDecay',
      'sgdStep',
      'averageWeights',
    ]);
  });

  it('gives lr0 the rate of each group, unless it is given', () => {
    const lr0 = (optimizer: Optimizer) => {
      const values = optimizer.hypers.map(({lr0: value}) => value);
      optimizer.dispose();
      return values;
    };
    const variables = [variableOf(P), variableOf(P)];
    const params = variables.map(variable => [variable]);
    expect(lr0(adam(undefined, {decay: correctedDecay}))).toEqual([1e-3]);
    expect(lr0(lion(undefined, {decay: independentDecay}))).toEqual([1e-4]);
    expect(lr0(adam([0.1, 0.2], {decay: correctedDecay, params}))).toEqual([0.1, 0.2]);
    expect(lr0(adam(slice(0.1, 0.3), {decay: correctedDecay, params}))).toEqual([0.1, 0.3]);
    expect(lr0(adam([0.1, 0.2], {decay: correctedDecay, lr0: 0.5, params}))).toEqual([0.5, 0.5]);
    expect(lr0(adam(0.1, {decay: correctedDecay, lr0: undefined}))).toEqual([0.1]);
    expect(lr0(adam(0.1, {decay: cautiousDecay}))).toEqual([undefined]);
    tf.dispose(variables);
  });

  it('refuses what can not be', () => {
    const call =
      (make: (...args: never[]) => unknown, ...args: unknown[]) =>
      (): unknown =>
        Reflect.apply(make, undefined, args);
    expect(call(adam, 0.1, {decay: 0.9})).toThrowError(
      "adam: 'decay' must be a callback such as weightDecay; got 0.9. " +
        "The decay of averages is 'mom' and 'sqrMom' here.",
    );
    expect(call(adam, 0.1, {decay: [weightDecay]})).toThrowError(/^adam: 'decay' must be a callback/);
    expect(() => adam(0.1, {decay: cautiousDecay, decoupleWd: false})).toThrowError(
      "adam: 'decay' replaces what 'decoupleWd' chooses; leave one of them out.",
    );
    expect(namesIn(sgd(0.1, {decay: cautiousDecay, decoupleWd: true}))).toEqual(['sgdStep', 'cautiousDecay']);
    for (const [row, name] of [
      [adam, 'adam'],
      [muon, 'muon'],
    ] as const) {
      expect(call(row, 0.1, {decay: cautious})).toThrowError(
        `${name}: 'decay' must be a callback that decays the weights, such as weightDecay; got cautious. Give other ` +
          'callbacks in `callbacks` or `after`. A decay of your own without `wd` declares {decays: true}.',
      );
      for (const decay of [0.9, 'x', [weightDecay], {}, true, null])
        expect(call(row, 0.1, {decay})).toThrowError(
          new RegExp(`^${name}: 'decay' must be a callback such as weightDecay; got `),
        );
    }
    expect(() => stableAdamW(0.1, {decay: cautiousDecay})).toThrowError(
      "stableAdamW decays in its step; leave 'decay' out.",
    );
    expect(() => adam(0, {decay: correctedDecay})).toThrowError("'lr0' must be a number above 0; got 0.");
    expect(() => adam(0.1, {decay: correctedDecay, lr0: -1})).toThrowError("'lr0' must be a number above 0; got -1.");
    expect(call(() => new Optimizer<readonly Callback[]>([correctedDecay, sgdStep], {lr: 0.1}))).toThrowError(
      "The hyper 'lr0' has no default: give it, as in {lr0: …}.",
    );
  });

  it('is not needed by a decay that is the only callback', () => {
    const variable = variableOf([1, -2]);
    const optimizer = new Optimizer([weightDecay], {lr: 0.5, wd: 0.5});
    tf.tidy(() => {
      optimizer.applyGradients({[variable.name]: tf.zeros([2])});
    });
    expectClose(variable.dataSync(), [0.75, -1.5], 1e-7);
    optimizer.dispose();
    variable.dispose();
  });
});

describe('A second decay', () => {
  /** What some of the steps need before them. */
  const AVERAGES = [averageGrad.with({dampening: true}), averageSqrGrad.with({dampening: true}), stepStat];
  const decaying: readonly Callback[] = [...houseCallbacks, ownDecayTest].filter(cb => isDecaying(cb));

  for (const step of decaying.filter(cb => cb.declaration.isStep))
    it(`is refused beside ${step.name}, which decays by itself`, () => {
      for (const other of decaying.filter(cb => cb !== step && !cb.declaration.isStep)) {
        const message = `${step.name} decays the weights by itself; leave ${other.name} out.`;
        const settings = {lr: 1, ...('lr0' in other.hypers && {lr0: 1}), ...('eps' in step.hypers && {eps: 1e-8})};
        for (const list of [
          [...AVERAGES, other, step],
          [...AVERAGES, step, other],
        ])
          expect(() => new Optimizer<readonly Callback[]>(list, settings)).toThrowError(message);
      }
    });

  it('is refused by the same step', () => {
    expect(() => new Optimizer([ownDecayTest, ownDecayTest], {})).toThrowError(
      'ownDecayTest is there twice, and both would decay the weights; leave one out.',
    );
  });

  it('is accepted where the option of the step says that it does not decay', () => {
    const optimizer = new Optimizer([l2Reg, prodigyStep.with({decoupled: false})], {wd: 0.1});
    expect(namesIn(optimizer)).toEqual(['l2Reg', 'prodigyStep']);
    optimizer.dispose();
    const byName = new Optimizer([l2Reg, prodigyStep], {wd: 0.1, decoupled: false});
    expect(namesIn(byName)).toEqual(['l2Reg', 'prodigyStep']);
    byName.dispose();
    for (const decoupled of [true, [false, true]])
      expect(
        () =>
          new Optimizer([l2Reg, prodigyStep.with({decoupled: false})], {
            wd: 0.1,
            decoupled,
            params: [[variableOf([1])], [variableOf([1])]],
          }),
      ).toThrowError('prodigyStep decays the weights by itself; leave l2Reg out.');
  });

  it('is refused in a step of a user, beside an optimizer of the table and for all parts of a partition', () => {
    expect(() => sgd(0.1, {after: [ownDecayTest]})).toThrowError(
      'sgd decays the weights by itself; leave ownDecayTest out, or write {decay: ownDecayTest}.',
    );
    expect(() => stableAdamW(0.1, {callbacks: [ownDecayTest]})).toThrowError(
      'stableAdamW decays the weights by itself; leave ownDecayTest out.',
    );
    expect(() => partition([{by: sgd(0.1)}], {callbacks: [ownDecayTest]})).toThrowError(
      "The part 'SGD' decays its weights by weightDecay, and ownDecayTest for all parts would decay them again; " +
        'leave ownDecayTest out.',
    );
  });
});
