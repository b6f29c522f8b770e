import {
  accumulate,
  adaBelief,
  adam,
  adan,
  adEMAMix,
  adopt,
  adoptDecay,
  type Callback,
  ema,
  laProp,
  lookahead,
  mars,
  Optimizer,
  partition,
  sgdStep,
  weightDecay,
} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {elementOf, present} from './support/present';
import {tf} from './support/tfjs';
import {step, suiteWith, valuesOf, variableOf} from './support/vectors';

const SKIP = {skipNonFinite: true} as const;
/** The gradients of a run; those of the first step are not finite, so it is skipped. */
const GRADIENTS: ReadonlyArray<readonly number[]> = [
  [NaN, 3, 1],
  [0.5, -2, 1],
  [1, 1, -0.25],
  [-0.5, 0.125, 4],
];
const START: readonly number[] = [1, -2, 3];
const [LR, WD, EPS] = [0.1, 0.2, 1e-6];

/** One number of a run, after all steps of GRADIENTS. `t` goes on in skipped steps. */
type Formula = (p: number, gradients: ReadonlyArray<readonly [t: number, g: number]>) => number;

const formulas: Readonly<Record<string, Formula>> = {
  adan: (start, gradients) => {
    const [b1, b2, b3] = [0.98, 0.92, 0.99];
    let [p, m, d, n, previous] = [start, 0, 0, 0, NaN];
    for (const [t, g] of gradients) {
      const change = Number.isNaN(previous) ? 0 : g - previous;
      m = b1 * m + (1 - b1) * g;
      d = b2 * d + (1 - b2) * change;
      n = b3 * n + (1 - b3) * (g + b2 * change) ** 2;
      previous = g;
      const u = (m / (1 - b1 ** t) + (b2 * d) / (1 - b2 ** t)) / (Math.sqrt(n / (1 - b3 ** t)) + EPS);
      p = (p - LR * u) / (1 + LR * WD);
    }
    return p;
  },
  adopt: (start, gradients) => {
    const [b1, b2] = [0.9, 0.9999];
    let [p, m, v] = [start, 0, NaN];
    for (const [t, g] of gradients) {
      if (Number.isNaN(v)) {
        v = g * g;
        continue;
      }
      p *= 1 - LR * WD;
      const limit = (t - 1) ** 0.25;
      m = b1 * m + (1 - b1) * Math.max(-limit, Math.min(g / Math.max(Math.sqrt(v), EPS), limit));
      p -= LR * m;
      v = b2 * v + (1 - b2) * g * g;
    }
    return p;
  },
  // All gradients are corrected, and the parameter is of one element, so its norm is its size.
  mars: (start, gradients) => {
    const [b1, b2, gamma] = [0.95, 0.99, 0.025];
    let [p, m, v, previous] = [start, 0, 0, 0];
    for (const [t, g] of gradients) {
      let c = g + ((gamma * b1) / (1 - b1)) * (g - previous);
      c /= Math.max(1, Math.abs(c));
      previous = g;
      m = b1 * m + (1 - b1) * c;
      v = b2 * v + (1 - b2) * c * c;
      p *= 1 - LR * WD;
      p -= (LR * m) / (1 - b1 ** t) / (Math.sqrt(v / (1 - b2 ** t)) + EPS);
    }
    return p;
  },
};
const rules = {
  adan: () => adan(LR, {wd: WD, eps: EPS, ...SKIP}),
  adopt: () => adopt(LR, {wd: WD, eps: EPS, ...SKIP}),
  mars: () => mars(LR, {wd: WD, eps: EPS, optimize1d: true, ...SKIP}),
};

/** Every rule whose average or count is not Adam's. */
const every: ReadonlyArray<readonly [name: string, make: (callbacks?: readonly Callback[]) => Optimizer]> = [
  ['adaBelief', callbacks => adaBelief(0.01, {callbacks})],
  ['adaBelief with amsgrad', callbacks => adaBelief(0.01, {callbacks, rectify: false, amsgrad: true})],
  ['adan', callbacks => adan(0.01, {callbacks})],
  ['adopt', callbacks => adopt(0.01, {callbacks})],
  ['laProp', callbacks => laProp(0.01, {callbacks})],
  ['mars', callbacks => mars(0.01, {callbacks, optimize1d: true})],
  ['mars with lion', callbacks => mars(0.01, {callbacks, optimize1d: true, lion: true})],
  ['adEMAMix', callbacks => adEMAMix(0.01, {callbacks, slowWeightWarmup: 3, slowMomWarmup: 3})],
];

