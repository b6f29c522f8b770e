import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {fromTorch, type Names, toTorch} from '../../src/interchange';
import {sizeOf} from '../../src/interchange/transfer/host_tensor';
import {describeBackends} from '../support/backends';
import {tf} from '../support/tfjs';
import {pythonDuringSuite} from './support/python';

const L = tf.layers;
type Layers = Parameters<typeof tf.sequential>[0];

/** A model whose layers have the names of the modules in programs/layers.py. */
interface Case {
  readonly model: () => tf.LayersModel;
  readonly shape: readonly number[];
  readonly names?: Names;
  /** Inputs are indices. */
  readonly isIndex?: true;
  /** tfjs 4.22's kernel for WASM gives zeros. */
  readonly onCpu?: true;
}

const sequential = (layers: NonNullable<Layers>['layers']) => tf.sequential({layers: [...(layers ?? [])]});
const name = 'conv';
const rnn = {name: 'rnn', units: 5, recurrentActivation: 'sigmoid'} as const;

function functional(inputShape: readonly number[], build: (x: tf.SymbolicTensor) => unknown): tf.LayersModel {
  const input = tf.input({shape: [...inputShape]});
  const output = build(input);
  if (!(output instanceof tf.SymbolicTensor)) throw new Error('The model must have one output.');
  return tf.model({inputs: input, outputs: output});
}

/** The layer applied to one symbolic tensor. */
function on(layer: tf.layers.Layer, ...inputs: readonly tf.SymbolicTensor[]): tf.SymbolicTensor {
  const output = layer.apply(inputs.length === 1 ? [...inputs].slice(0, 1) : [...inputs]);
  if (!(output instanceof tf.SymbolicTensor)) throw new Error(`${layer.name} must have one output.`);
  return output;
}

