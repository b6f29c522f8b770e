import {
  callback,
  clipGlobalNorm,
  clipGradNorm,
  lambStep,
  larc,
  larcLayerLr,
  larcStep,
  Optimizer,
  scalar,
  sgd,
  sgdStep,
} from '../src';
import {isTensor} from '../src/util/tensors';
import {describeBackends} from './support/backends';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';

const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
/** In float64. */
const norm = (values: readonly number[]): number => Math.hypot(...values);

/** The parameters after a step from these values. */
async function stepped(
  make: () => Optimizer,
  starts: ReadonlyArray<readonly number[]>,
  grads: ReadonlyArray<readonly number[]>,
): Promise<number[][]> {
  const optimizer = make();
  const variables = starts.map(start => tf.tidy(() => tf.variable(tf.tensor1d([...start]))));
  tf.tidy(() => {
    optimizer.applyGradients(variables.map(({name}, i) => ({name, tensor: tf.tensor1d([...present(grads[i])])})));
  });
  const values = await Promise.all(variables.map(async variable => [...(await variable.data())]));
  optimizer.dispose();
  tf.dispose(variables);
  return values;
}

/** Within a few roundings of the largest number. GPUs treat numbers below 2^-126 as 0. */
function expectNear(got: readonly number[], wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((x, i) => {
    expect(Math.abs(x - present(wanted[i])))
      .withContext(`${x} for ${wanted[i]}`)
      .toBeLessThanOrEqual(4e-6 * most(wanted) + 2 ** -126);
  });
}

async function eagerly<T>(run: () => Promise<T>): Promise<T> {
  tf.env().set('OPTIM_FUSING', false);
  try {
    return await run();
  } finally {
    tf.env().set('OPTIM_FUSING', true);
  }
}

const ways: Readonly<Record<string, (run: () => Promise<void>) => Promise<void>>> = {
  fused: run => run(),
  eager: eagerly,
};

// With 3e38, the norm itself is beyond single precision.
const MAGNITUDES = [1e-12, 1e-3, 1, 1e6, 3e14, 1e18, 3e19, 1e30, 3e38];
const first = [0.5, -1, 0.25, 0, 0.75];
const second = [0.125, -0.5];
const times = (values: readonly number[], by: number): number[] => values.map(value => Math.fround(value * by));