describeBackends(
  'the first step',
  backend => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const fusing of [true, false]) {
      const suite = suiteWith(fusing);
      const fusedOn = fusing ? backend : 'eager: the flag OPTIM_FUSING is off';

      for (const [name, make] of Object.entries(rules))
        suite(`of ${name} is the one after a first step that was skipped`, async () => {
          const variables = START.map(start => variableOf([start]));
          const optimizer = make();
          for (const gradients of GRADIENTS)
            step(optimizer, ...gradients.map((g, i) => [elementOf(variables, i), [g]] as const));
          expect(optimizer.fusedOn).toBe(fusedOn);
          const counted = GRADIENTS.map((gradients, i) => [i + 1, gradients] as const).slice(1);
          expectClose(
            await valuesOf(...variables),
            START.map((start, i) =>
              present(formulas[name])(
                start,
                counted.map(([t, gradients]) => [t, elementOf(gradients, i)]),
              ),
            ),
            5e-6,
          );
          expect(await optimizer.skipped()).toBe(1);
          optimizer.dispose();
          tf.dispose(variables);
        });

      suite('of adopt moves nothing, but lets NaN through', async () => {
        const a = variableOf([1, 2]);
        const optimizer = adopt(0.1, {wd: 0.5, params: [a]});
        step(optimizer, [a, [NaN, 1]]);
        expect(await valuesOf(a)).toEqual([NaN, 2]);
        step(optimizer, [a, [1, 1]]);
        const [first, second] = await valuesOf(a);
        expect(first).toBeNaN();
        expectClose([present(second)], [2 * (1 - 0.1 * 0.5) - 0.1 * 0.1], 1e-6);
        optimizer.dispose();
        a.dispose();
      });

      suite('of adopt divides by eps where its gradient was 0, and clips by 1 in the second', async () => {
        const a = variableOf([1]);
        const optimizer = adopt(0.1, {params: [a]});
        step(optimizer, [a, [0]]);
        step(optimizer, [a, [1e30]]);
        expectClose(await valuesOf(a), [1 - 0.1 * 0.1], 1e-6);
        optimizer.dispose();
        a.dispose();
      });
    }
  },
  ['cpu', 'wasm', 'webgl', 'webgpu'],
);

describeBackends(
  'numbers of float32',
  backend => {
    it('that agree leave adaBelief finite, and 0 moves nothing', () =>
      leakless(async () => {
        const a = variableOf([1, 1]);
        const optimizer = adaBelief(0.01, {params: [a]});
        for (let i = 0; i < 30; i++) step(optimizer, [a, [0.1, 0]]);
        const [first, second] = await valuesOf(a);
        expect(first).toBeLessThan(1);
        expect(first).toBeGreaterThan(-10);
        expect(second).toBe(1);
        optimizer.dispose();
        a.dispose();
      }));

    it('that are large leave mars the direction of the gradient', () =>
      leakless(async () => {
        for (const size of [1, 1e15, 1e25]) {
          const a = tf.tidy(() => tf.variable(tf.tensor2d([[1, 1]])));
          const optimizer = mars(0.1, {params: [a], eps: 0.1});
          tf.tidy(() => {
            optimizer.applyGradients([{name: a.name, tensor: tf.tensor2d([[3 * size, -4 * size]])}]);
          });
          expectClose([...(await a.data())], [1 - (0.1 * 0.6) / 0.7, 1 + (0.1 * 0.8) / 0.9], 1e-6, `${size}`);
          expect(optimizer.fusedOn).toBe(backend);
          optimizer.dispose();
          a.dispose();
        }
      }));

    it('that become 0 let laProp go on by its average at a rate of 0', () =>
      leakless(async () => {
        const a = variableOf([1]);
        const optimizer = laProp(0.1, {mom: 0.5, params: [a]});
        step(optimizer, [a, [2]]);
        expectClose(await valuesOf(a), [0.9], 1e-6);
        optimizer.lr = 0;
        step(optimizer, [a, [2]]);
        // The average is half of 0.05, and is subtracted as it is.
        expectClose(await valuesOf(a), [0.9 - 0.025], 1e-6);
        optimizer.dispose();
        a.dispose();
      }));
  },
  ['cpu', 'wasm', 'webgl', 'webgpu'],
);

