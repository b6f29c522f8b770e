// tfjs's Momentum never frees a scalar; this import fixes that.
import '../support/wrapped_table';

import {loadOptimizer, OptimWrapper} from '../../src';
import {AFTER, apply, BEFORE, handlerOf, loadWhole, outcomeOf, trained} from '../fixtures/going_on';
import {fixtures, gradients} from '../fixtures/read.mjs';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

describeBackends(
  'A run that version 0.1.0 saved goes on bit for bit:',
  backend => {
    if (backend !== 'cpu' && backend !== 'wasm') throw new Error(`There are no fixtures for ${backend}.`);
    beforeAll(() => {
      OptimWrapper.register();
    });

    for (const fixture of fixtures) {
      it(`${fixture.name}, with its model`, async () => {
        const before = tf.memory().numTensors;
        const {model, optimizer} = await loadWhole(fixture);
        const variables = trained(model);
        apply(optimizer, variables, gradients, BEFORE, BEFORE + AFTER);
        expect(await outcomeOf(optimizer, variables)).toEqual(fixture.after[backend]);
        optimizer.dispose();
        model.dispose();
        expect(tf.memory().numTensors).toBe(before);
      });

      it(`${fixture.name}, by itself`, async () => {
        const {model, optimizer: other} = await loadWhole(fixture);
        other.dispose();
        const variables = trained(model);
        const optimizer = await loadOptimizer(handlerOf(fixture.optimizer), {params: variables});
        apply(optimizer, variables, gradients, BEFORE, BEFORE + AFTER);
        expect(await outcomeOf(optimizer, variables)).toEqual(fixture.after[backend]);
        optimizer.dispose();
        model.dispose();
      });
    }
  },
  ['cpu', 'wasm'],
);
