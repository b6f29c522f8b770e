import fc from 'fast-check';

import {registerWasmTraining} from '../../src/wasm_training/index';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {itPassesThroughOneTimeStep} from './one_time_step';
import {sizeOf, values} from './values';

type Tensor = ReturnType<typeof tf.tensor>;

interface Row {
  readonly name: string;
  readonly shapes: fc.Arbitrary<readonly (readonly number[])[]>;
  readonly f: (...inputs: Tensor[]) => Tensor;
  /**
   * Half the distance of the two evaluations: 1 where f is linear in each input, for which the difference is exact.
   */
  readonly step: number;
  readonly tolerance: number;
  /** The inputs are multiples of this, each once, in a random order. */
  readonly apart?: number;
}

function inputOf(shape: readonly number[], seed: number, apart: number | undefined): Tensor {
  const reals = values(sizeOf(shape), seed);
  if (apart === undefined) return tf.tensor(reals, [...shape]);
  const order = [...reals.keys()].sort((a, b) => present(reals[a]) - present(reals[b]));
  const ranks = new Float32Array(order.length);
  order.forEach((at, rank) => {
    ranks[at] = (rank - order.length / 2) * apart;
  });
  return tf.tensor(ranks, [...shape]);
}

const upTo = (most: number, least = 1): fc.Arbitrary<number> => fc.integer({min: least, max: most});
const volume = (shape: readonly number[]): [number, number, number, number, number] => {
  const [n = 1, d = 1, h = 1, w = 1, c = 1] = shape;
  return [n, d, h, w, c];
};
const as3D = (x: Tensor): ReturnType<typeof tf.tensor3d> => x.reshape(volume(x.shape).slice(0, 3));
const as4D = (x: Tensor): ReturnType<typeof tf.tensor4d> => x.reshape(volume(x.shape).slice(0, 4));
const as5D = (x: Tensor): ReturnType<typeof tf.tensor5d> => x.reshape(volume(x.shape));
const single = ([one, ...others]: readonly Tensor[]): Tensor => {
  if (one === undefined || others.length > 0) throw new Error('f must give one tensor.');
  return one;
};
const LINEAR = {step: 1, tolerance: 3e-5};
/** Inputs so far apart that none passes another within the step: a maximum is linear between them too. */
const APART = {step: 1 / 64, tolerance: 1e-3, apart: 1 / 16};

/**
 * Pictures and square filters no smaller than the strides: with others, and padding 'same', tfjs's own forward pass on
 * WASM gives zeros.
 */
const picture = (strides: number): fc.Arbitrary<{n: number; h: number; w: number; i: number; o: number; k: number}> =>
  fc.record({n: upTo(3), h: upTo(9, 4), w: upTo(9, 4), i: upTo(6), o: upTo(9), k: upTo(4, strides)});

