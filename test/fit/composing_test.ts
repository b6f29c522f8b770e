import {
  accumulate,
  adam,
  type AnyFitCallback,
  bnFreeze,
  checkpoint,
  clipGlobalNorm,
  clipGradNorm,
  clipGradValue,
  ema,
  evaluateAverages,
  fitCallbacks,
  fitOneCycle,
  layerConstraints,
  type Optimizer,
  optimizerOf,
  record,
  restoreBestWeights,
  terminateOnNaN,
} from '../../src';
import {describeBackends} from '../support/backends';
import {bitsOf, snapshot} from '../support/bits';
import {difference} from '../support/close';
import {leakless} from '../support/leakless';
import {memoryHandler} from '../support/memory_handler';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {tinyFit} from './support/model';

/**
 * A model and an optimizer with something of everything: groups, a frozen one, batch norm, a constraint, accumulation,
 * clipping, averages.
 */
function everything() {
  const ones = {kernelInitializer: 'ones'} as const;
  const made = tinyFit(
    layers => {
      const [first, ...others] = layers;
      const params = [first === undefined ? [] : [first], others];
      const callbacks = [...accumulate(3), clipGradValue, clipGradNorm, clipGlobalNorm];
      return ema(
        adam([0.02, 0.1], {params, callbacks, clipValue: 2, clipNorm: 1, globalClipNorm: 0.5, trainBn: false}),
        {decay: 0.7},
      );
    },
    [
      tf.layers.dense({units: 2, inputShape: [2], ...ones}),
      tf.layers.batchNormalization(),
      tf.layers.dense({units: 1, kernelConstraint: tf.constraints.nonNeg(), ...ones}),
    ],
  );
  made.optimizer.freeze();
  return made;
}

/** All callbacks of this package for a fit, except the schedules, with some of tfjs's own. */
function callbacksFor(place: tf.io.IOHandler): AnyFitCallback[] {
  return [
    record({gradNorm: true, updateNorm: true}),
    layerConstraints(),
    terminateOnNaN(),
    checkpoint(place, {everyBatches: 5}),
    evaluateAverages(),
    bnFreeze(),
    tf.callbacks.earlyStopping({monitor: 'val_loss', patience: 9}),
    {onEpochEnd: () => undefined},
  ];
}

const COMMON = {batchSize: 2, shuffle: false, epochs: 4} as const;

describeBackends(
  'everything together',
  backend => {
    // The order matters on the host only, and on WebGL this takes a quarter of a minute.
    for (const reversed of backend === 'webgl' ? [false] : [false, true]) {
      it(`trains, records, saves and goes on${reversed ? ', in the other order' : ''}`, async () => {
        const ordered = (list: AnyFitCallback[]) => (reversed ? list.reverse() : list);
        const run = (
          made: {model: tf.LayersModel; x: tf.Tensor; y: tf.Tensor},
          callbacks: AnyFitCallback[],
          initialEpoch = 0,
        ) =>
          fitOneCycle(made.model, made.x, made.y, {
            ...COMMON,
            initialEpoch,
            validationData: [made.x, made.y],
            callbacks: ordered(callbacks),
          });
        const [whole, half] = [everything(), everything()];
        const {history} = await run(whole, callbacksFor(memoryHandler()));
        expect(Object.keys(history)).toEqual(
          jasmine.arrayWithExactContents([
            'loss',
            'val_loss',
            'batch_loss',
            'grad_norm',
            'update_norm',
            ...Object.keys(present(whole.optimizer.hypers[0])).flatMap(hyper => [`${hyper}_0`, `${hyper}_1`]),
          ]),
        );
        // Two of three batches only sum gradients.
        expect(history['update_norm']?.map(norm => Number(norm) > 0)).toEqual(
          Array.from({length: 16}, (_, i) => i % 3 === 2),
        );
        const place = memoryHandler();
        let epochs = 0;
        const stop = {
          onEpochEnd: () => {
            if (++epochs === 2) half.model.stopTraining = true;
          },
        };
        await run(half, [...callbacksFor(place), stop]);
        const again = await tf.loadLayersModel(place);
        expect(optimizerOf(again).schedule?.step).toBe(8);
        await run({...half, model: again}, callbacksFor(memoryHandler()), 2);
        expect(await bitsOf(again.getWeights())).toEqual(await bitsOf(whole.model.getWeights()));
        expect(await snapshot(optimizerOf(again))).toEqual(await snapshot(whole.optimizer));
        await leakless(() => run(whole, callbacksFor(memoryHandler())));
        optimizerOf(again).dispose();
        again.dispose();
        whole.dispose();
        half.dispose();
      });
    }

    it('makes the steps of the large batch by accumulation in a fit', async () => {
      const weights = async (make: () => Optimizer, batchSize: number) => {
        const {model, x, y, dispose} = tinyFit(make(), [
          tf.layers.dense({units: 1, inputShape: [2], kernelInitializer: 'ones'}),
        ]);
        await model.fit(x, y, {batchSize, shuffle: false, epochs: 3});
        const [kernel, bias] = await Promise.all(model.getWeights().map(weight => weight.data()));
        dispose();
        return [...present(kernel), ...present(bias)];
      };
      const hypers = {wd: 0.1, globalClipNorm: 0.3};
      const small = await weights(() => adam(0.1, {callbacks: [...accumulate(4), clipGlobalNorm], ...hypers}), 2);
      const large = await weights(() => adam(0.1, {callbacks: [clipGlobalNorm], ...hypers}), 8);
      expect(difference(small, large, 1e-6, 'weights')).toBeUndefined();
    });
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('restoreBestWeights', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('works with averages and early stopping', async () => {
    const {model, optimizer, x, y, dispose} = everything();
    const losses: number[] = [];
    const watch = {
      onEpochEnd: (_: number, logs?: tf.Logs) => {
        losses.push(Number(logs?.['val_loss']));
      },
    };
    const callbacks = fitCallbacks([
      watch,
      evaluateAverages(),
      restoreBestWeights(),
      tf.callbacks.earlyStopping({monitor: 'val_loss', patience: 2}),
    ]);
    optimizer.setHyper('lr', 0.5);
    await model.fit(x, y, {epochs: 40, batchSize: 2, shuffle: false, validationData: [x, y], callbacks});
    expect(losses.indexOf(Math.min(...losses))).toBe(losses.length - 3);
    dispose();
  });
});
