import {
  adam,
  fineTune,
  fitFlatCos,
  fitOneCycle,
  fitSgdr,
  optimizerOf,
  type TrainFunction,
  type TrainOptions,
} from '../../src';
import {bitsOf, snapshot} from '../support/bits';
import {memoryHandler} from '../support/memory_handler';
import {replaceMethod} from '../support/replace_method';
import {tf} from '../support/tfjs';
import {samples, tinyFit} from './support/model';

type Given = ReturnType<typeof grouped>;
type Args = TrainOptions & {verbose?: 0; validationData?: [tf.Tensor, tf.Tensor]};

interface Row {
  readonly name: string;
  /** The number of epochs of each fit that it makes. */
  readonly epochs: readonly number[];
  readonly on: Readonly<Record<'arrays' | 'a dataset', (given: Given, args: Args) => Promise<unknown>>>;
}

function row<O extends object, R>(
  name: string,
  fn: TrainFunction<O, R>,
  length: O & {readonly epochs?: number},
  epochs: readonly number[],
): Row {
  return {
    name,
    epochs,
    on: {
      arrays: ({model, x, y}, args) => fn(model, x, y, {...length, batchSize: 4, shuffle: false, ...args}),
      'a dataset': async ({model, x, y}, args) => fn(model, (await samples(x, y)).batch(4), {...length, ...args}),
    },
  };
}

const ROWS: readonly Row[] = [
  row('fitOneCycle', fitOneCycle, {epochs: 3}, [3]),
  row('fitFlatCos', fitFlatCos, {epochs: 3}, [3]),
  row('fitSgdr', fitSgdr, {cycles: 2, cycleLen: 1}, [3]),
  row('fineTune', fineTune, {freezeEpochs: 1, epochs: 2}, [1, 2]),
];
const BATCHES = 2;

function grouped() {
  const ones = {kernelInitializer: 'ones'} as const;
  const made = tinyFit(
    layers => adam([0.01, 0.1], {params: layers.map(layer => [layer])}),
    [tf.layers.dense({units: 2, inputShape: [2], ...ones}), tf.layers.dense({units: 1, ...ones})],
  );
  made.optimizer.setFreeze(0, false, true);
  return made;
}

for (const {name, epochs, on} of ROWS) {
  for (const data of ['arrays', 'a dataset'] as const) {
    describe(`${name} on ${data}`, () => {
      beforeAll(async () => {
        await tf.setBackend('cpu');
      });

      it('passes on the arguments of tfjs, any mixture of callbacks, and onProgress', async () => {
        const given = grouped();
        const {model, x, y, dispose} = given;
        const calls: unknown[][] = [];
        const restore = replaceMethod(model, data === 'arrays' ? 'fit' : 'fitDataset', original => (...values) => {
          calls.push(values);
          return original(...values);
        });
        const steps: string[] = [];
        const ends: string[] = [];
        const callbacks = [
          {
            onEpochEnd: (epoch: number) => {
              ends.push(`plain ${epoch}`);
            },
          },
          tf.callbacks.earlyStopping({monitor: 'val_loss', patience: 9}),
        ];
        await on[data](given, {
          verbose: 0,
          validationData: [x, y],
          callbacks,
          onProgress: ({step, steps: all}) => {
            steps.push(`${step}/${all}`);
          },
        });
        restore();
        expect(calls.map(call => call.at(-1))).toEqual(
          epochs.map(count =>
            jasmine.objectContaining({
              verbose: 0,
              validationData: [x, y],
              epochs: count,
              ...(data === 'arrays' ? {batchSize: 4, shuffle: false} : {}),
            }),
          ),
        );
        expect(steps).toEqual(
          epochs.flatMap(count => Array.from({length: count * BATCHES}, (_, i) => `${i + 1}/${count * BATCHES}`)),
        );
        expect(ends).toEqual(epochs.flatMap(count => Array.from({length: count}, (_, i) => `plain ${i}`)));
        dispose();
      });

      it('stops on a signal, and restores hypers and freezing', async () => {
        const given = grouped();
        const {optimizer, dispose} = given;
        const before = await snapshot(optimizer);
        const controller = new AbortController();
        let batches = 0;
        const onProgress = () => {
          if (++batches === 2) controller.abort(new Error('enough'));
        };
        await expectAsync(on[data](given, {signal: controller.signal, onProgress})).toBeRejectedWithError('enough');
        expect(optimizer.iterations).toBe(2);
        const kept = (of: object) =>
          JSON.stringify(['hypers', 'frozen', 'frozenIdx', 'schedule'].map((key): unknown => Reflect.get(of, key)));
        expect(kept(await snapshot(optimizer))).toBe(kept(before));
        dispose();
      });
    });
  }
}

describe('fineTune', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const epochsBefore of [1, 2, 3]) {
    it(`goes on after ${epochsBefore} of its 4 epochs as if it had not been interrupted`, async () => {
      const common = {freezeEpochs: 2, epochs: 2, batchSize: 2, shuffle: false};
      const [whole, half] = [grouped(), grouped()];
      await fineTune(whole.model, whole.x, whole.y, common);
      const place = memoryHandler();
      let ended = 0;
      const controller = new AbortController();
      const saving = new tf.CustomCallback({
        onEpochEnd: async () => {
          if (++ended > epochsBefore) return;
          await half.model.save(place, {includeOptimizer: true});
          if (ended === epochsBefore) controller.abort(new Error('the tab is closed'));
        },
      });
      await expectAsync(
        fineTune(half.model, half.x, half.y, {...common, callbacks: saving, signal: controller.signal}),
      ).toBeRejectedWithError('the tab is closed');
      const again = await tf.loadLayersModel(place);
      await fineTune(again, half.x, half.y, {...common, initialEpoch: epochsBefore});
      expect(await bitsOf(again.getWeights())).toEqual(await bitsOf(whole.model.getWeights()));
      expect(await snapshot(optimizerOf(again))).toEqual(await snapshot(whole.optimizer));
      optimizerOf(again).dispose();
      again.dispose();
      whole.dispose();
      half.dispose();
    });
  }
});
