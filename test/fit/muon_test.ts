import {
  averageGrad,
  l2Reg,
  loadOptimizer,
  muon,
  muonStep,
  Optimizer,
  optimizerOf,
  orthogonalize,
  Partition,
  saveOptimizer,
} from '../../src';
import {registerWasmTraining} from '../../src/wasm_training/register';
import {describeBackends} from '../support/backends';
import {leakless} from '../support/leakless';
import {memoryHandler} from '../support/memory_handler';
import {elementOf, present} from '../support/present';
import {disposeModels, expectSame, reloaded} from '../support/resuming';
import {tf} from '../support/tfjs';

const {layers} = tf;

/** A model, its data, and which of its variables Muon trains. */
interface Kind {
  readonly name: string;
  readonly layers: () => tf.layers.Layer[];
  readonly x: () => tf.Tensor;
  readonly kernels: readonly string[];
  readonly others: readonly string[];
}

const random = (shape: number[]) => tf.randomUniform(shape, -1, 1, 'float32', 3);
const seeded = () => tf.initializers.glorotUniform({seed: 5});
const dense = (units: number, more: object = {}) =>
  layers.dense({units, name: `dense${units}`, activation: 'tanh', kernelInitializer: seeded(), ...more});

const KINDS: readonly Kind[] = [
  {
    name: 'dense',
    layers: () => [dense(8, {inputShape: [6]}), layers.batchNormalization({name: 'norm'}), dense(4)],
    x: () => random([12, 6]),
    kernels: ['dense8/kernel', 'dense4/kernel'],
    others: ['dense8/bias', 'norm/gamma', 'norm/beta', 'dense4/bias'],
  },
  {
    name: 'convolution',
    layers: () => [
      layers.conv2d({filters: 6, kernelSize: 3, inputShape: [6, 6, 2], name: 'conv', kernelInitializer: seeded()}),
      layers.globalAveragePooling2d({}),
      dense(4),
    ],
    x: () => random([12, 6, 6, 2]),
    kernels: ['conv/kernel', 'dense4/kernel'],
    others: ['conv/bias', 'dense4/bias'],
  },
  {
    name: 'depthwise and separable convolution',
    layers: () => [
      layers.depthwiseConv2d({
        kernelSize: 3,
        depthMultiplier: 4,
        inputShape: [6, 6, 2],
        name: 'depth',
        depthwiseInitializer: seeded(),
      }),
      layers.separableConv2d({
        filters: 6,
        kernelSize: 2,
        name: 'separable',
        depthwiseInitializer: seeded(),
        pointwiseInitializer: seeded(),
      }),
      layers.globalAveragePooling2d({}),
      dense(4),
    ],
    x: () => random([12, 6, 6, 2]),
    kernels: ['separable/pointwise_kernel', 'dense4/kernel'],
    others: ['depth/depthwise_kernel', 'depth/bias', 'separable/depthwise_kernel', 'separable/bias', 'dense4/bias'],
  },
  {
    name: 'LSTM',
    layers: () => [
      layers.lstm({
        units: 5,
        inputShape: [4, 6],
        name: 'lstm',
        kernelInitializer: seeded(),
        recurrentInitializer: seeded(),
      }),
      dense(4),
    ],
    x: () => random([12, 4, 6]),
    kernels: ['lstm/kernel', 'lstm/recurrent_kernel', 'dense4/kernel'],
    others: ['lstm/bias', 'dense4/bias'],
  },
  {
    name: 'embedding',
    layers: () => [
      layers.embedding({inputDim: 9, outputDim: 6, inputLength: 4, name: 'words', embeddingsInitializer: seeded()}),
      layers.globalAveragePooling1d({}),
      dense(4),
    ],
    x: () => tf.tidy(() => tf.cast(tf.floor(tf.mul(tf.add(random([12, 4]), 1), 4.4)), 'int32')),
    kernels: ['dense4/kernel'],
    others: ['words/embeddings', 'dense4/bias'],
  },
];

/** `verbose` by number, as in examples of tfjs. */
const QUIET = {verbose: 0};
const withoutSuffix = (name: string) => name.replace(/_\d+$/, '');
/** The variables of a part, by name. */
const namesIn = (optimizer: Optimizer, part: string) =>
  optimizer
    .summary()
    .filter(({partName}) => partName === part)
    .map(({variable}) => withoutSuffix(variable))
    .sort();

