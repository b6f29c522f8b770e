import {readFileSync} from 'node:fs';

import * as Plot from '@observablehq/plot';
import {parseHTML} from 'linkedom';

import {
  adam,
  clipGradNorm,
  fitOneCycle,
  isOptimizer,
  lookahead,
  lrFind,
  oneCycle,
  saveOptimizer,
  sgd,
  terminateOnNaN,
  weightDecay,
} from '../../src';
import {historyChart} from '../../src/plot';
import {memoryHandler} from '../support/memory_handler';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {call} from '../support/untyped_call';

const PAGE = 'docs/errors.md';
/** The page's messages. `…` is what differs from case to case. */
const messages = [...readFileSync(PAGE, 'utf8').matchAll(/^\*\*(`+)(.*)\1\*\*$/gm)].map(([, , text = '']) =>
  text.trim(),
);

const CORE = 'node_modules/@tensorflow/tfjs-core/dist/engine.js';
const WEBGL = 'node_modules/@tensorflow/tfjs-backend-webgl/dist';
/** Parts of messages that need a broken machine or project, and the files that have them. */
const IN_SOURCES: Readonly<Record<string, string>> = {
  'another copy of tfjs-optim': 'src/optimizer/optimizer_of_model.ts',
  'The highest priority backend': CORE,
  'No backend found': CORE,
  'Initialization of backend': CORE,
  'backend was already registered': CORE,
  'Requested texture size': `${WEBGL}/webgl_util.js`,
  'High memory usage': `${WEBGL}/backend_webgl.js`,
  'another copy of @tensorflow/tfjs-core': 'src/util/core_copies.ts',
  'runs without fusing': 'src/fuse/fused.ts',
  'dataSync(), arraySync()': 'src/node_webgpu/start_webgpu.ts',
};

const dense = (units: number, ...inputShape: number[]) =>
  tf.layers.dense({units, ...(inputShape.length > 0 && {inputShape})});
const net = () => tf.sequential({layers: [dense(3, 4), dense(2)]});
const [x, y] = [() => tf.ones([4, 4]), () => tf.ones([4, 2])];

/** A model that is compiled. */
function compiled(optimizer: tf.Optimizer | string): tf.Sequential {
  const model = net();
  model.compile({optimizer, loss: 'meanSquaredError'});
  return model;
}

/** Minimizes a function that cannot be a loss. */
function minimize(f: (w: tf.Variable) => unknown): unknown {
  const w = tf.variable(tf.ones([2]));
  const optimizer = sgd(1, {params: [w]});
  return call(optimizer.minimize.bind(optimizer), () => f(w));
}

/** What a newcomer does. */
const MISTAKES: Readonly<Record<string, () => unknown>> = {
  'a missing kernel': async () => {
    await tf.setBackend('wasm');
    try {
      tf.engine().runKernel('NoSuchKernel', {});
    } finally {
      await tf.setBackend('cpu');
    }
  },
  'no inputShape': () => {
    tf.sequential().add(dense(3));
  },
  'a recurrent layer after a dense one': () => tf.sequential({layers: [dense(3, 4), tf.layers.lstm({units: 2})]}),
  'inputs with an axis too many': () => compiled('sgd').fit(tf.ones([4, 4, 1]), y()),
  'labels of another number of classes': () => compiled('sgd').fit(x(), tf.ones([4, 3])),
  'labels that are float32': () => call(tf.oneHot, tf.tensor1d([1, 2]), 3),
  'rows of different lengths': () =>
    fitOneCycle(
      compiled(sgd(0.1)),
      [
        [1, 2, 3, 4],
        [1, 2],
      ],
      y(),
    ),
  'no examples': () => fitOneCycle(compiled(sgd(0.1)), tf.ones([0, 4]), tf.ones([0, 2])),
  'settings in the place of y': () => call(fitOneCycle, compiled(sgd(0.1)), x(), {epochs: 1}),
  'lrFind while the model trains': async () => {
    const model = compiled(sgd(0.1));
    const fit = model.fit(x(), y());
    try {
      await lrFind(model, x(), y());
    } finally {
      await fit;
    }
  },
  'fit before compile': () => net().fit(x(), y()),
  'an optimizer of this package by its name': () => compiled('adamW'),
  'an optimizer that was not called': () => {
    const model = net();
    return call(model.compile.bind(model), {optimizer: adam, loss: 'meanSquaredError'});
  },
  'fitOneCycle before compile': () => fitOneCycle(net(), x(), y(), {epochs: 1}),
  'fitOneCycle with an optimizer of tf.train': () => fitOneCycle(compiled('adam'), x(), y(), {epochs: 1}),
  'a loss from elsewhere': () => minimize(() => tf.scalar(1)),
  'tf.grad of a constant': () => tf.grad(() => tf.scalar(1))(x()),
  'a loss of several numbers': () => minimize(w => w.square()),
  'a loss that is async': () => minimize(w => Promise.resolve(w.sum())),
  'nothing to train': () => {
    const frozen = tf.variable(tf.ones([1]), false);
    return sgd(1).minimize(() => frozen.sum(), false, [frozen]);
  },
  'a model that is frozen': () => {
    const model = net();
    for (const layer of model.layers) layer.trainable = false;
    model.compile({optimizer: sgd(0.1), loss: 'meanSquaredError'});
    return model.fit(x(), y());
  },
  "layers' weights in place of variables": () => {
    const model = net();
    const optimizer = sgd(0.1);
    return call(optimizer.attach.bind(optimizer), model.trainableWeights);
  },
  'an answer of noWd that is neither true nor false': () => {
    const optimizer = call(sgd, 0.1, {params: net(), noWd: () => 1});
    return isOptimizer(optimizer) && optimizer.summary();
  },
  'a gradient of a gradient that is missing': () => {
    const pool = tf.grad(image => tf.avgPool<tf.Tensor4D>(image.as4D(1, 4, 4, 1), 2, 2, 'valid'));
    return tf.grad(image => pool(image).square())(tf.ones([4, 4]));
  },
  'a sequence of one step': () => call(tf.stack, x()),
  'a disposed tensor': () => {
    const tensor = x();
    tensor.dispose();
    return tensor.add(1);
  },
  'a NaN in the data': () => compiled(sgd(0.1)).fit(tf.fill([4, 4], NaN), y(), {callbacks: terminateOnNaN()}),
  'the rate in an object': () => call(adam, {lr: 1e-3}),
  "Keras's beta1": () => call(adam, 1e-3, {beta1: 0.9}),
  'clipping after the step': () => compiled(sgd(0.1, {after: [clipGradNorm], clipNorm: 1})).fit(x(), y()),
  'weight decay twice': () => sgd(0.1, {wd: 0.1, callbacks: [weightDecay]}),
  'params without a layer': () => {
    const model = net();
    model.compile({optimizer: sgd(0.1, {params: [present(model.layers[1])]}), loss: 'meanSquaredError'});
    return model.fit(x(), y());
  },
  'a layer that is not connected': () => adam(0.1, {params: [dense(3)]}),
  'freezing one group': () => {
    adam(0.1, {params: net()}).freeze();
  },
  'an optimizer that was taken over': () => {
    const optimizer = sgd(1);
    lookahead(optimizer);
    return optimizer.minimize(() => tf.scalar(1));
  },
  'callbacks of two kinds': () => call(compiledFit, {callbacks: [new tf.CustomCallback({}), {onEpochEnd: () => {}}]}),
  'a schedule of a dataset of unknown length': () =>
    compiled(sgd(0.1)).fitDataset(
      tf.data.generator(function* () {
        yield {xs: x(), ys: y()};
      }),
      {epochs: 1, callbacks: oneCycle()},
    ),
  'a dataset that ends': () =>
    compiled(sgd(0.1)).fitDataset(tf.data.array([{xs: [1, 2, 3, 4], ys: [1, 2]}]).batch(1), {
      epochs: 1,
      batchesPerEpoch: 2,
    }),
  "one of tf.train's optimizers for two models": async () => {
    const optimizer = tf.train.adam(0.1);
    await compiled(optimizer).fit(x(), y());
    const other = tf.sequential({layers: [dense(7, 4), dense(2)]});
    other.compile({optimizer, loss: 'meanSquaredError'});
    return other.fit(x(), y());
  },
  'a chart without its library': () => call(historyChart, {history: {loss: [1]}}, {Plot: undefined}),
  'a chart without a document': () => historyChart({history: {loss: [1]}}, {Plot}),
  'a metric under another name': () =>
    historyChart(
      {history: {loss: [1], acc: [1]}},
      {Plot, document: parseHTML('<html></html>').document, metrics: ['accuracy']},
    ),
  'tidy with async': () => call(tf.tidy, () => Promise.resolve()),
  'a layer that is not registered': () =>
    call(tf.models.modelFromJSON, {
      modelTopology: {
        class_name: 'Sequential',
        config: {name: 's', layers: [{class_name: 'Mine', config: {name: 'mine'}}]},
      },
    }),
  'two variables of one name': () => ['one', 'two'].map(() => tf.variable(tf.ones([1]), true, 'errors-page')),
  'weights of another model': () => {
    net().loadWeights({'other/kernel': tf.ones([1])});
  },
  'a saved optimizer as a model': async () => {
    const memory = memoryHandler();
    const optimizer = sgd(0.1);
    await compiled(optimizer).fit(x(), y());
    await saveOptimizer(optimizer, memory);
    return tf.loadLayersModel(memory);
  },
  'the optimizer of a loaded model': async () => {
    const memory = memoryHandler();
    const model = compiled(sgd(0.1));
    await model.fit(x(), y());
    await model.save(memory, {includeOptimizer: true});
    const {optimizer} = await tf.loadLayersModel(memory);
    return isOptimizer(optimizer) && optimizer.summary();
  },
  'a path in Node': () => tf.loadLayersModel('./model.json'),
  'weights that were replaced': () => {
    const w = tf.variable(tf.ones([2]));
    const optimizer = lookahead(sgd(0.1));
    const loss = () => w.square().sum().asScalar();
    optimizer.minimize(loss);
    w.assign(tf.zeros([2]));
    optimizer.minimize(loss);
  },
};

function compiledFit(args: tf.ModelFitArgs): Promise<tf.History> {
  return compiled(sgd(0.1)).fit(x(), y(), args);
}

/** Whether a text is the page's message, with something in place of each `…`. */
function fits(message: string, text: string): boolean {
  const parts = message.split('…').map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^]*')}$`).test(text);
}

/** A source with its texts in one piece, and `…` in place of what is computed. */
function texts(file: string): string {
  return readFileSync(file, 'utf8')
    .replaceAll(/\$\{[^}]*\}/g, '…')
    .replaceAll(/(['"`])\s*\+\s*[\w.]+\s*\+\s*(['"`])/g, '…')
    .replaceAll(/(['"`])\s*\+\s*(['"`])/g, '');
}

describe(`The messages in ${PAGE}`, () => {
  /** What was thrown or printed, by the mistake. */
  const said = new Map<string, string[]>();
  beforeAll(async () => {
    await tf.setBackend('cpu');
    let texts: string[] = [];
    for (const method of ['warn', 'error'] as const)
      spyOn(console, method).and.callFake((...args: unknown[]) => {
        texts.push(args.map(String).join(' '));
      });
    for (const [mistake, make] of Object.entries(MISTAKES)) {
      texts = [];
      said.set(mistake, texts);
      try {
        await make();
      } catch (error) {
        texts.push(error instanceof Error ? error.message : String(error));
      }
      tf.disposeVariables();
    }
  });
  const causedBy = (mistake: string) =>
    messages.filter(message => present(said.get(mistake)).some(text => fits(message, text)));

  for (const mistake of Object.keys(MISTAKES))
    it(`have what is said of ${mistake}`, () => {
      expect(causedBy(mistake).length)
        .withContext(present(said.get(mistake)).join('\n'))
        .toBeGreaterThan(0);
    });

  it('are all caused by these mistakes, or are in the sources', () => {
    expect(messages.length).toBeGreaterThan(25);
    const caused = Object.keys(MISTAKES).flatMap(causedBy);
    const others = messages.filter(message => !caused.includes(message));
    for (const message of others) {
      const found = Object.entries(IN_SOURCES).find(([part]) => message.includes(part));
      expect(found).withContext(message).toBeDefined();
      if (found === undefined) continue;
      const source = texts(found[1]);
      for (const part of message.replace('tfjs-optim: ', '').split('…'))
        expect(source.includes(part)).withContext(`'${part}' in ${found[1]}`).toBeTrue();
    }
    expect(others.length).toBe(Object.keys(IN_SOURCES).length);
  });
});