const CASES: Readonly<Record<string, Case>> = {
  Dense: {model: () => sequential([L.dense({name: 'dense', units: 3, inputShape: [4]})]), shape: [4]},
  'Dense on sequences': {
    model: () => sequential([L.dense({name: 'dense', units: 3, useBias: false, inputShape: [5, 4]})]),
    shape: [5, 4],
  },
  Conv1D: {
    model: () => sequential([L.conv1d({name, filters: 4, kernelSize: 3, strides: 2, inputShape: [9, 3]})]),
    shape: [9, 3],
  },
  Conv2D: {
    model: () =>
      sequential([L.conv2d({name, filters: 4, kernelSize: [3, 2], padding: 'same', inputShape: [6, 5, 3]})]),
    shape: [6, 5, 3],
  },
  "Conv2D with strides and 'same'": {
    model: () =>
      sequential([L.conv2d({name, filters: 4, kernelSize: 3, strides: 2, padding: 'same', inputShape: [6, 6, 3]})]),
    shape: [6, 6, 3],
  },
  'Conv2D with dilation': {
    model: () => sequential([L.conv2d({name, filters: 4, kernelSize: 3, dilationRate: 2, inputShape: [7, 6, 3]})]),
    shape: [7, 6, 3],
  },
  Conv3D: {
    model: () => sequential([L.conv3d({name, filters: 3, kernelSize: [2, 3, 2], inputShape: [4, 5, 3, 2]})]),
    shape: [4, 5, 3, 2],
  },
  Conv2DTranspose: {
    model: () => sequential([L.conv2dTranspose({name, filters: 4, kernelSize: 3, strides: 2, inputShape: [3, 4, 3]})]),
    shape: [3, 4, 3],
  },
  Conv3DTranspose: {
    model: () =>
      sequential([L.conv3dTranspose({name, filters: 3, kernelSize: 2, strides: 2, inputShape: [2, 3, 2, 2]})]),
    shape: [2, 3, 2, 2],
    onCpu: true,
  },
  DepthwiseConv2D: {
    model: () => sequential([L.depthwiseConv2d({name, kernelSize: 3, depthMultiplier: 2, inputShape: [5, 6, 3]})]),
    shape: [5, 6, 3],
  },
  SeparableConv2D: {
    model: () =>
      sequential([
        L.separableConv2d({
          name,
          filters: 4,
          kernelSize: 3,
          depthMultiplier: 2,
          padding: 'same',
          inputShape: [5, 6, 3],
        }),
      ]),
    shape: [5, 6, 3],
  },
  BatchNormalization: {
    model: () => sequential([L.batchNormalization({name: 'norm', inputShape: [4, 5, 3]})]),
    shape: [4, 5, 3],
  },
  'BatchNormalization without scale': {
    model: () => sequential([L.batchNormalization({name: 'norm', scale: false, inputShape: [4]})]),
    shape: [4],
  },
  LayerNormalization: {
    model: () => sequential([L.layerNormalization({name: 'norm', inputShape: [3, 4]})]),
    shape: [3, 4],
  },
  Embedding: {
    model: () => sequential([L.embedding({name: 'embedding', inputDim: 7, outputDim: 4, inputLength: 3})]),
    shape: [3],
    isIndex: true,
  },
  LSTM: {model: () => sequential([L.lstm({...rnn, returnSequences: true, inputShape: [6, 4]})]), shape: [6, 4]},
  'LSTM without bias': {
    model: () => sequential([L.lstm({...rnn, useBias: false, inputShape: [6, 4]})]),
    shape: [6, 4],
  },
  'LSTM by its cell': {
    model: () =>
      sequential([
        L.rnn({name: 'rnn', cell: L.lstmCell({units: 5, recurrentActivation: 'sigmoid'}), inputShape: [6, 4]}),
      ]),
    shape: [6, 4],
  },
  SimpleRNN: {
    model: () => sequential([L.simpleRNN({name: 'rnn', units: 5, activation: 'relu', inputShape: [6, 4]})]),
    shape: [6, 4],
  },
  Bidirectional: {
    model: () =>
      sequential([
        L.bidirectional({
          name: 'rnn',
          layer: L.lstm({units: 5, recurrentActivation: 'sigmoid', returnSequences: true}),
          mergeMode: 'concat',
          inputShape: [6, 4],
        }),
      ]),
    shape: [6, 4],
  },
  TimeDistributed: {
    model: () => sequential([L.timeDistributed({name: 'each', layer: L.dense({units: 3}), inputShape: [5, 4]})]),
    shape: [5, 4],
  },
  PReLU: {
    model: () => sequential([L.prelu({name: 'prelu', sharedAxes: [1, 2], inputShape: [4, 5, 3]})]),
    shape: [4, 5, 3],
  },
  'Dense after Flatten': {
    model: () =>
      sequential([
        L.conv2d({name, filters: 3, kernelSize: 2, inputShape: [5, 6, 1]}),
        L.flatten(),
        L.dense({name: 'head', units: 2}),
      ]),
    shape: [5, 6, 1],
  },
  'Dense after Flatten of sequences': {
    model: () =>
      sequential([
        L.simpleRNN({name: 'rnn', units: 5, returnSequences: true, inputShape: [6, 4]}),
        L.flatten(),
        L.dense({name: 'head', units: 2}),
      ]),
    shape: [6, 4],
  },
  'Dense after Flatten of Conv1D': {
    model: () =>
      sequential([
        L.conv1d({name, filters: 3, kernelSize: 2, inputShape: [6, 4]}),
        L.flatten(),
        L.dense({name: 'head', units: 2}),
      ]),
    shape: [6, 4],
  },
  'layers behind Flatten': {
    model: () =>
      functional([5, 6, 1], input => {
        const flat = on(L.flatten(), on(L.conv2d({name, filters: 3, kernelSize: 2}), input));
        const active = on(L.dropout({rate: 0.5}), on(L.activation({activation: 'relu'}), flat));
        const normal = on(L.batchNormalization({name: 'norm'}), active);
        return on(L.dense({name: 'head', units: 2}), on(L.prelu({name: 'prelu'}), normal));
      }),
    shape: [5, 6, 1],
  },
  'two flattened inputs': {
    model: () =>
      functional([5, 6, 1], input => {
        const a = on(L.flatten(), on(L.conv2d({name: 'a', filters: 3, kernelSize: 2}), input));
        const b = on(L.flatten(), on(L.conv2d({name: 'b', filters: 2, kernelSize: 3}), input));
        const mean = on(L.globalAveragePooling2d({dataFormat: 'channelsLast'}), input);
        return on(L.dense({name: 'head', units: 2}), on(L.concatenate(), a, mean, b));
      }),
    shape: [5, 6, 1],
  },
  'nested models': {
    model: () => {
      const deep = tf.sequential({name: 'deep', layers: [L.dense({name: 'last', units: 4, inputShape: [5]})]});
      const encoder = tf.sequential({
        name: 'encoder',
        layers: [L.activation({activation: 'linear', inputShape: [8]}), L.dense({name: 'inner', units: 5}), deep],
      });
      return functional([5, 5, 1], input => {
        const flat = on(L.flatten(), on(L.conv2d({name, filters: 2, kernelSize: 4}), input));
        return on(L.dense({name: 'head', units: 2}), on(encoder, flat));
      });
    },
    shape: [5, 5, 1],
  },
  'shared layers': {
    model: () =>
      functional([4], input => {
        const twice = L.dense({name: 'twice', units: 4});
        return on(L.dense({name: 'head', units: 2}), on(twice, on(twice, input)));
      }),
    shape: [4],
  },
  names: {
    model: () =>
      sequential([
        L.dense({name: 'one', units: 3, activation: 'relu', inputShape: [4]}),
        L.dense({name: 'two', units: 2}),
      ]),
    shape: [4],
    names: {one: 'net.0', 'two/kernel': 'net.2.weight', 'two/bias': 'net.2.bias'},
  },
};

