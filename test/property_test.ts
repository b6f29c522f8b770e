import fc from 'fast-check';
import {type BackendName, describeBackends} from './support/backends';
import {resultDifference, runInFloat64, runOnBackend} from './support/composition_run';
import {compositions} from './support/compositions';
import {leakless} from './support/leakless';
import {tf} from './support/tfjs';

// Software WebGL and WebGPU take a tenth of a second for every program that it has not compiled before.
const RUNS: Readonly<Record<BackendName, number>> = {cpu: 100, wasm: 100, webgl: 10, webgpu: 10};

describeBackends('a random composition of callbacks', backend => {
  for (const fusing of [true, false]) {
    it(`computes what its callbacks do in float64${fusing ? '' : ', without fusing'}, and leaves no tensor behind`, () => leakless(async () => {
      const sameAsFloat64 = fc.asyncProperty(compositions, async composition => {
        const found = resultDifference(await runOnBackend(composition), runInFloat64(composition), 5e-6);
        if (found !== undefined) throw new Error(found);
      });
      tf.env().set('OPTIM_FUSING', fusing);
      // The seed is fixed so that a failure can be repeated; any other searches further.
      await expectAsync(fc.assert(sameAsFloat64, {numRuns: RUNS[backend], seed: 1, includeErrorInReport: true})).toBeResolved();
    }));
  }

  afterEach(() => { tf.env().set('OPTIM_FUSING', true); });
});
