import {adam, ema, lin, type Optimizer, OptimWrapper, paramScheduler} from '../../src';
import {describeBackends} from '../support/backends';
import {bitsOf} from '../support/bits';
import {expectClose} from '../support/close';
import {everyOptimizer} from '../support/every_optimizer';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {trainTable} from '../support/wrapped_table';
import {recordSteps, tinyFit} from './support/model';

type Layers = tf.layers.Layer[];

/** Optimizers with two groups each. */
const OPTIMIZERS: ReadonlyArray<{readonly name: string; readonly make: (layers: Layers) => Optimizer}> = [
  ...everyOptimizer
    // It stands still in its first five steps, which are all of this fit.
    .filter(({name}) => name !== 'scheduleFreeRAdam')
    .map(({name, make}) => ({
      name,
      make: (layers: Layers) => make(0.1, {params: layers.map(layer => [layer])}),
    })),
  {name: 'ema over adam', make: layers => ema(adam(0.1, {params: layers.map(layer => [layer])}))},
  ...trainTable.map(({name, make}) => ({
    name: `wrapped ${name}`,
    make: (layers: Layers) =>
      new OptimWrapper(
        layers.map(() => make(0.1)),
        {params: layers.map(layer => [layer])},
      ),
  })),
];

describeBackends(
  'a schedule in a fit',
  () => {
    for (const {name, make} of OPTIMIZERS) {
      it(`reaches each group of ${name}, and ends with the hypers from before`, async () => {
        // tfjs's centered RMSProp makes NaN of some weights and batches.
        const kernelInitializer = tf.initializers.glorotUniform({seed: 3});
        const layers = [
          tf.layers.dense({units: 2, inputShape: [2], kernelInitializer}),
          tf.layers.dense({units: 1, kernelInitializer}),
        ];
        const {model, optimizer, x, y, dispose} = tinyFit(make, layers);
        const steps = recordSteps(optimizer);
        const [low, high] = layers;
        const before = await bitsOf(model.getWeights());
        await model.fit(x, y, {
          epochs: 2,
          batchSize: 4,
          shuffle: false,
          callbacks: paramScheduler({lr: lin([0, 0.2], [0, 0])}),
        });
        // A partition has a row of hypers per group and part.
        const parts = optimizer.hypers.length / layers.length;
        const rates = [0, 0.2, 0, 0.15, 0, 0.1, 0, 0.05].flatMap(rate => Array.from({length: parts}, () => rate));
        expectClose(steps.flat(), rates, 1e-12);
        const after = await bitsOf(model.getWeights());
        // A rate of 0 changes nothing.
        expect(after.slice(0, 2)).withContext(present(low).name).toEqual(before.slice(0, 2));
        expect(after.slice(2)).withContext(present(high).name).not.toEqual(before.slice(2));
        expect(new Set(optimizer.hypers.map(({lr}) => lr))).toEqual(new Set([0.1]));
        expect(optimizer.schedule).toBeUndefined();
        dispose();
      });
    }
  },
  ['cpu', 'wasm', 'webgl'],
);
