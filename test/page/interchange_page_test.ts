import h5wasm from 'h5wasm';

import {adam} from '../../src';
import {fromTorch, toTorch} from '../../src/interchange';
import {kerasAdam, loadKeras, saveKeras} from '../../src/interchange/keras';
import {readZip} from '../../src/interchange/keras/zip';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';

/** Files of a zip archive with one deflated entry each, as Python's zipfile writes them. */
async function deflated(entries: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const table = Uint32Array.from({length: 256}, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  const crcOf = (data: Uint8Array) =>
    ~data.reduce((crc, byte) => Number(table[(crc ^ byte) & 0xff]) ^ (crc >>> 8), -1) >>> 0;
  const u16 = (...values: number[]) => [...new Uint8Array(Uint16Array.from(values).buffer)];
  const u32 = (...values: number[]) => [...new Uint8Array(Uint32Array.from(values).buffer)];
  const all: number[] = [];
  const directory: number[] = [];
  for (const [name, data] of entries) {
    const stream = new Blob([new Uint8Array(data)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    const label = new TextEncoder().encode(name);
    const common = [
      ...u16(20, 0, 8, 0, 0x21),
      ...u32(crcOf(data), packed.length, data.length),
      ...u16(label.length, 0),
    ];
    directory.push(...u32(0x02014b50), ...u16(20), ...common, ...u16(0, 0, 0), ...u32(0, all.length), ...label);
    all.push(...u32(0x04034b50), ...common, ...label, ...packed);
  }
  const end = [...u16(0, 0, entries.size, entries.size), ...u32(directory.length, all.length), ...u16(0)];
  return Uint8Array.from([...all, ...directory, ...u32(0x06054b50), ...end]);
}

describeBackends(
  'on a page',
  () => {
    afterEach(() => {
      tf.disposeVariables();
    });

    const net = () => tf.sequential({layers: [tf.layers.dense({name: 'dense', units: 2, inputShape: [3]})]});
    const predicted = (model: tf.LayersModel) => {
      const y = model.predict(tf.ones([1, 3]));
      return Array.isArray(y) ? [] : Array.from(y.dataSync());
    };

    it('PyTorch files are written and read', async () => {
      const [model, copy] = [net(), net()];
      const optimizer = adam(0.1);
      model.compile({optimizer, loss: 'meanSquaredError'});
      await model.trainOnBatch(tf.ones([2, 3]), tf.ones([2, 2]));
      const file = await toTorch(model, {optimizer});
      const other = adam(0.1);
      await fromTorch(await new Blob([file]).arrayBuffer(), copy, {optimizer: other});
      expect(await toTorch(copy, {optimizer: other})).toEqual(file);
    });

    it('Keras files are written by h5wasm and read, stored and deflated', async () => {
      const model = net();
      model.compile({optimizer: kerasAdam(0.1), loss: 'meanSquaredError'});
      await model.trainOnBatch(tf.ones([2, 3]), tf.ones([2, 2]));
      const file = await saveKeras(model, {h5: h5wasm, optimizer: true});
      const wanted = predicted(model);
      const packed = await deflated(await readZip(file, ['metadata.json', 'config.json', 'model.weights.h5']));
      expect(packed.length).toBeLessThan(file.length);
      for (const bytes of [file, packed]) {
        const copy = await loadKeras(bytes, {h5: h5wasm, optimizer: true});
        expect(predicted(copy)).toEqual(wanted);
        expect(copy.optimizer.iterations).toBe(1);
      }
    });
  },
  ['cpu', 'wasm'],
);
