import '../../src/wasm_training/index';

import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {LAYER_CASES, type LayerCase, UNTRAINABLE, WITHOUT_CASE} from './layer_cases';
import {sizeOf, values} from './values';

const TOLERANCE = 1e-4;

/** The weights before and after a step of training from fixed weights. */
async function trained(
  {shape, words, build, batch = 3}: LayerCase,
  backend: string,
): Promise<{start: Float32Array[]; end: Float32Array[]}> {
  await tf.setBackend(backend);
  const input = tf.input({shape});
  const model = tf.model({inputs: input, outputs: build(input)});
  const start = model.weights.map(({shape: one}, i) =>
    values(sizeOf(one.map(length => present(length))), i + 1).map(x => 0.6 + 0.4 * x),
  );
  tf.tidy(() =>
    model.setWeights(
      model.weights.map((weight, i) =>
        tf.tensor(
          present(start[i]),
          weight.shape.map(length => present(length)),
        ),
      ),
    ),
  );
  model.compile({optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError'});
  const xShape = [batch, ...shape];
  const noise = values(sizeOf(xShape), 90);
  const xs = tf.tensor(words === undefined ? noise : noise.map(x => Math.floor(((x + 1) / 2) * words)), xShape);
  // The first length of an output, that of the batch, is null.
  const yShape = model.outputs.flatMap(({shape: one}) => one).map(length => length ?? batch);
  const ys = tf.tensor(values(sizeOf(yShape), 91), yShape);
  const step = async (): Promise<void> => {
    await model.trainOnBatch(xs, ys);
  };
  await step();
  const end = await Promise.all(model.getWeights().map(async weight => Float32Array.from(await weight.data())));
  await leakless(step);
  tf.dispose([xs, ys]);
  model.dispose();
  return {start, end};
}

describeBackends(
  'A training step with wasm-training',
  () => {
    for (const [name, layerCase] of Object.entries(LAYER_CASES)) {
      it(`trains ${name} as the CPU backend does`, async () => {
        const {end: expected} = await trained(layerCase, 'cpu');
        const {start, end} = await trained(layerCase, 'wasm');
        expect(end.some((weight, i) => weight.some((x, j) => x !== start[i]?.[j])))
          .withContext('weights moved')
          .toBeTrue();
        end.forEach((weight, i) => {
          expectClose(weight, present(expected[i]), TOLERANCE, `weight ${i}`);
        });
      });
    }
    for (const [name, {says, ...layerCase}] of Object.entries(UNTRAINABLE)) {
      it(`cannot train ${name}, as no backend of tfjs can`, async () => {
        for (const backend of ['cpu', 'wasm']) {
          await expectAsync(trained(layerCase, backend)).withContext(backend).toBeRejectedWithError(says);
        }
      });
    }
  },
  ['wasm'],
);

describe('The table of layer types', () => {
  it('has every layer of tf.layers', () => {
    const listed = [...Object.keys(LAYER_CASES), ...Object.keys(UNTRAINABLE), ...Object.keys(WITHOUT_CASE)]
      .join(' ')
      .split(/[ ,]+/);
    expect(Object.keys(tf.layers).filter(name => !listed.includes(name))).toEqual([]);
  });
});
