import '../../src/wasm_training/index';

import {adafactor, adam, clipGlobalNorm, lamb, lion, type Optimizer, sgd} from '../../src';
import {describeBackends} from '../support/backends';
import {bitsOf, snapshot} from '../support/bits';
import {leakless} from '../support/leakless';
import {tf} from '../support/tfjs';
import {sizeOf, values} from '../wasm_training/values';
import {leaveToWorkers, startThreads, withThreads} from './support/threads';

/** The smallest parameter that is cut into pieces has 65,536 elements. */
const SHAPES = [[7], [2 ** 16], [3, 5], [2 ** 16 - 1], [2 ** 17 + 5], [61, 1999], [1]];

const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => sgd(0.1, {mom: 0.9}),
  adam: () => adam(0.01, {wd: 0.01}),
  lion: () => lion(0.01),
  // Norms of parameters.
  lamb: () => lamb(0.01),
  // A total over all parameters, and a maximum.
  'adam with clipping and skipping': () =>
    adam(0.01, {globalClipNorm: 1, skipNonFinite: true, callbacks: [clipGlobalNorm]}),
  // Means of the rows and columns of matrices, which stay on one thread.
  adafactor: () => adafactor(0.01),
};

const numbers = (shape: number[], seed: number): tf.Tensor => tf.tensor(values(sizeOf(shape), seed), shape);

/** Everything after some steps, as one text: comparing lists of a million numbers takes seconds. */
async function trained(make: () => Optimizer): Promise<string> {
  return leakless(async () => {
    const variables = SHAPES.map((shape, i) => tf.tidy(() => tf.variable(numbers(shape, i))));
    const optimizer = make();
    for (const step of [1, 2]) {
      tf.tidy(() => {
        optimizer.applyGradients(variables.map(({name, shape}, i) => ({name, tensor: numbers(shape, i + 10 * step)})));
      });
    }
    const found = JSON.stringify(await snapshot(optimizer, variables));
    optimizer.dispose();
    tf.dispose(variables);
    return found;
  });
}

function smallNet(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [12, 12, 3],
        filters: 18,
        kernelSize: 3,
        kernelInitializer: tf.initializers.heNormal({seed: 1}),
      }),
      tf.layers.batchNormalization(),
      tf.layers.reLU(),
      tf.layers.flatten(),
      tf.layers.dense({units: 90, activation: 'relu', kernelInitializer: tf.initializers.heNormal({seed: 2})}),
      tf.layers.dense({units: 10, activation: 'softmax', kernelInitializer: tf.initializers.heNormal({seed: 3})}),
    ],
  });
}

/** Trains and returns the bits of all weights and losses. */
async function fitted(): Promise<object> {
  const net = smallNet();
  net.compile({optimizer: adam(0.01), loss: 'categoricalCrossentropy'});
  const xs = tf.tensor(values(24 * 12 * 12 * 3, 1), [24, 12, 12, 3]);
  const ys = tf.tidy(() => tf.oneHot(tf.range(0, 24, 1, 'int32').mod(tf.scalar(10, 'int32')), 10).toFloat());
  const {history} = await net.fit(xs, ys, {epochs: 2, batchSize: 8, shuffle: false});
  const found = {losses: history['loss'], weights: await bitsOf(net.getWeights())};
  net.optimizer.dispose();
  net.dispose();
  tf.dispose([xs, ys]);
  return found;
}

describeBackends(
  'steps with threads',
  () => {
    for (const [name, make] of Object.entries(OPTIMIZERS)) {
      it(`of ${name} have the same bits with 1 to 4 threads`, async () => {
        const alone = await trained(make);
        leaveToWorkers();
        // It wakes a worker for each share.
        const woken = spyOn(Atomics, 'notify').and.callThrough();
        for (const count of [2, 3, 4]) expect((await withThreads(count, () => trained(make))) === alone).toBeTrue();
        expect(woken).toHaveBeenCalled();
      });
    }

    it('of a whole fit have the same bits with 1 to 4 threads', async () => {
      const alone = await fitted();
      const woken = spyOn(Atomics, 'notify').and.callThrough();
      for (const count of [2, 3, 4]) expect(await withThreads(count, fitted)).toEqual(alone);
      expect(woken).toHaveBeenCalled();
    });

    it('go on where the memory has grown, and after a stop and a second start', async () => {
      const make = (): Optimizer => adam(0.01);
      const alone = await trained(make);
      const first = await startThreads(2);
      tf.zeros([2 ** 25]).dispose();
      expect((await trained(make)) === alone).toBeTrue();
      first.stop();
      expect((await trained(make)) === alone).toBeTrue();
      const second = await startThreads(3);
      first.stop();
      expect(second.threads).toBe(3);
      expect((await trained(make)) === alone).toBeTrue();
      second.stop();
    });
  },
  ['wasm'],
);
