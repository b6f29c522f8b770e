import h5wasm from 'h5wasm';
import {kerasAdam, loadKeras, loadKerasWeights, saveKeras, saveKerasWeights} from 'tfjs-optim/keras';

import {readZip, writeZip} from '../../src/interchange/keras/zip';
import {at} from '../../src/util/at';
import {isVariable} from '../../src/util/tensors';
import {describeBackends} from '../support/backends';
import {isSymbolic} from '../support/symbolic';
import {tf} from '../support/tfjs';

const h5 = h5wasm;
const COUNT = 1000;

/** Numbers from 0 to below n, the same in each run. */
function drawsOf(seed: number): (n: number) => number {
  let state = seed;
  return n => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function smallModel(): tf.LayersModel {
  const input = tf.input({shape: [4]});
  const x = tf.layers.dense({units: 3, activation: 'tanh', name: 'first'}).apply(input);
  const y = tf.layers.dense({units: 3, name: 'second'}).apply(x);
  const sum: unknown = tf.layers.add({name: 'sum'}).apply([x, y].flat().filter(isSymbolic));
  if (!isSymbolic(sum)) throw new Error('A layer that is applied to symbols gives a symbol.');
  const model = tf.model({inputs: input, outputs: sum});
  model.compile({optimizer: kerasAdam(0.01), loss: 'meanSquaredError'});
  return model;
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().map(weight => Array.from(weight.dataSync()));

/** Changes bytes, or cuts the end off. Bytes for which `isData` holds stay: no format can tell that they are others. */
function damaged(
  bytes: Uint8Array,
  draw: (n: number) => number,
  isData: (offset: number) => boolean = () => false,
): Uint8Array {
  const copy = bytes.slice();
  if (draw(8) === 0) return copy.subarray(0, draw(copy.length));
  const changes = 1 + draw(4);
  for (let i = 0; i < changes; i++) {
    let offset = draw(copy.length);
    while (isData(offset)) offset = draw(copy.length);
    const kind = draw(4);
    copy[offset] = kind === 0 ? 0xff : kind === 1 ? 0 : kind === 2 ? at(copy, offset) ^ (1 << draw(8)) : draw(256);
  }
  return copy;
}

/** Replaces, removes or doubles something in JSON. */
function alteredJson(json: unknown, draw: (n: number) => number): unknown {
  const places: Array<{of: object; key: string}> = [];
  const walk = (of: unknown) => {
    if (typeof of !== 'object' || of === null) return;
    for (const [key, value] of Object.entries(of)) {
      places.push({of, key});
      walk(value);
    }
  };
  walk(json);
  const {of, key} = at(places, draw(places.length));
  const values = [null, -1, 2 ** 53, 'x', [], {}, [null], true, 1e9, {class_name: 'Dense', config: {}}];
  if (draw(3) === 0) Reflect.deleteProperty(of, key);
  else Reflect.set(of, key, values[draw(values.length)]);
  return json;
}

describeBackends(
  'damaged files of Keras',
  () => {
    let model: tf.LayersModel;
    let before: number[][];
    let file: Uint8Array;
    beforeAll(async () => {
      model = smallModel();
      await model.fit(tf.ones([4, 4]), tf.zeros([4, 3]), {epochs: 2});
      file = await saveKeras(model, {h5, optimizer: true});
      before = weightsOf(model);
    });

    /**
     * Expects an error with a message, and all as before. Where no used byte is damaged, the weights are the same.
     */
    async function refused(act: () => Promise<unknown>, context: string): Promise<boolean> {
      const tensors = tf.memory().numTensors;
      try {
        const loaded = await act();
        if (loaded instanceof tf.LayersModel) {
          tf.dispose(loaded.weights.map(weight => weight.read()));
          loaded.optimizer.dispose();
        }
        return false;
      } catch (error) {
        if (!(error instanceof Error) || error.message.length < 20 || error instanceof WebAssembly.RuntimeError)
          fail(`${context}: ${String(error)}`);
        expect(tf.memory().numTensors).withContext(context).toBe(tensors);
        return true;
      }
    }

    it('are refused as archives', async () => {
      const draw = drawsOf(1);
      let count = 0;
      for (let i = 0; i < COUNT; i++) {
        const bytes = damaged(file, draw);
        if (await refused(async () => loadKeras(bytes, {h5, optimizer: true}), `archive ${i}`)) count++;
        expect(weightsOf(model)).toEqual(before);
      }
      // The others changed nothing that is read, such as a time.
      expect(count).toBeGreaterThan(0.9 * COUNT);
    });

    it('are refused with an altered configuration, or build what it says', async () => {
      const files = await readZip(file, ['config.json', 'metadata.json', 'model.weights.h5']);
      const text = new TextDecoder().decode(files.get('config.json'));
      const draw = drawsOf(2);
      let count = 0;
      for (let i = 0; i < COUNT; i++) {
        const config = new TextEncoder().encode(JSON.stringify(alteredJson(JSON.parse(text), draw)));
        const bytes = writeZip(
          [...files].map(([name, data]) => ({name, data: name === 'config.json' ? config : data})),
        );
        if (
          await refused(
            async () => loadKeras(bytes, {h5, optimizer: true}),
            `configuration ${i}: ${new TextDecoder().decode(config)}`,
          )
        )
          count++;
      }
      expect(count).toBeGreaterThan(0.4 * COUNT);
    });

    it('are refused as weights', async () => {
      const weights = await saveKerasWeights(model, {h5, optimizer: true});
      const data = await dataIn(weights);
      const draw = drawsOf(3);
      let count = 0;
      for (let i = 0; i < COUNT; i++) {
        const bytes = damaged(weights, draw, offset => data[offset] === 1);
        if (await refused(async () => loadKerasWeights(bytes, model, {h5, optimizer: true}), `weights ${i}`)) count++;
        expect(weightsOf(model)).withContext(`weights ${i}`).toEqual(before);
      }
      // h5wasm does not read everything that HDF5 writes.
      expect(count).toBeGreaterThan(0.7 * COUNT);
      // The library still works.
      await loadKerasWeights(weights, model, {h5, optimizer: true});
    }, 600_000);

    /**
     * Marks the bytes of numbers, by comparing files that differ in them alone. The two values have no byte in common,
     * so a byte of any weight differs from that of one of them.
     */
    async function dataIn(weights: Uint8Array): Promise<Uint8Array> {
      const marks = new Uint8Array(weights.length);
      const opt = kerasAdam(0.01);
      const other = smallModel();
      for (const value of new Float32Array(new Uint32Array([0x3fa5a5a5, 0xc05a5a5a]).buffer)) {
        for (const variable of other.weights.map(weight => weight.read())) {
          if (!isVariable(variable)) throw new Error('A weight must be a variable.');
          variable.assign(tf.fill(variable.shape, value));
          opt.attach(opt.paramLists.flat().includes(variable) ? [] : [variable]);
          opt.state.set(variable, {
            gradAvg: tf.fill(variable.shape, value),
            sqrAvg: tf.fill(variable.shape, value),
            step: 0,
          });
        }
        const changed = await saveKerasWeights(other, {h5, optimizer: opt});
        expect(changed.length).toBe(weights.length);
        changed.forEach((byte, i) => {
          if (byte !== weights[i]) marks[i] = 1;
        });
      }
      // Scalars: steps and the learning rate lie in the same places.
      return marks;
    }
  },
  ['cpu'],
);