function modelOf(kind: Kind, optimizer: Optimizer): tf.LayersModel {
  const model = tf.sequential({layers: kind.layers()});
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

describeBackends(
  'muon in fit',
  backend => {
    // TensorFlow.js has no gradients of convolutions and embeddings on WASM.
    if (backend === 'wasm') beforeAll(() => registerWasmTraining());
    for (const kind of KINDS) {
      it(`trains a model with ${kind.name} layers, and goes on after saving as if nothing had happened`, () =>
        leakless(async () => {
          const warned = spyOn(console, 'warn');
          const model = modelOf(kind, muon(0.02));
          const [x, y] = [kind.x(), random([12, 4])];
          const fit = async (one: tf.LayersModel, epochs: number) => {
            const {history} = await one.fit(x, y, {epochs, batchSize: 6, shuffle: false, ...QUIET});
            return present(history['loss']).map(Number);
          };
          const first = await fit(model, 3);
          const optimizer = optimizerOf(model);
          expect(namesIn(optimizer, 'muon')).toEqual([...kind.kernels].sort());
          expect(namesIn(optimizer, 'adamW')).toEqual([...kind.others].sort());
          expect(optimizer.fusedOn).toBe(`${backend}, except orthogonalize`);
          const copy = await reloaded(model);
          expect(optimizerOf(copy)).toBeInstanceOf(Partition);
          const {numTensors} = tf.memory();
          const more = await fit(model, 12);
          expect(tf.memory().numTensors).toBe(numTensors);
          await fit(copy, 12);
          await expectSame(copy, model);
          expect([...first, ...more].every(Number.isFinite)).toBeTrue();
          expect(elementOf(more, 11)).toBeLessThan(0.8 * elementOf(first, 0));
          expect(namesIn(optimizerOf(copy), 'muon')).toEqual([...kind.kernels].sort());
          expect(
            warned.calls
              .allArgs()
              .flat()
              .filter(text => String(text).includes('tfjs-optim')),
          ).toEqual([]);
          tf.dispose([x, y]);
          disposeModels(model, copy);
        }));
    }

    it('leaves the head to AdamW, also where variables join after loading', () => {
      for (const headIn of [
        (model: tf.LayersModel) => model,
        (model: tf.LayersModel) => present(model.layers.at(-1)),
        (model: tf.LayersModel) => present(model.layers.at(-1)).trainableWeights,
      ]) {
        const make = () => tf.sequential({layers: present(KINDS[0]).layers()});
        const model = make();
        const optimizer = muon(0.01, {head: headIn(model)});
        // Nothing has joined yet, so only the rule is saved.
        const config: unknown = JSON.parse(JSON.stringify(optimizer.getConfig()));
        if (typeof config !== 'object' || config === null) throw new Error('There is no configuration.');
        const loaded: unknown = Partition.fromConfig(Partition, {...config});
        if (!(loaded instanceof Partition)) throw new Error('A partition was saved.');
        const other = make();
        for (const [one, of] of [
          [optimizer, model],
          [loaded, other],
        ] as const) {
          one.attach(of.trainableWeights.map(weight => weight.read()).filter(value => value instanceof tf.Variable));
          expect(namesIn(one, 'muon')).toEqual(['dense8/kernel']);
          expect(namesIn(one, 'adamW')).toEqual([
            'dense4/bias',
            'dense4/kernel',
            'dense8/bias',
            'norm/beta',
            'norm/gamma',
          ]);
          one.dispose();
        }
        for (const one of [model, other]) one.dispose();
      }
    });
  },
  ['cpu', 'wasm'],
);

describe('muon', () => {
  const shapes = (optimizer: Optimizer, list: readonly number[][]) => {
    const variables = list.map((shape, i) =>
      tf.tidy(() => tf.variable(tf.ones(shape), true, `shape${i}_${Math.random()}`)),
    );
    optimizer.attach(variables);
    const parts = variables.map(({name}) => optimizer.summary().find(({variable}) => variable === name)?.partName);
    optimizer.dispose();
    tf.dispose(variables);
    return parts;
  };

  it('takes what has a matrix worth the name', () => {
    expect(
      shapes(muon(), [
        [4, 8],
        [8, 4],
        [3, 8],
        [8, 3],
        [1, 6],
        [6, 1],
        [4, 511],
        [4, 512],
        [5],
        [],
        [3, 3, 2, 5],
        [1, 1, 4, 4],
      ]),
    ).toEqual([
      ...['muon', 'muon', 'adamW', 'adamW', 'adamW', 'adamW', 'muon', 'adamW', 'adamW', 'adamW', 'muon', 'muon'],
    ]);
  });

  it('gives a variable that joins a loaded optimizer to the right part', async () => {
    const handler = memoryHandler();
    const optimizer = muon();
    await saveOptimizer(optimizer, handler);
    optimizer.dispose();
    expect(shapes(await loadOptimizer(handler), [[4, 8], [8]])).toEqual(['muon', 'adamW']);
  });

  it('names a parameter of one axis where its step is in a list of callbacks', () => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    const optimizer = new Optimizer([averageGrad, muonStep, orthogonalize], {lr: 0.1, mom: 0.9});
    const grad = tf.tensor1d([3, 4]);
    const {numTensors} = tf.memory();
    expect(() => {
      optimizer.applyGradients({[v.name]: grad});
    }).toThrowError(
      'orthogonalize: the parameter has the shape [2]; it must have two axes or more. Let another optimizer train ' +
        'it, as muon does.',
    );
    expect(Array.from(v.dataSync())).toEqual([1, 2]);
    expect(tf.memory().numTensors).toBe(numTensors);
    optimizer.dispose();
    tf.dispose([v, grad]);
  });

  it('names what is wrong with its settings', () => {
    const make = (settings: object) => (): unknown => Reflect.apply(muon, undefined, [0.1, settings]);
    expect(make({lrScale: 'adam'})).toThrowError(
      "muon: 'lrScale' must be 'matchRmsAdamW' or 'original' or 'rmsToRms'; got 'adam'.",
    );
    expect(make({nsSteps: 0})).toThrowError(/nsSteps.*must be a whole number from 1; got 0/);
    expect(make({safety: 0.5})).toThrowError(/'safety' must be a number from 1; got 0.5/);
    expect(make({steps: 3})).toThrowError(/No callback of this optimizer has a hyper 'steps'.*nsSteps/);
    expect(make({head: [], of: () => true})).toThrowError(/'head' and 'of' both/);
    expect(make({callbacks: [l2Reg]})).toThrowError(
      "The part 'muon' decays its weights by weightDecay, and l2Reg for all parts would decay them again; leave " +
        'l2Reg out.',
    );
  });
});