const ROWS: readonly Row[] = [
  {
    ...LINEAR,
    name: 'conv1d',
    f: (x, w) => tf.conv1d(as3D(x), as3D(w), 2, 'same'),
    shapes: fc.tuple(upTo(3), upTo(9), upTo(5), upTo(9), upTo(3)).map(([n, length, i, o, k]) => [
      [n, length, i],
      [k, i, o],
    ]),
  },
  ...(['same', 'valid'] as const).flatMap(pad =>
    [1, 2, 3].map((strides): Row => ({
      ...LINEAR,
      name: `conv2d ${pad} ${strides}`,
      f: (x, w) => tf.conv2d(as4D(x), as4D(w), strides, pad),
      shapes: picture(strides).map(({n, h, w, i, o, k}) => [
        [n, h, w, i],
        [k, k, i, o],
      ]),
    })),
  ),
  ...(['same', 'valid'] as const).flatMap(pad =>
    [1, 2].map((strides): Row => ({
      ...LINEAR,
      name: `depthwiseConv2d ${pad} ${strides}`,
      f: (x, w) => tf.depthwiseConv2d(as4D(x), as4D(w), strides, pad),
      shapes: picture(strides).map(({n, h, w, i, o, k}) => [
        [n, h, w, i],
        [k, k, i, 1 + (o % 3)],
      ]),
    })),
  ),
  {
    ...LINEAR,
    name: 'conv2dTranspose',
    f: (x, w) => {
      const [[n, h, width], [, , channels]] = [volume(x.shape), volume(w.shape)];
      return tf.conv2dTranspose(as4D(x), as4D(w), [n, 2 * h, 2 * width, channels], 2, 'same');
    },
    shapes: picture(2).map(({n, h, w, i, o, k}) => [
      [n, h, w, i],
      [k, k, o, i],
    ]),
  },
  {
    ...LINEAR,
    name: 'conv3d',
    f: (x, w) => tf.conv3d(as5D(x), as5D(w), 2, 'same'),
    shapes: fc.tuple(upTo(2), upTo(4), upTo(5), upTo(4), upTo(4), upTo(5), upTo(3)).map(([n, d, h, w, i, o, k]) => [
      [n, d, h, w, i],
      [k, 2, k, i, o],
    ]),
  },
  ...[false, true].flatMap(transposeA =>
    [false, true].map((transposeB): Row => ({
      ...LINEAR,
      name: `matMul ${transposeA} ${transposeB}`,
      f: (a, b) => tf.matMul(a, b, transposeA, transposeB),
      shapes: fc.tuple(upTo(3), upTo(20), upTo(20), upTo(20)).map(([n, m, k, l]) => [
        [n, ...(transposeA ? [k, m] : [m, k])],
        [n, ...(transposeB ? [l, k] : [k, l])],
      ]),
    })),
  ),
  {
    ...LINEAR,
    name: 'gather',
    f: x => tf.gather(x, tf.tensor1d([1, 0, 1, 2], 'int32'), 1),
    shapes: fc.tuple(upTo(4), upTo(6, 3), upTo(9)).map(shape => [shape]),
  },
  ...[1, 2, 3, 4].map((rank): Row => ({
    ...LINEAR,
    name: `tile of rank ${rank}`,
    // Lengths of 1 and more, and as many repetitions.
    f: x =>
      tf.tile(
        x,
        x.shape.map((length, axis) => 1 + ((length + axis) % 3)),
      ),
    shapes: fc.array(upTo(4), {minLength: rank, maxLength: rank}).map(shape => [shape]),
  })),
  ...[0, 1, -1].map((axis): Row => ({
    ...LINEAR,
    name: `unstack into one, along ${axis}`,
    f: x => single(tf.unstack(x, axis)),
    shapes: fc
      .tuple(upTo(4), upTo(5))
      .map(others => [axis === -1 ? [...others, 1] : [...others.slice(0, axis), 1, ...others.slice(axis)]]),
  })),
  ...[0, 1, -1].map((axis): Row => ({
    ...LINEAR,
    name: `split into one, along ${axis}`,
    f: x => single(tf.split(x, 1, axis)),
    shapes: fc.tuple(upTo(4), upTo(5), upTo(3)).map(shape => [shape]),
  })),
  {
    ...LINEAR,
    name: 'unstack into several',
    f: x => tf.unstack(x, 1).reduce((sum, each, i) => sum.add(each.mul(i + 1))),
    shapes: fc.tuple(upTo(3), upTo(4, 2), upTo(5)).map(shape => [shape]),
  },
  {
    ...APART,
    name: 'maxPool',
    f: x => tf.maxPool(as4D(x), [2, 3], 2, 'same'),
    shapes: picture(1).map(({n, h, w, i}) => [[n, h, w, i]]),
  },
  {
    ...APART,
    name: 'maxPool3d',
    f: x => tf.maxPool3d(as5D(x), [1, 3, 2], 2, 'same'),
    shapes: picture(1).map(({n, h, w, i}) => [[n, 2, h, w, i]]),
  },
  {
    name: 'batchNorm',
    step: 1e-3,
    tolerance: 1e-2,
    f: (x, mean, variance, offset, scale) =>
      tf.batchNorm(x, mean.as1D(), variance.square().add(0.5).as1D(), offset.as1D(), scale.as1D()),
    shapes: fc.tuple(upTo(3), upTo(5), upTo(5), upTo(18)).map(([n, h, w, c]) => [[n, h, w, c], [c], [c], [c], [c]]),
  },
];

