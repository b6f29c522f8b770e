import fc from 'fast-check';

import {REPEATED} from '../../src/gpu_training/gradients';
import {registerGpuTraining} from '../../src/gpu_training/index';
import {BATCH_NORM_GRADIENT} from '../../src/gradients/in_front';
import {type BackendName, describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {itPassesThroughOneTimeStep} from '../wasm_training/one_time_step';
import {sizeOf, values} from '../wasm_training/values';

type Tensor = ReturnType<typeof tf.tensor>;
type Shapes = readonly (readonly number[])[];

interface Row {
  readonly name: string;
  readonly shapes: fc.Arbitrary<Shapes>;
  readonly f: (...inputs: Tensor[]) => Tensor;
}

const upTo = (most: number, least = 1): fc.Arbitrary<number> => fc.integer({min: least, max: most});
/** Pictures of few elements, and of more rows than one part of a sum has. */
const pictures: fc.Arbitrary<number[]> = fc.tuple(upTo(3), upTo(7), upTo(19), upTo(19)).map(lengths => [...lengths]);
const withVectors =
  (count: number) =>
  (shape: number[]): Shapes => [shape, ...Array.from({length: count}, () => shape.slice(-1))];

const ROWS: readonly Row[] = [
  {
    name: 'batch norm in training',
    shapes: pictures.map(withVectors(2)),
    f: (x, scale, offset) => {
      const {mean, variance} = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(x, mean.as1D(), variance.as1D(), offset.as1D(), scale.as1D(), 1e-2);
    },
  },
  {
    name: 'batch norm with given statistics',
    shapes: pictures.map(withVectors(4)),
    f: (x, mean, variance, offset, scale) =>
      tf.batchNorm(x, mean.as1D(), variance.square().add(0.5).as1D(), offset.as1D(), scale.as1D()),
  },
  {
    name: 'batch norm of rank 2',
    shapes: fc.tuple(upTo(70), upTo(9)).map(shape => withVectors(2)([...shape])),
    f: (x, mean, scale) => tf.batchNorm(x, mean.as1D(), mean.square().add(0.5).as1D(), mean.as1D(), scale.as1D()),
  },
  {
    name: 'batch norm with statistics per element',
    shapes: pictures.map(shape => [shape, shape]),
    f: (x, mean) => tf.batchNorm(x, mean, mean.square().add(0.5), mean, x),
  },
  ...([[0], [0, 1], [0, 1, 2], [1, 2], [3], [0, 2], undefined] as const).flatMap(axes =>
    [false, true].flatMap((keepDims): Row[] => {
      const axis = axes === undefined ? undefined : [...axes];
      return [
        {
          name: `sum over ${String(axes)}${keepDims ? ', kept' : ''}`,
          shapes: pictures.map(shape => [shape]),
          f: x => x.sum(axis, keepDims).square(),
        },
        {
          name: `mean over ${String(axes)}${keepDims ? ', kept' : ''}`,
          shapes: pictures.map(shape => [shape]),
          f: x => x.mean(axis, keepDims).square(),
        },
      ];
    }),
  ),
  {name: 'sum of rank 1', shapes: upTo(300).map(length => [[length]]), f: x => x.square().sum().square()},
  {
    name: 'sum of rank 5',
    shapes: pictures.map(shape => [[2, ...shape]]),
    f: x => x.sum([0, 1]).square(),
  },
  {
    name: 'tile',
    shapes: fc.tuple(upTo(3), upTo(5), upTo(4)).map(shape => [[...shape]]),
    f: x => tf.tile(x, [2, 1, 3]),
  },
  {
    name: 'softmax cross-entropy',
    shapes: fc.tuple(upTo(9), upTo(12, 2)).map(shape => [[...shape]]),
    f: x => tf.losses.softmaxCrossEntropy(tf.oneHot(tf.zeros([present(x.shape[0])], 'int32'), present(x.shape[1])), x),
  },
  {
    // tfjs's products need zeros beside the tensor.
    name: 'a mean before a product',
    shapes: fc.tuple(upTo(5), upTo(7), upTo(5)).map(([n, i, o]) => [
      [n, i],
      [i, o],
    ]),
    f: (x, w) =>
      tf
        .matMul(x.as2D(present(x.shape[0]), present(x.shape[1])), w.as2D(present(w.shape[0]), present(w.shape[1])))
        .mean(0),
  },
];

/** The values of f, and its gradients for each input: Σ of f times fixed weights. */
async function slopesOn(backend: BackendName, {f}: Row, shapes: Shapes, seed: number): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  return leakless(async () => {
    const inputs = shapes.map((shape, i) => tf.tensor(values(sizeOf(shape), seed + i), [...shape]));
    const found = tf.tidy(() => {
      const y = f(...inputs);
      const weight = tf.tensor(values(y.size, seed + 50), y.shape);
      return [
        y,
        ...tf.grads((...given: Tensor[]) =>
          f(...given)
            .mul(weight)
            .sum(),
        )(inputs),
      ];
    });
    const numbers = await Promise.all(found.map(async one => Float32Array.from(await one.data())));
    tf.dispose([inputs, found]);
    return numbers;
  });
}

/** How often a kernel of `backend` runs in a gradient. tfjs's `profile` fails on webgpu. */
function callsOf(kernel: string, backend: BackendName, gradient: () => Tensor): number {
  const spy = spyOn(tf.getKernel(kernel, backend), 'kernelFunc').and.callThrough();
  tf.tidy(() => {
    gradient();
  });
  return spy.calls.count();
}

