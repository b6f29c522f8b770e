import fc from 'fast-check';
import {type BackendName, describeBackends} from '../../support/backends';
import {type ParameterResult, resultDifference, runOnBackend} from '../../support/composition_run';
import {type Composition, compositionsOver} from '../../support/compositions';
import {leakless} from '../../support/leakless';
import {tf} from '../../support/tfjs';

/** More of them, and others each time: `FUSE_COMPOSITIONS=20000 npm test -- --node --file fused_property`. */
const asked = Number(process.env['FUSE_COMPOSITIONS'] ?? 0);

// Ranks from 0 to 6; sizes next to the four that a vector holds.
const SMALL = [[], [1], [0, 3], [3], [4], [5], [2, 4], [3, 3], [4, 1, 3], [13], [2, 2, 2, 2], [17], [1, 3, 1, 5, 1], [2, 1, 2, 1, 2, 2], [31]];
// Ranks from 0 to 6; around the tile of the CPU backend, and above 65,536: next to multiples of 4 and others.
const LARGE = [[], [8191], [8193], [65_537], [65_539], [257, 257], [3, 21_853], [6, 10, 1093], [5, 4, 4, 821], [2, 3, 5, 7, 313], [2, 1, 5, 1, 4, 1639]];

async function fused(composition: Composition, backend: BackendName): Promise<ParameterResult[]> {
  return runOnBackend(composition, ({fusedOn}) => { if (fusedOn !== backend) throw new Error(`It ran ${fusedOn}.`); });
}

async function eager(composition: Composition): Promise<ParameterResult[]> {
  tf.env().set('OPTIM_FUSING', false);
  const results = await runOnBackend(composition);
  tf.env().set('OPTIM_FUSING', true);
  return results;
}

describeBackends('a fused step of a random composition', backend => {
  afterEach(async () => {
    tf.env().set('OPTIM_FUSING', true);
    await tf.setBackend(backend);
  });

  const suites: ReadonlyArray<readonly [what: string, shapes: ReadonlyArray<readonly number[]>, runs: number, reference: BackendName]> = [
    ['small parameters', SMALL, 1050, backend],
    // tfjs's sums are in float64 on the CPU backend only.
    ['large parameters', LARGE, 20, 'cpu'],
  ];
  for (const [what, shapes, runs, reference] of suites) {
    it(`of ${what} computes what the eager one does on ${reference}, and leaves no tensor behind`, () => leakless(async () => {
      const sameAsEager = fc.asyncProperty(compositionsOver(shapes), async composition => {
        const results = await fused(composition, backend);
        await tf.setBackend(reference);
        const expected = await eager(composition);
        await tf.setBackend(backend);
        const found = resultDifference(results, expected, 1e-6);
        if (found !== undefined) throw new Error(found);
      });
      const numRuns = asked > 0 ? Math.ceil(asked * runs / 1000) : runs;
      const {failed, errorInstance, counterexample} = await fc.check(sameAsEager, {numRuns, ...asked > 0 ? {} : {seed: 1}, endOnFailure: true});
      expect(failed).withContext(`${String(errorInstance)}: ${fc.stringify(counterexample).slice(0, 10_000)}`).toBe(false);
    }), asked > 0 ? 3_600_000 : undefined);
  }
}, ['cpu', 'wasm']);
