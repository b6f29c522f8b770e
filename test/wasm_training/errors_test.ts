import '../../src/wasm_training/index';

import {assertWasmBackend, memoryOf} from '../../src/wasm/backend';
import {kernelFunction} from '../../src/wasm_training/kernel';
import {describeBackends} from '../support/backends';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';

const zeros = (...shape: number[]): ReturnType<typeof tf.zeros> => tf.zeros(shape);

/** Calls that tfjs refuses, on every backend in the same words. */
const REFUSED: Readonly<Record<string, () => unknown>> = {
  'matMul of sizes that do not fit': () => tf.matMul(zeros(2, 3), zeros(2, 3), true, true),
  'matMul of batches that do not fit': () => tf.matMul(zeros(2, 3, 4), zeros(3, 3, 4), false, true),
  'conv2d with too few channels': () =>
    tf.grads((x, w) => tf.conv2d(x.as4D(1, 4, 4, 2), w.as4D(3, 3, 3, 1), 1, 'same'))([
      zeros(1, 4, 4, 2),
      zeros(3, 3, 3, 1),
    ]),
  'conv2d with dilations, whose gradient tfjs lacks': () =>
    tf.grads((x, w) => tf.conv2d(x.as4D(1, 6, 6, 2), w.as4D(3, 3, 2, 1), 1, 'same', 'NHWC', 2))([
      zeros(1, 6, 6, 2),
      zeros(3, 3, 2, 1),
    ]),
  'depthwiseConv2d with too many channels': () =>
    tf.depthwiseConv2d(zeros(32).as4D(1, 4, 4, 2), zeros(27).as4D(3, 3, 3, 1), 1, 'same'),
  'unsortedSegmentSum into a part of a segment': () =>
    tf.unsortedSegmentSum(zeros(3, 2), tf.tensor1d([0, 1, 1], 'int32'), 1.5),
  'a sum over an axis that is not there': () => tf.sum(zeros(2, 3), 2),
  'a sum of shapes that do not fit': () => tf.add(zeros(2, 3), zeros(4)),
  'tile with too few repetitions': () => tf.tile(zeros(2, 3), [2]),
};

/** Calls of kernels that tfjs's operations do not check, where ours would read outside their inputs. */
const REFUSED_BY_US: ReadonlyArray<{readonly name: string; readonly call: () => unknown; readonly says: RegExp}> = [
  {
    name: 'Conv2DBackpropFilter with a smaller dy',
    call: () =>
      tf
        .engine()
        .runKernel(
          'Conv2DBackpropFilter',
          {x: zeros(1, 5, 5, 2), dy: zeros(1, 4, 4, 3)},
          {strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 3]},
        ),
    says: /dy has shape \[1,4,4,3\].*make \[1,5,5,3\]/,
  },
  {
    name: 'DepthwiseConv2dNativeBackpropInput with other channels',
    call: () =>
      tf
        .engine()
        .runKernel(
          'DepthwiseConv2dNativeBackpropInput',
          {dy: zeros(1, 5, 5, 2), filter: zeros(3, 3, 2, 2)},
          {strides: 1, pad: 'same', dilations: 1, inputShape: [1, 5, 5, 2]},
        ),
    says: /dy has shape \[1,5,5,2\].*make \[1,5,5,4\]/,
  },
  {
    name: 'MaxPoolGrad with a larger dy',
    call: () =>
      tf
        .engine()
        .runKernel(
          'MaxPoolGrad',
          {dy: zeros(1, 4, 4, 1), input: zeros(1, 4, 4, 1), output: zeros(1, 4, 4, 1)},
          {filterSize: 2, strides: 2, pad: 'valid'},
        ),
    says: /dy has shape \[1,4,4,1\].*makes \[1,2,2,1\]/,
  },
  {
    name: 'UnsortedSegmentSum with too few ids',
    call: () => tf.unsortedSegmentSum(zeros(3, 2), tf.tensor1d([0, 1], 'int32'), 2),
    says: /segmentIds must be of rank 1 and as long as the first axis of x; got shapes \[2\] and \[3,2\]/,
  },
];

const CONV = {x: [1, 5, 5, 2], dy: [1, 5, 5, 3]};
const ATTRS = {strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 3]};
const VOLUME = {x: [1, 4, 4, 4, 1]};
const POOL = {filterSize: 2, strides: 2, pad: 'valid', dataFormat: 'NDHWC'};

/** Calls of kernels whose attributes or inputs are not what tfjs documents. */
const IMPOSSIBLE: ReadonlyArray<
  readonly [kernel: string, inputs: Readonly<Record<string, readonly number[]>>, attrs: tf.NamedAttrMap, says: string]