describeBackends(
  'The layers in PyTorch',
  () => {
    const python = pythonDuringSuite('layers.py');
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'tfjs-optim-'));
    });
    afterAll(() => {
      rmSync(folder, {recursive: true});
    });
    afterEach(async () => {
      tf.disposeVariables();
      await tf.setBackend('wasm');
    });

    /** Expects the numbers of both sides to agree. */
    function expectClose(ours: ArrayLike<number>, theirs: unknown): void {
      if (!Array.isArray(theirs)) throw new Error('Python must give a list.');
      expect(ours.length).toBe(theirs.length);
      const largest = Math.max(...theirs.map((x, i) => Math.abs(Number(x) - Number(ours[i]))));
      expect(largest).toBeLessThan(1e-5);
      expect(new Set(theirs).size).toBeGreaterThan(1);
    }

    for (const [title, {model, shape, names = {}, isIndex, onCpu}] of Object.entries(CASES)) {
      it(`compute the same: ${title}`, async () => {
        if (onCpu) await tf.setBackend('cpu');
        const net = model();
        const count = 3 * sizeOf(shape);
        const numbers = Array.from({length: count}, (_, i) => (isIndex ? (i * 5) % 7 : Math.sin(i * 1.3 + 1)));
        const x = tf.tensor(numbers, [3, ...shape]);
        const own = net.getWeights().map((w, i) => tf.randomUniform(w.shape, 0.2, 0.7, 'float32', i + 1));
        net.setWeights(own);
        const predicted = (of: tf.LayersModel) => {
          const y = of.predict(x);
          if (!(y instanceof tf.Tensor)) throw new Error('The model has one output.');
          return y.dataSync();
        };
        const path = join(folder, 'file.safetensors');
        writeFileSync(path, await toTorch(net, {names}));
        expectClose(predicted(net), await python.call('outputs', title, path, x.arraySync()));

        const theirs = await python.call('written', title, path, x.arraySync());
        await fromTorch(readFileSync(path), net, {names});
        expectClose(predicted(net), theirs);
      });
    }

    it('refuses modules that differ, and leaves them as they are', async () => {
      const path = join(folder, 'file.safetensors');
      const file = async (title: string) => {
        writeFileSync(path, await toTorch(CASES[title]?.model() ?? []));
      };
      await file('LayerNormalization');
      expect(await python.call('refused', 'LayerNormalization', path, 'eps')).toEqual([
        "'norm' has eps 1e-05; the file needs 0.001. Make the module with eps=0.001.",
        true,
      ]);
      await file('Dense');
      expect(await python.call('refused', 'Dense', path, 'shape')).toEqual([
        "'dense.weight' has the shape [3, 4] in the file, and [3, 5] in the module.",
        true,
      ]);
      expect(await python.call('refused', 'Dense', path, 'missing')).toEqual([
        "The file has no 'more.weight', 'more.bias', which the module has; it has 'dense.weight', 'dense.bias'.",
        true,
      ]);
    });
  },
  ['wasm'],
);
