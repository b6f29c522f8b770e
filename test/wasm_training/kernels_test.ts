import '../../src/wasm_training/index';

import fc from 'fast-check';

import {TRAINING_KERNELS} from '../../src/wasm_training/training_kernels';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {restartWasm} from '../support/restart';
import {tf} from '../support/tfjs';
import {inputsOf, type Problem, PROBLEMS} from './kernel_problems';
import {values} from './values';

const TOLERANCE = 2e-5;
const RUNS = 60;

/** The kernel's result on a backend, and its shape. */
async function resultOn(
  backend: string,
  name: string,
  problem: Problem,
  seed: number,
): Promise<{shape: number[]; values: ArrayLike<number>}> {
  await tf.setBackend(backend);
  return leakless(async () => {
    const inputs = inputsOf(problem, seed);
    const result = tf.engine().runKernel(name, inputs, problem.attrs);
    if (Array.isArray(result)) throw new Error(`${name} gave several tensors.`);
    const found = {shape: result.shape, values: await result.data()};
    tf.dispose([inputs, result]);
    return found;
  });
}

function agreesWithCpu(): void {
  for (const {name} of TRAINING_KERNELS) {
    it(`${name} computes the same as on the CPU backend`, async () => {
      const problems = PROBLEMS[name];
      if (problems === undefined) throw new Error(`kernel_problems.ts has no problems for ${name}.`);
      await fc.assert(
        fc.asyncProperty(problems, fc.nat(1000), async (problem, seed) => {
          const expected = await resultOn('cpu', name, problem, seed);
          const found = await resultOn('wasm', name, problem, seed);
          expect(found.shape).toEqual(expected.shape);
          expectClose(found.values, expected.values, TOLERANCE, JSON.stringify(problem));
        }),
        {numRuns: RUNS, seed: 11},
      );
    });
  }
}

describeBackends(
  'Kernels of wasm-training',
  () => {
    agreesWithCpu();

    it('multiply batches that are both repeated', () => {
      tf.tidy(() => {
        const [a, b] = [tf.tensor(values(24, 1), [2, 1, 3, 4]), tf.tensor(values(60, 2), [3, 5, 4])];
        const repeated = tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(tf.expandDims(b, 0), [2, 1, 1, 1]), false, true);
        expectClose(tf.matMul(a, b, false, true).dataSync(), repeated.dataSync(), TOLERANCE);
      });
    });

    it('go on when the memory grows under them', () => {
      tf.tidy(() => {
        const x = tf.tensor(values(64, 3), [1, 64]);
        const held = tf.memory().numBytes;
        const tall = tf.tile(x, [2 ** 19, 1]);
        expect(tf.memory().numBytes - held).toBe(2 ** 27);
        expectClose(
          tf
            .sum(tall, 0)
            .div(2 ** 19)
            .dataSync(),
          x.dataSync(),
          1e-5,
        );
        expectClose(tf.slice(tf.sub(tall, x), [2 ** 19 - 1, 0]).dataSync(), new Float32Array(64), 0);
      });
    });
  },
  ['wasm'],
);

describeBackends(
  'Kernels of wasm-training without SIMD',
  () => {
    let hadSimd: boolean;
    beforeAll(async () => {
      hadSimd = tf.env().getBool('WASM_HAS_SIMD_SUPPORT');
      await restartWasm({simd: false});
    });
    afterAll(() => restartWasm({simd: hadSimd}));

    agreesWithCpu();
  },
  ['wasm'],
);
