import fc from 'fast-check';

import {type BackendName, describeBackends} from '../../support/backends';
import {isFused, type ParameterResult, resultDifference, runOnBackend} from '../../support/composition_run';
import {type Composition, compositionsOver, LARGE_SHAPES, SMALL_SHAPES} from '../../support/compositions';
import {leakless} from '../../support/leakless';
import {expectAlways, patience} from '../../support/random_runs';
import {tf} from '../../support/tfjs';

async function fused(composition: Composition, backend: BackendName): Promise<ParameterResult[]> {
  return runOnBackend(composition, ({fusedOn}) => {
    if (!isFused(fusedOn, backend)) throw new Error(`It ran ${fusedOn}.`);
  });
}

async function eager(composition: Composition): Promise<ParameterResult[]> {
  tf.env().set('OPTIM_FUSING', false);
  const results = await runOnBackend(composition);
  tf.env().set('OPTIM_FUSING', true);
  return results;
}

describeBackends(
  'a fused step of a random composition',
  backend => {
    afterEach(async () => {
      tf.env().set('OPTIM_FUSING', true);
      await tf.setBackend(backend);
    });

    const suites: ReadonlyArray<
      readonly [what: string, shapes: ReadonlyArray<readonly number[]>, runs: number, reference: BackendName]
    > = [
      // property_test compares as many with float64.
      ['small parameters', SMALL_SHAPES, 500, backend],
      // tfjs's sums are in float64 on the CPU backend only.
      ['large parameters', LARGE_SHAPES, 20, 'cpu'],
    ];
    for (const [what, shapes, runs, reference] of suites) {
      it(
        `of ${what} computes the same as the eager one on ${reference}, and leaves no tensor`,
        () =>
          leakless(async () => {
            const sameAsEager = fc.asyncProperty(compositionsOver(shapes), async composition => {
              const results = await fused(composition, backend);
              await tf.setBackend(reference);
              const expected = await eager(composition);
              await tf.setBackend(backend);
              const found = resultDifference(results, expected, 1e-6);
              if (found !== undefined) throw new Error(found);
            });
            await expectAlways(sameAsEager, runs);
          }),
        patience,
      );
    }
  },
  ['cpu', 'wasm'],
);