> = [
  [
    'Conv2DBackpropFilter',
    CONV,
    {...ATTRS, strides: [1, 1, 1]},
    "The attribute 'strides' must be one number or two; got [1,1,1].",
  ],
  [
    'Conv2DBackpropFilter',
    CONV,
    {...ATTRS, filterShape: [3, 3, 2]},
    "The attribute 'filterShape' must be four numbers; got [3,3,2].",
  ],
  [
    'Conv2DBackpropFilter',
    CONV,
    {...ATTRS, pad: 'full'},
    "The attribute 'pad' must be 'same', 'valid', a number or four pairs; got \"full\".",
  ],
  [
    'Conv2DBackpropFilter',
    CONV,
    {...ATTRS, dimRoundingMode: 'up'},
    "The attribute 'dimRoundingMode' must be 'floor', 'round' or 'ceil'; got \"up\".",
  ],
  ['Conv2DBackpropFilter', CONV, {...ATTRS, dataFormat: 'NWHC'}, 'Unknown dataFormat NWHC'],
  ['Conv2DBackpropFilter', {x: CONV.x}, ATTRS, "Conv2DBackpropFilter needs the input 'dy'."],
  ['MaxPool3D', VOLUME, {...POOL, strides: [2, 2]}, "The attribute 'strides' must be one number or three; got [2,2]."],
  ['MaxPool3D', {x: [4, 4, 4, 1]}, POOL, "The attribute 'x' must be five numbers; got [4,4,4,1]."],
  ['MaxPool3D', VOLUME, {...POOL, pad: [1, 1]}, "The attribute 'pad' must be 'same', 'valid' or a number; got [1,1]."],
  [
    'TfjsOptimBatchNormGradient',
    {dy: [3, 4], x: [3, 4], mean: [4], variance: [4]},
    {varianceEpsilon: 'small'},
    'The attribute \'varianceEpsilon\' must be a number; got "small".',
  ],
];

function messageOf(act: () => unknown): string {
  try {
    tf.tidy(() => {
      act();
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'no error';
}

describeBackends(
  'Bad input with wasm-training',
  () => {
    for (const [name, act] of Object.entries(REFUSED)) {
      it(`${name} is refused as on the CPU backend`, async () => {
        await tf.setBackend('cpu');
        const expected = messageOf(act);
        await tf.setBackend('wasm');
        expect(expected).not.toBe('no error');
        expect(messageOf(act)).toBe(expected);
      });
    }

    for (const {name, call, says} of REFUSED_BY_US) {
      it(`${name} is refused`, () =>
        leakless(() => {
          expect(messageOf(call)).toMatch(says);
        }));
    }

    for (const [kernel, inputs, attrs, says] of IMPOSSIBLE) {
      it(`${kernel} says: ${says}`, () =>
        leakless(() => {
          const run = (): unknown =>
            tf
              .engine()
              .runKernel(
                kernel,
                Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, zeros(...shape)])),
                attrs,
              );
          expect(messageOf(run)).toBe(says);
        }));
    }

    it('a mode of rounding is one of three', () =>
      leakless(() => {
        const pooled = (dimRoundingMode: 'floor' | 'ceil') =>
          tf.tidy(() => tf.maxPool3d(zeros(1, 5, 5, 5, 1).as5D(1, 5, 5, 5, 1), 2, 2, 0, dimRoundingMode).shape);
        expect([pooled('floor'), pooled('ceil')]).toEqual([
          [1, 2, 2, 2, 1],
          [1, 3, 3, 3, 1],
        ]);
      }));

    it('segment ids must be whole numbers', () =>
      leakless(() => {
        const run = (): unknown =>
          tf.engine().runKernel('UnsortedSegmentSum', {x: zeros(3, 2), segmentIds: zeros(3)}, {numSegments: 2});
        expect(messageOf(run)).toBe('Error in unsortedSegmentSum: segmentIds must be int32; got float32.');
      }));

    it('segments of whole numbers are summed as on the CPU backend', async () => {
      const run = () =>
        tf.tidy(() =>
          tf.unsortedSegmentSum(
            tf.tensor2d(
              [
                [1, 2],
                [3, 4],
                [5, 6],
              ],
              [3, 2],
              'int32',
            ),
            tf.tensor1d([1, 0, 1], 'int32'),
            2,
          ),
        );
      const found = [];
      for (const backend of ['cpu', 'wasm']) {
        await tf.setBackend(backend);
        const sums = run();
        found.push([sums.dtype, await sums.array()]);
        sums.dispose();
      }
      expect(found[0]).toEqual([
        'float32',
        [
          [3, 4],
          [6, 8],
        ],
      ]);
      expect(found[1]).toEqual(found[0]);
    });

    it('the kernel that only carries the setup computes nothing', () => {
      expect<unknown>(tf.engine().runKernel('TfjsOptimWasmTraining', {})).toEqual([]);
    });

    it('a kernel of tfjs that ours calls must return one tensor', () => {
      const stock: tf.KernelConfig = {kernelName: 'Odd', backendName: 'wasm', kernelFunc: () => []};
      const odd = kernelFunction('Odd', ({stock: call}) => call(), stock);
      expect(() => odd({inputs: {}, backend: tf.backend()})).toThrowError(
        "The kernel 'Odd' must return one tensor; it returned 0.",
      );
      const none = kernelFunction('Odd', ({stock: call}) => call(), undefined);
      expect(() => none({inputs: {}, backend: tf.backend()})).toThrowError("tfjs's WASM backend has no kernel 'Odd'.");
    });

    it('leaves nothing allocated behind working kernels', () => {
      const backend = assertWasmBackend(tf.backend());
      const step = (): void =>
        tf.tidy(() => {
          const grads = tf.grads((x, w) => tf.conv2d(x.as4D(2, 32, 32, 8), w.as4D(3, 3, 8, 16), 1, 'same'));
          grads([tf.ones([2, 32, 32, 8]), tf.ones([3, 3, 8, 16])]);
        });
      step();
      const {byteLength} = memoryOf(backend).buffer;
      for (let i = 0; i < 300; i++) step();
      expect(memoryOf(backend).buffer.byteLength).toBe(byteLength);
    });
  },
  ['wasm'],
);
