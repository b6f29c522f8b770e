import fc from 'fast-check';

import {TRAINING_KERNELS} from '../../src/wasm_training/training_kernels';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';
import {inputsOf, type Problem, PROBLEMS} from './kernel_problems';

type Tensor = ReturnType<typeof tf.tensor>;

/** Relative, or absolute for results below 1. */
export const TOLERANCE = 2e-5;
const RUNS = 60;

/** The kernel's result on a backend, and its shape. @param changed gives the inputs from those of the seed. */
export async function resultOn(
  backend: string,
  name: string,
  problem: Problem,
  seed: number,
  changed: (x: Tensor) => Tensor = x => x,
): Promise<{shape: number[]; values: ArrayLike<number>}> {
  await tf.setBackend(backend);
  return leakless(async () => {
    const inputs = tf.tidy(() =>
      Object.fromEntries(Object.entries(inputsOf(problem, seed)).map(([input, x]) => [input, changed(x)])),
    );
    const result = tf.engine().runKernel(name, inputs, problem.attrs);
    if (Array.isArray(result)) throw new Error(`${name} gave several tensors.`);
    const found = {shape: result.shape, values: await result.data()};
    tf.dispose([inputs, result]);
    return found;
  });
}

/** Specs: each kernel against that of the CPU backend, over random problems. */
export function agreesWithCpu(): void {
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
