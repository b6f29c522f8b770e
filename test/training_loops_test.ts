import {adam, Optimizer, optimizers, OptimWrapper, ranger, sgd} from '../src';
import {isVariable} from '../src/util/tensors';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';

const LOSS = 'meanSquaredError';
const QUIET = {verbose: 0};

/** Two dense layers and data for them. */
function task() {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        units: 4,
        activation: 'tanh',
        inputShape: [3],
        kernelInitializer: tf.initializers.glorotNormal({seed: 1}),
      }),
      tf.layers.dense({units: 1, kernelInitializer: tf.initializers.glorotNormal({seed: 2})}),
    ],
  });
  const xs = tf.randomNormal([12, 3], 0, 1, 'float32', 3);
  const ys = tf.tidy(() => xs.sum(1, true));
  return {
    model,
    xs,
    ys,
    dispose: () => {
      model.dispose();
      tf.dispose([xs, ys]);
    },
  };
}

type Task = ReturnType<typeof task>;

/** Every way to make 6 steps of an optimizer with the same batch. */
const LOOPS: Readonly<Record<string, (task: Task, optimizer: tf.Optimizer) => Promise<void> | void>> = {
  fit: async ({model, xs, ys}, optimizer) => {
    model.compile({optimizer, loss: LOSS});
    await model.fit(xs, ys, {epochs: 6, batchSize: 12, shuffle: false, ...QUIET});
  },
  fitDataset: async ({model, xs, ys}, optimizer) => {
    model.compile({optimizer, loss: LOSS});
    const data = tf.data.array([0]).map(() => ({xs: xs.clone(), ys: ys.clone()}));
    await model.fitDataset(data, {epochs: 6});
  },
  trainOnBatch: async ({model, xs, ys}, optimizer) => {
    model.compile({optimizer, loss: LOSS});
    for (let i = 0; i < 6; i++) await model.trainOnBatch(xs, ys);
  },
  minimize: (each, optimizer) => {
    for (let i = 0; i < 6; i++) optimizer.minimize(() => lossOf(each), false, variablesOf(each));
  },
  'computeGradients and applyGradients by name': (each, optimizer) => {
    for (let i = 0; i < 6; i++) {
      const {value, grads} = optimizer.computeGradients(() => lossOf(each), variablesOf(each));
      optimizer.applyGradients(grads);
      tf.dispose([value, grads]);
    }
  },
  'computeGradients and applyGradients as a list': (each, optimizer) => {
    for (let i = 0; i < 6; i++) {
      const {value, grads} = optimizer.computeGradients(() => lossOf(each), variablesOf(each));
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({name, tensor})));
      tf.dispose([value, grads]);
    }
  },
  'backward and step': (each, optimizer) => {
    if (!(optimizer instanceof Optimizer)) throw new Error('Only optimizers of this package have backward.');
    for (let i = 0; i < 6; i++) {
      optimizer.backward(() => lossOf(each), variablesOf(each)).dispose();
      optimizer.step();
      optimizer.zeroGrad();
    }
  },
};

function lossOf({model, xs, ys}: Task): tf.Scalar {
  const predicted = model.apply(xs, {training: true});
  if (!(predicted instanceof tf.Tensor)) throw new Error('The model has one output.');
  return predicted.sub(ys).square().mean().asScalar();
}

function variablesOf({model}: Task): tf.Variable[] {
  return model.trainableWeights.map(weight => {
    const value = weight.read();
    if (!isVariable(value)) throw new Error(`${weight.name} holds no variable.`);
    return value;
  });
}

const OPTIMIZERS: Readonly<Record<string, () => tf.Optimizer>> = {
  adam: () => adam(0.05),
  ranger: () => ranger(0.05),
  'a wrapped tf.train.adam': () => new OptimWrapper(tf.train.adam(0.05, 0.9, 0.999, 1e-7)),
};

async function trained(loop: string, make: () => tf.Optimizer): Promise<number[]> {
  const each = task();
  const optimizer = make();
  await present(LOOPS[loop])(each, optimizer);
  const values = await Promise.all(variablesOf(each).map(variable => variable.data()));
  expect(optimizer.iterations).withContext(loop).toBe(6);
  optimizer.dispose();
  each.dispose();
  return values.flatMap(value => [...value]);
}

describeBackends('Every loop of tfjs', backend => {
  for (const [name, make] of Object.entries(OPTIMIZERS)) {
    it(`takes ${name} and gives the same weights`, async () => {
      const reference = await trained('minimize', make);
      const names = backend === 'webgpu' ? ['fit'] : Object.keys(LOOPS);
      for (const loop of names) expectClose(await trained(loop, make), reference, 1e-5, loop);
    });
  }

  it('does not change tf.memory() once state has started', async () => {
    const each = task();
    const optimizer = sgd(0.01, {mom: 0.9});
    each.model.compile({optimizer, loss: LOSS});
    await each.model.fit(each.xs, each.ys, {epochs: 1, ...QUIET});
    await leakless(async () => {
      await each.model.fit(each.xs, each.ys, {epochs: 2, ...QUIET});
      await each.model.trainOnBatch(each.xs, each.ys);
    });
    optimizer.dispose();
    each.dispose();
  });

  it('falls to a lower loss', async () => {
    const each = task();
    each.model.compile({optimizer: adam(0.05), loss: LOSS});
    const {history} = await each.model.fit(each.xs, each.ys, {epochs: backend === 'webgpu' ? 3 : 20, ...QUIET});
    const losses = present(history['loss']).map(Number);
    expect(losses.at(-1)).toBeLessThan(present(losses[0]));
    each.dispose();
  });
});

describe('An optimizer', () => {
  it('can be made before a backend is ready: its constructor makes no tensor', () => {
    const before = tf.memory().numTensors;
    for (const {make} of optimizers) make();
    expect(tf.memory().numTensors).toBe(before);
  });
});