describeBackends(
  'a rule with averages of its own',
  backend => {
    for (const [name, make] of every) {
      it(`counts a window of accumulated gradients as one step: ${name}`, () =>
        leakless(async () => {
          const [a, b] = [variableOf([1, -2]), variableOf([1, -2])];
          const [parts, whole] = [make(accumulate(2)), make()];
          for (let i = 1; i < 6; i++) {
            step(parts, [a, [i, -1]]);
            step(parts, [a, [i + 1, 3]]);
            step(whole, [b, [i + 0.5, 1]]);
          }
          expectClose(await valuesOf(a), await valuesOf(b), 1e-6);
          parts.dispose();
          whole.dispose();
          tf.dispose([a, b]);
        }));

      it(`works in Lookahead, in an average and in a partition, after rebase(), too: ${name}`, () =>
        leakless(async () => {
          const [a, b] = [variableOf([1, -2]), variableOf([1, -2])];
          const wraps = [
            (optimizer: Optimizer) => lookahead(optimizer, {k: 2}),
            (optimizer: Optimizer) => ema(optimizer, {decay: 0.5}),
            (optimizer: Optimizer) => partition([{of: variable => variable === a, by: optimizer}, {by: adam(0.01)}]),
          ];
          for (const wrap of wraps) {
            const optimizer = wrap(make());
            const before = await valuesOf(a, b);
            for (let i = 0; i < 3; i++) step(optimizer, [a, [1, -1]], [b, [1, -1]]);
            optimizer.rebase();
            for (let i = 0; i < 3; i++) step(optimizer, [a, [1, -1]], [b, [1, -1]]);
            expect(optimizer.fusedOn).toBe(backend);
            const after = await valuesOf(a, b);
            after.forEach((value, i) => {
              const moved = elementOf(before, i) - value;
              expect(Math.sign(moved)).toBe(i % 2 === 0 ? 1 : -1);
            });
            optimizer.dispose();
          }
          tf.dispose([a, b]);
        }));
    }
  },
  ['cpu', 'wasm'],
);

describe('Options of these rules', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('exclude each other, or have ranges', () => {
    expect(() => adaBelief(0.1, {amsgrad: true})).toThrowError(
      "adaBelief: 'amsgrad' needs rectify: false; got rectify: true. Leave one of them out.",
    );
    expect(() => adan(0.1, {diffMom: 1})).toThrowError("'diffMom' must be in [0, 1); got 1.");
    expect(() => adEMAMix(0.1, {slowMom: 1})).toThrowError("'slowMom' must be in [0, 1); got 1.");
    expect(() => adEMAMix(0.1, {slowWeight: -1})).toThrowError("'slowWeight' must be a number from 0; got -1.");
    expect(() => mars(0.1, {mom1d: 1})).toThrowError("'mom1d' must be in [0, 1); got 1.");
    expect(() => mars(0.1, {sqrMom1d: -0.1})).toThrowError("'sqrMom1d' must be in [0, 1); got -0.1.");
    expect(() => mars(0.1, {gamma: -1})).toThrowError("'gamma' must be a number from 0; got -1.");
    expect(() => mars(0.1, {wd1d: -1})).toThrowError("'wd1d' must be a number from 0; got -1.");
    expect(() => mars(0.1, {lrScale1d: -1})).toThrowError("'lrScale1d' must be a number from 0; got -1.");
    expect(() => adopt(0.1, {clipExp: -1})).toThrowError(/clipExp.* must be a number from 0; got -1/);
    expect(() => adEMAMix(0.1, {slowMomWarmup: 1.5})).toThrowError(/slowMomWarmup.* must be a whole number from 0/);
    expect(() => adEMAMix(0.1, {slowWeightWarmup: -1})).toThrowError(/slowWeightWarmup.* must be a whole number/);
  });

  it('say how a parameter decays', async () => {
    const plain = (...callbacks: readonly Callback[]) =>
      new Optimizer<readonly Callback[]>(callbacks, {lr: 0.1, wd: 1});
    const [a, b] = [variableOf([1]), variableOf([1])];
    const [first, always] = [plain(adoptDecay, sgdStep), plain(weightDecay, sgdStep)];
    step(first, [a, [0]]);
    step(always, [b, [0]]);
    expectClose([...(await valuesOf(a)), ...(await valuesOf(b))], [1, 0.9], 1e-7);
    first.dispose();
    always.dispose();
    tf.dispose([a, b]);
  });

  it('give vectors of mars a decay of their own, or that of matrices', async () => {
    for (const [wd1d, decay] of [
      [0, 0.2],
      [0.5, 0.5],
    ] as const) {
      const a = variableOf([1]);
      const optimizer = mars(0.1, {wd: 0.2, wd1d, lrScale1d: 2, params: [a]});
      step(optimizer, [a, [0]]);
      expectClose(await valuesOf(a), [1 - 0.1 * 2 * decay], 1e-7);
      optimizer.dispose();
      a.dispose();
    }
  });
});
