import fc from 'fast-check';
import type {Optimizer} from '../../../src';
import {describeBackends} from '../../support/backends';
import {resultDifference, runOnBackend} from '../../support/composition_run';
import {compositionsOver} from '../../support/compositions';
import {leakless} from '../../support/leakless';
import {tf} from '../../support/tfjs';

/** More of them, and others each time: `FUSE_COMPOSITIONS=20000 npm test -- --node --file fused_property`. */
const asked = Number(process.env['FUSE_COMPOSITIONS'] ?? 0);
const RUNS = {numRuns: asked || 900, ...asked > 0 ? {} : {seed: 1}};

// Ranks from 0 to 6; sizes next to the four that a vector holds.
const SHAPES = [[], [1], [0, 3], [3], [4], [5], [2, 4], [3, 3], [4, 1, 3], [13], [2, 2, 2, 2], [17], [1, 3, 1, 5, 1], [2, 1, 2, 1, 2, 2], [31]];

/** Every hyper follows a schedule. */
function schedule(optimizer: Optimizer, step: number): void {
  optimizer.hypers.forEach(hypers => {
    for (const [name, value] of Object.entries(hypers)) if (typeof value === 'number') hypers[name] = value * (1 - step / 50);
  });
}

describeBackends('a fused step of a random composition', backend => {
  afterEach(() => tf.env().set('OPTIM_FUSING', true));

  it('computes what the eager one does, and leaves no tensor behind', () => leakless(async () => {
    const sameAsEager = fc.asyncProperty(compositionsOver(SHAPES), async composition => {
      let fusedOn = '';
      const fused = await runOnBackend(composition, (optimizer, step) => {
        schedule(optimizer, step);
        ({fusedOn} = optimizer);
      });
      tf.env().set('OPTIM_FUSING', false);
      const eager = await runOnBackend(composition, schedule);
      tf.env().set('OPTIM_FUSING', true);
      if (fusedOn !== backend) throw new Error(`It ran ${fusedOn}.`);
      const found = resultDifference(fused, eager, 1e-6);
      if (found !== undefined) throw new Error(found);
    });
    const {failed, errorInstance, counterexample} = await fc.check(sameAsEager, {...RUNS, endOnFailure: true});
    expect(failed).withContext(`${String(errorInstance)}: ${fc.stringify(counterexample)}`).toBe(false);
  }), asked > 0 ? 3_600_000 : undefined);
}, ['cpu', 'wasm']);