/** Specs: the gradient of each row against the slope of its function. */
function areSlopes(): void {
  for (const {name, shapes, f, step, tolerance, apart} of ROWS) {
    it(`of ${name} are the slope along any direction`, async () => {
      await fc.assert(
        fc.asyncProperty(shapes, fc.nat(1000), async (inputShapes, seed) => {
          await leakless(() => {
            tf.tidy(() => {
              const inputs = inputShapes.map((shape, i) => inputOf(shape, seed + i, apart));
              const weight = tf.tidy(() => {
                const {shape} = f(...inputs);
                return tf.tensor(values(sizeOf(shape), seed + 50), shape);
              });
              const loss = (...given: Tensor[]): Tensor =>
                f(...given)
                  .mul(weight)
                  .sum();
              tf.grads(loss)(inputs).forEach((gradient, i) => {
                const direction = tf.tensor(values(gradient.size, seed + 60 + i), gradient.shape);
                const at = (distance: number): number =>
                  present(
                    tf
                      .sum(loss(...inputs.map((x, j) => (j === i ? x.add(direction.mul(distance)) : x))))
                      .dataSync()[0],
                  );
                const slope = (at(step) - at(-step)) / (2 * step);
                expectClose(
                  tf.sum(gradient.mul(direction)).dataSync(),
                  [slope],
                  tolerance,
                  `input ${i} of ${JSON.stringify(inputShapes)}`,
                );
              });
            });
          });
        }),
        {numRuns: 15, seed: 5},
      );
    });
  }
}

describeBackends(
  'Gradients with wasm-training',
  () => {
    areSlopes();

    itPassesThroughOneTimeStep();

    it('have gradients themselves', async () => {
      const penaltyOn = async (backend: string): Promise<ArrayLike<number>> => {
        await tf.setBackend(backend);
        return tf.tidy(() => {
          const [mean, variance, scale] = [1, 2, 3].map(seed => tf.tensor1d(values(6, seed).map(one => one + 1.5)));
          if (mean === undefined || variance === undefined) throw new Error('three statistics were made');
          const slope = tf.grad(x => tf.batchNorm(x, mean, variance, mean, scale).square().mean(0).square().sum());
          return tf
            .grad(x => slope(x).square().sum())(tf.tensor(values(72, 4), [3, 2, 2, 6]))
            .dataSync();
        });
      };
      const expected = await penaltyOn('cpu');
      expectClose(await penaltyOn('wasm'), expected, 1e-4);
    });

    it('of tile take no operation per repetition', async () => {
      await tf.setBackend('wasm');
      const scale = tf.ones([1, 1, 4]);
      const {kernelNames} = await tf.profile(() =>
        tf.tidy(() => {
          tf.grad(one => tf.tile(one, [16, 32, 1]))(scale);
        }),
      );
      scale.dispose();
      expect(kernelNames).toContain('Sum');
      expect(kernelNames).not.toContain('Slice');
    });

    it("are tfjs's own on another backend", async () => {
      const kernelsOn = async (backend: string): Promise<string[]> => {
        await tf.setBackend(backend);
        const x = tf.ones([2, 3]);
        const {kernelNames} = await tf.profile(() =>
          tf.tidy(() => {
            tf.grad(one => tf.mean(one))(x);
          }),
        );
        x.dispose();
        return kernelNames;
      };
      expect(await kernelsOn('cpu')).not.toContain('Tile');
      expect(await kernelsOn('wasm')).toContain('Tile');
    });
  },
  ['wasm'],
);

describeBackends(
  'Gradients with wasm-training and relaxed SIMD',
  () => {
    beforeAll(() => registerWasmTraining({relaxedSimd: true}));
    afterAll(() => registerWasmTraining({relaxedSimd: false}));

    areSlopes();
  },
  ['wasm'],
);