for (const [way, within] of Object.entries(ways)) {
  describeBackends(`norms of any finite values, ${way}`, () => {
    for (const magnitude of MAGNITUDES) {
      it(`clips gradients of ${magnitude}`, () =>
        leakless(() =>
          within(async () => {
            const grads = [times(first, magnitude), times(second, 1)];
            for (const limit of [1, magnitude / 4, magnitude * 10].filter(value => value < 3e38)) {
              const own = await stepped(
                () => new Optimizer([clipGradNorm, sgdStep], {lr: 1, clipNorm: limit}),
                [
                  [0, 0, 0, 0, 0],
                  [0, 0],
                ],
                grads,
              );
              const all = await stepped(
                () => new Optimizer([clipGlobalNorm, sgdStep], {lr: 1, globalClipNorm: limit}),
                [
                  [0, 0, 0, 0, 0],
                  [0, 0],
                ],
                grads,
              );
              const whole = norm(grads.flat());
              grads.forEach((grad, i) => {
                const length = norm(grad);
                expectNear(present(own[i]), times(grad, -(length > limit ? limit / length : 1)));
                expectNear(present(all[i]), times(grad, -(whole > limit ? limit / whole : 1)));
              });
            }
          }),
        ));

      it(`gives LARC's rate for ${magnitude}`, () =>
        leakless(() =>
          within(async () => {
            const rate = 0.02;
            // The norm of the parameter counts; the gradient and the infinite rate do not.
            const [p, grad] = [
              times(first, Math.min(magnitude, 1e38)),
              times([0.25, 0.5, -0.5, 1, 0], Math.min(magnitude, 1e38)),
            ];
            const wanted = (rate * norm(p)) / (norm(grad) + 1e-8);
            const [got] = await stepped(
              () => new Optimizer([larcLayerLr.with({clip: false}), larcStep], {lr: 1}),
              [p],
              [grad],
            );
            expectNear(
              present(got),
              p.map((x, i) => x - wanted * present(grad[i])),
            );
          }),
        ));

      it(`gives LAMB's step for ${magnitude}`, () =>
        leakless(() =>
          within(async () => {
            const [p, s] = [times(first, magnitude / 2), times([0.5, -0.25, 0.5, 1, 0.25], magnitude)];
            const step = tf.tidy(() => {
              const {p: after} = lambStep({
                p: tf.tensor1d(p),
                gradAvg: tf.tensor1d(s),
                sqrAvg: tf.onesLike(s),
                step: 1,
                lr: 0.1,
                mom: 0,
                sqrMom: 0,
                eps: 0,
              });
              return after ?? tf.zerosLike(s);
            });
            const q = Math.min(10, norm(p) / norm(s));
            expectNear(
              [...(await step.data())],
              p.map((x, i) => x - 0.1 * q * present(s[i])),
            );
            step.dispose();
          }),
        ));
    }

    it('keeps NaN and infinity', () =>
      leakless(() =>
        within(async () => {
          for (const large of [1, 3e19]) {
            for (const make of [
              () => sgd(1, {callbacks: [clipGradNorm], clipNorm: 1}),
              () => sgd(1, {callbacks: [clipGlobalNorm], globalClipNorm: 1}),
            ]) {
              const [[first, second] = []] = await stepped(make, [[0, 0, 0]], [[large, NaN, 1]]);
              expect([first, second]).toEqual([-Math.fround(large), NaN]);
              const [[ofInfinity, , other] = []] = await stepped(make, [[0, 0, 0]], [[large, Infinity, 1]]);
              expect([ofInfinity, other]).toEqual([0, 0]);
            }
          }
        }),
      ));

    it('works with zeros, scalars and parameters without elements', () =>
      leakless(() =>
        within(async () => {
          const makes = [
            () => sgd(1, {callbacks: [clipGradNorm], clipNorm: 1}),
            () => sgd(1, {callbacks: [clipGlobalNorm], globalClipNorm: 1}),
            () => larc(0.1, {mom: 0, wd: 0}),
          ];
          for (const make of makes) {
            const optimizer = make();
            const variables = tf.tidy(() => [
              tf.variable(tf.scalar(2)),
              tf.variable(tf.zeros([3])),
              tf.variable(tf.zeros([0])),
            ]);
            const [one, zeros, none] = variables;
            tf.tidy(() => {
              optimizer.applyGradients(
                variables.map(({name, shape}, i) => ({name, tensor: tf.fill(shape, i === 0 ? 1 : 0)})),
              );
            });
            expect((await one?.data())?.[0]).toBeLessThan(2);
            expect([...present(await present(zeros).data()), ...present(await present(none).data())]).toEqual([
              0, 0, 0,
            ]);
            optimizer.dispose();
            tf.dispose(variables);
          }
        }),
      ));
  });
}

describeBackends('max', backend => {
  const keepMax = callback('keepMax', {state: {most: scalar}}, ({p, grad}) => ({p: p.sub(grad), most: grad.max()}));

  /** The largest element of a gradient, as state. */
  async function largest(values: readonly number[], shape: readonly number[]): Promise<number | undefined> {
    const optimizer = new Optimizer([keepMax], {});
    const variable = tf.tidy(() => tf.variable(tf.zeros([...shape])));
    tf.tidy(() => {
      optimizer.applyGradients({[variable.name]: tf.tensor([...values], [...shape])});
    });
    expect(optimizer.fusedOn).toMatch(tf.env().getBool('OPTIM_FUSING') ? backend : /^eager/);
    const {most: kept} = optimizer.state.get(variable);
    const [found] = isTensor(kept) ? await kept.data() : [];
    optimizer.dispose();
    variable.dispose();
    return found;
  }

  it('finds the largest element wherever it is', () =>
    leakless(async () => {
      for (const [size, shape] of [
        [1, [1]],
        [2, [2]],
        [3, [3]],
        [5, [5]],
        [6, [2, 3]],
        [15, [3, 5]],
        [64, [64]],
        [30, [2, 3, 5]],
        [10007, [10007]],
        [16384, [128, 128]],
      ] as const) {
        for (const at of [0, Math.floor(size / 2), size - 1]) {
          const values = Array.from({length: size}, (_, i) => (i === at ? -1 : -2 - (i % 7)));
          expect(await largest(values, shape))
            .withContext(`${at} of [${shape}]`)
            .toBe(-1);
          values[at] = NaN;
          expect(await largest(values, shape))
            .withContext(`NaN at ${at} of [${shape}]`)
            .toBeNaN();
          values[at] = Infinity;
          expect(await largest(values, shape))
            .withContext(`infinity at ${at} of [${shape}]`)
            .toBe(Infinity);
        }
      }
      expect(await largest([-Infinity, -Infinity], [2])).toBe(-Infinity);
      expect(await largest([-3], [])).toBe(-3);
    }));

  it('is the same as ordinary operations', () =>
    leakless(() =>
      eagerly(async () => {
        expect(await largest([-4, -2, -3], [3])).toBe(-2);
      }),
    ));
});