describeBackends(
  'Gradients with gpu-training',
  backend => {
    for (const row of ROWS) {
      it(`of ${row.name} are those of the CPU backend`, async () => {
        await fc.assert(
          fc.asyncProperty(row.shapes, fc.nat(1000), async (shapes, seed) => {
            const expected = await slopesOn('cpu', row, shapes, seed);
            const found = await slopesOn(backend, row, shapes, seed);
            found.forEach((numbers, i) => {
              const scale = present(expected[i]).reduce((most, one) => Math.max(most, Math.abs(one)), 1);
              const what = `${i === 0 ? 'f' : `input ${i - 1}`} of ${JSON.stringify(shapes)}`;
              expectClose(
                numbers.map(one => one / scale),
                present(expected[i]).map(one => one / scale),
                3e-5,
                what,
              );
            });
          }),
          {numRuns: 5, seed: 5},
        );
      });
    }

    describe('on the backend', () => {
      beforeAll(() => tf.setBackend(backend));
      itPassesThroughOneTimeStep();
    });

    it('have gradients themselves', async () => {
      const penaltyOn = async (name: BackendName): Promise<Float32Array> => {
        await tf.setBackend(name);
        const penalty = tf.tidy(() => {
          const [mean, variance, scale] = [1, 2, 3].map(seed => tf.tensor1d(values(6, seed).map(one => one + 1.5)));
          if (mean === undefined || variance === undefined) throw new Error('three statistics were made');
          const slope = tf.grad(x => tf.batchNorm(x, mean, variance, mean, scale).square().mean(0).square().sum());
          return tf.grad(x => slope(x).square().sum())(tf.tensor(values(72, 4), [3, 2, 2, 6]));
        });
        const numbers = Float32Array.from(await penalty.data());
        penalty.dispose();
        return numbers;
      };
      const expected = await penaltyOn('cpu');
      expectClose(await penaltyOn(backend), expected, 1e-4);
    });

    const x = () => tf.tensor(values(8 * 9 * 10 * 3, 1), [8, 9, 10, 3]);
    const norm = (one: Tensor): Tensor => {
      const vector = tf.tensor1d([0.5, 1, 2]);
      return tf.batchNorm(one, vector, vector, vector, vector);
    };

    it('are ours where they can be', async () => {
      await tf.setBackend(backend);
      expect(callsOf(BATCH_NORM_GRADIENT, backend, () => tf.grad(norm)(x()))).toBe(1);
      expect(callsOf(REPEATED, backend, () => tf.grad(one => one.mean([0, 1, 2]))(x()))).toBe(1);
    });

    it("are tfjs's own where they are recorded for a gradient of them", async () => {
      await tf.setBackend(backend);
      const second = () =>
        tf.grad(one =>
          tf
            .grad(other => norm(other).square())(one)
            .square()
            .sum(),
        )(x());
      // The outer gradient is recorded for none.
      expect(callsOf(BATCH_NORM_GRADIENT, backend, second)).toBe(1);
    });

    it('of batch norm need no scale', async () => {
      await tf.setBackend(backend);
      // tfjs itself can't differentiate batch norm without a scale.
      const inputs = Object.fromEntries(
        ['dy', 'x'].map((name, i) => [name, tf.tensor(values(2 * 40 * 5 * 3, i + 1), [2, 40, 5, 3])]),
      );
      const vectors = {mean: tf.tensor1d([1, 2, 3]), variance: tf.tensor1d([0.5, 1, 2]), scale: tf.ones([3])};
      const {scale, ...others} = vectors;
      const run = async (more: object): Promise<Float32Array[]> => {
        const found: Tensor[] = tf
          .engine()
          .runKernel(BATCH_NORM_GRADIENT, {...inputs, ...others, ...more}, {varianceEpsilon: 1e-3});
        return Promise.all(found.map(async one => Float32Array.from(await one.data())));
      };
      expect(await run({})).toEqual(await run({scale}));
      tf.dispose([inputs, vectors]);
    });

    it('sum whole numbers as tfjs does', async () => {
      await tf.setBackend(backend);
      const sum = tf.tidy(() => tf.tensor([1, 2, 3, 4, 5, 6], [3, 2], 'int32').sum(1));
      expect([...(await sum.data())]).toEqual([3, 7, 11]);
      expect(sum.dtype).toBe('int32');
      sum.dispose();
    });

    it("are tfjs's own on another backend", async () => {
      const ours = spyOn(tf.getKernel(REPEATED, backend), 'kernelFunc').and.callThrough();
      await tf.setBackend('cpu');
      tf.tidy(() => tf.grad(one => one.mean(0))(x()));
      expect(ours).not.toHaveBeenCalled();
      await tf.setBackend(backend);
    });

    it('are registered once', () => {
      const functions = () => [
        ...['FusedBatchNorm', 'Mean', 'SplitV', 'Sum', 'Tile', 'Unpack'].map(name => tf.getGradient(name).gradFunc),
        ...['Mean', 'Sum'].map(name => tf.getKernel(name, backend).kernelFunc),
      ];
      const before = functions();
      const {backends, kernels, gradients} = registerGpuTraining();
      expect(backends).toContain(backend);
      expect(kernels).toEqual(['Sum', 'Mean']);
      expect(gradients).toEqual(['FusedBatchNorm', 'Mean', 'SplitV', 'Sum', 'Tile', 'Unpack']);
      expect(functions()).toEqual(before);
    });
  },
  ['webgl', 'webgpu'],
);
