import '../../src/wasm_training/index';

import fc from 'fast-check';

import {BATCH_NORM_GRADIENT} from '../../src/gradients/in_front';
import {at} from '../../src/util/at';
import {TRAINING_KERNELS} from '../../src/wasm_training/training_kernels';
import {describeBackends} from '../support/backends';
import {bitsOf} from '../support/bits';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';
import {inputsOf, type Problem, PROBLEMS} from '../wasm_training/kernel_problems';
import {leaveToWorkers, withThreads} from './support/threads';

const RUNS = 40;
const COUNTS = [2, 3, 4];

async function bitsOfResult(name: string, problem: Problem, seed: number): Promise<object> {
  return leakless(async () => {
    const inputs = inputsOf(problem, seed);
    const made = tf.engine().runKernel(name, inputs, problem.attrs);
    const results = Array.isArray(made) ? made : [made];
    const found = {shapes: results.map(({shape}) => shape), bits: await bitsOf(results)};
    tf.dispose([inputs, results]);
    return found;
  });
}

/** Kernels whose work is never divided: they copy or share data, or add to places that the data choose. */
const UNDIVIDED = ['UnsortedSegmentSum', 'Identity', 'Cast', 'Tile', 'MaxPoolGrad', 'MaxPool3D', 'MaxPool3DGrad'];

/** Problems of sizes at which threads get whole, partial and no tiles. */
const LARGE: Readonly<Record<string, readonly Problem[]>> = {
  BatchMatMul: [
    ...[
      [1, 1, 1],
      [5, 3, 7],
      [7, 300, 9],
      [64, 32, 65],
      [129, 257, 33],
      [33, 10, 521],
    ].flatMap(([m = 0, k = 0, n = 0]) =>
      [
        [true, false],
        [false, true],
        [true, true],
      ].map(([transposeA = false, transposeB = false]): Problem => ({
        inputs: {a: transposeA ? [k, m] : [m, k], b: transposeB ? [n, k] : [k, n]},
        attrs: {transposeA, transposeB},
      })),
    ),
    {inputs: {a: [5, 17, 9], b: [5, 9, 33]}, attrs: {transposeA: false, transposeB: false}},
    {inputs: {a: [2, 1, 17, 9], b: [3, 33, 9]}, attrs: {transposeA: false, transposeB: true}},
    {inputs: {a: [0, 4], b: [5, 4]}, attrs: {transposeA: false, transposeB: true}},
    {inputs: {a: [3, 0], b: [5, 0]}, attrs: {transposeA: false, transposeB: true}},
    {inputs: {a: [0, 3, 4], b: [0, 5, 4]}, attrs: {transposeA: false, transposeB: true}},
  ],
  Conv2DBackpropFilter: [
    {
      inputs: {x: [4, 9, 11, 17], dy: [4, 9, 11, 33]},
      attrs: {strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 17, 33]},
    },
  ],
  Conv2DBackpropInput: [
    {
      inputs: {dy: [5, 5, 6, 33], filter: [3, 3, 17, 33]},
      attrs: {strides: 2, pad: 'same', dataFormat: 'NHWC', inputShape: [5, 9, 11, 17]},
    },
  ],
  DepthwiseConv2dNativeBackpropFilter: [
    {
      inputs: {x: [2, 9, 11, 67], dy: [2, 9, 11, 67]},
      attrs: {strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1, filterShape: [3, 3, 67, 1]},
    },
  ],
  Sum: [
    {inputs: {x: [333, 67]}, attrs: {axis: 0, keepDims: false}},
    {inputs: {x: [7, 33, 5]}, attrs: {axis: 1, keepDims: true}},
    {inputs: {x: [333, 67]}, attrs: {axis: [0, 1], keepDims: false}},
  ],
  Mean: [{inputs: {x: [9, 9, 9, 67]}, attrs: {axis: [0, 1, 2], keepDims: false}}],
  Add: [{inputs: {a: [333, 67], b: [67]}, attrs: {}}],
  FusedBatchNorm: [
    {
      inputs: {x: [9, 9, 9, 67], mean: [67], variance: [67], scale: [67], offset: [67]},
      attrs: {varianceEpsilon: 1e-3},
      positive: ['variance'],
    },
  ],
  [BATCH_NORM_GRADIENT]: [1, 16, 31, 67].map(channels => ({
    inputs: {
      dy: [5, 7, 9, channels],
      x: [5, 7, 9, channels],
      mean: [channels],
      variance: [channels],
      scale: [channels],
    },
    attrs: {varianceEpsilon: 1e-3},
    positive: ['variance'],
  })),
};

describeBackends(
  'kernels with threads',
  () => {
    for (const name of new Set([...TRAINING_KERNELS.map(row => row.name), ...Object.keys(LARGE)])) {
      it(`${name} has the same bits with 1 to 4 threads`, async () => {
        const large = LARGE[name] ?? [];
        const random = PROBLEMS[name] === undefined ? [] : fc.sample(PROBLEMS[name], {numRuns: RUNS, seed: 5});
        const problems = [...large, ...random];
        const results = async (): Promise<object[]> => {
          const all = [];
          for (const [i, problem] of problems.entries()) all.push(await bitsOfResult(name, problem, i));
          return all;
        };
        const alone = await results();
        leaveToWorkers();
        // It wakes a worker for each share.
        const woken = spyOn(Atomics, 'notify').and.callThrough();
        for (const count of COUNTS) {
          woken.calls.reset();
          const shared = await withThreads(count, results);
          expect(woken.calls.count() > 0)
            .withContext('whether work was divided')
            .toBe(!UNDIVIDED.includes(name));
          for (const [i, result] of shared.entries())
            expect(result)
              .withContext(`${count} threads, ${JSON.stringify(problems[i])}`)
              .toEqual(at(alone, i));
        }
      });
    }
  },
  ['wasm'],
);
