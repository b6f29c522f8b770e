import {
  adam,
  applyConstraints,
  bnFreeze,
  checkpoint,
  ema,
  evaluateAverages,
  fitCallbacks,
  layerConstraints,
  lookahead,
  lrFind,
  type Optimizer,
  optimizerOf,
  restoreBestWeights,
  sgd,
} from '../../src';
import {isTensor} from '../../src/util/tensors';
import {bitsOf} from '../support/bits';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {memoryHandler} from '../support/memory_handler';
import {present} from '../support/present';
import {disposeModels, expectSame} from '../support/resuming';
import {tf} from '../support/tfjs';
import {tinyFit} from './support/model';

const FIT = {shuffle: false, batchSize: 4, verbose: 0};
const weightsOf = (model: tf.LayersModel) => bitsOf(model.getWeights());
const slowOf = (optimizer: Optimizer) =>
  bitsOf(
    optimizer.paramLists.flat().map(variable => {
      const {slow} = optimizer.state.get(variable);
      if (slow instanceof tf.Tensor) return slow;
      throw new Error(`'${variable.name}' has no slow weights.`);
    }),
  );
const replaceWeights = (model: tf.LayersModel) => {
  tf.tidy(() => {
    model.setWeights(model.getWeights().map(weight => weight.mul(0).add(7)));
  });
};

/** Lets each epoch log its loss from this list. */
function withLosses(losses: readonly number[]) {
  const onEpochEnd = (epoch: number, logs?: tf.Logs) => {
    if (logs !== undefined) logs['given'] = present(losses[epoch]);
  };
  return {onEpochEnd};
}

const bestByGiven = () => restoreBestWeights({monitor: 'given', mode: 'min'});

describe('frozen weights in fit', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const constrained = () =>
    ['low', 'top'].map((name, i) =>
      tf.layers.dense({
        name,
        units: 2 - i,
        ...(i === 0 ? {inputShape: [2]} : {}),
        useBias: false,
        kernelConstraint: tf.constraints.nonNeg(),
        kernelInitializer: tf.initializers.constant({value: -1}),
      }),
    );

  const WAYS: Readonly<Record<string, (optimizer: Optimizer) => void>> = {
    'the optimizer': optimizer => {
      optimizer.freeze();
    },
    trainable: optimizer => {
      for (const variable of present(optimizer.paramLists[0])) variable.trainable = false;
    },
  };
  for (const [how, freeze] of Object.entries(WAYS)) {
    it(`are left alone by constraints: frozen by ${how}`, async () => {
      const {model, optimizer, x, y, dispose} = tinyFit(
        layers => adam(0.01, {params: layers.map(layer => [layer])}),
        constrained(),
      );
      freeze(optimizer);
      applyConstraints(model);
      expect(model.getWeights().map(weight => [...weight.dataSync()])).toEqual([
        [-1, -1, -1, -1],
        [0, 0],
      ]);
      const before = (await weightsOf(model))[0];
      await model.fit(x, y, {...FIT, callbacks: layerConstraints()});
      await leakless(() => model.fit(x, y, {...FIT, callbacks: layerConstraints()}));
      expect((await weightsOf(model))[0]).toEqual(present(before));
      dispose();
    });
  }

  it('are left alone by constraints of layers whose trainable is false, whatever the optimizer, or with none', () => {
    for (const optimizer of [undefined, tf.train.sgd(0.1), adam(0.1)]) {
      const model = tf.sequential({layers: constrained()});
      for (const layer of model.layers.slice(0, 1)) layer.trainable = false;
      if (optimizer !== undefined) model.compile({optimizer, loss: 'meanSquaredError'});
      applyConstraints(model);
      const kernels = model.layers.map(layer => [...present(layer.getWeights()[0]).dataSync()]);
      expect(kernels).toEqual([
        [-1, -1, -1, -1],
        [0, 0],
      ]);
      optimizer?.dispose();
      model.dispose();
    }
  });

  it('change nothing where a constraint throws', async () => {
    const failing = tf.constraints.nonNeg();
    failing.apply = () => {
      throw new Error('no constraint');
    };
    const layers = [...constrained().slice(0, 1), tf.layers.dense({units: 1, kernelConstraint: failing})];
    const {model, dispose} = tinyFit(sgd(0.1), layers);
    const before = await weightsOf(model);
    expect(() => {
      applyConstraints(model);
    }).toThrowError('no constraint');
    expect(await weightsOf(model)).toEqual(before);
    dispose();
  });

  it('let bnFreeze follow freezing and thawing in the middle', async () => {
    const layers = [tf.layers.batchNormalization({inputShape: [2]}), tf.layers.dense({units: 1})];
    const {model, optimizer, x, y, dispose} = tinyFit(
      given => sgd(0.1, {params: given.map(layer => [layer]), trainBn: false}),
      layers,
    );
    optimizer.freeze();
    const moving: number[][][] = [];
    const thaw = {
      onEpochEnd: async (epoch: number) => {
        moving.push(await bitsOf(present(layers[0]).getWeights().slice(2)));
        if (epoch === 0) optimizer.unfreeze();
        if (epoch === 1) optimizer.freeze();
      },
    };
    const before = await bitsOf(present(layers[0]).getWeights().slice(2));
    await model.fit(x, y, {...FIT, epochs: 3, callbacks: fitCallbacks([bnFreeze(), thaw])});
    expect(moving[0]).toEqual(before);
    expect(moving[1]).not.toEqual(before);
    expect(moving[2]).toEqual(present(moving[1]));
    dispose();
  });
});

describe('bnFreeze', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('keeps the averages of a layer whose trainable is false', async () => {
    const layers = [tf.layers.batchNormalization({inputShape: [2]}), tf.layers.dense({units: 1})];
    const {model, x, y, dispose} = tinyFit(sgd(0.1), layers);
    for (const layer of layers.slice(0, 1)) layer.trainable = false;
    model.compile({optimizer: model.optimizer, loss: 'meanSquaredError'});
    const before = await bitsOf(present(layers[0]).getWeights());
    await model.fit(x, y, {...FIT, callbacks: bnFreeze()});
    expect(await bitsOf(present(layers[0]).getWeights())).toEqual(before);
    dispose();
  });
});

describe('slow weights in fit', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const made = () =>
    tinyFit(
      layers => lookahead(adam(0.1, {params: layers}), {k: 3}),
      [
        tf.layers.dense({
          units: 1,
          inputShape: [2],
          kernelInitializer: tf.initializers.constant({value: 0.5}),
          kernelConstraint: tf.constraints.maxNorm({maxValue: 0.4}),
        }),
      ],
    );

  it("are not restarted by this package's own callbacks", async () => {
    const warned = spyOn(console, 'warn');
    const {model, optimizer, x, y, dispose} = made();
    await model.fit(x, y, {...FIT, callbacks: layerConstraints()});
    await leakless(async () => {
      const slow = await slowOf(optimizer);
      await model.fit(x, y, {...FIT, batchSize: 8, epochs: 0, callbacks: layerConstraints()});
      applyConstraints(model);
      expect(await slowOf(optimizer)).toEqual(slow);
    });
    await lrFind(model, x, y, {...FIT, numIt: 5});
    await model.fit(x, y, {
      ...FIT,
      epochs: 3,
      callbacks: fitCallbacks([withLosses([3, 1, 2]), layerConstraints(), bestByGiven()]),
    });
    await model.fit(x, y, {...FIT, callbacks: layerConstraints()});
    expect(warned.calls.allArgs().filter(([text]) => String(text).includes('outside of the optimizer'))).toEqual([]);
    dispose();
  });

  const REPLACED_BEFORE = 'lrFind, with weights that were replaced before it';
  /** What runs before. After each of these, the state belongs to the weights. */
  const BEFORE: Readonly<Record<string, (fit: ReturnType<typeof made>) => Promise<unknown>>> = {
    'a fit': ({model, x, y}) => model.fit(x, y, FIT),
    lrFind: async ({model, x, y}) => {
      await model.fit(x, y, FIT);
      await lrFind(model, x, y, {...FIT, numIt: 5});
    },
    [REPLACED_BEFORE]: async ({model, x, y}) => {
      await model.fit(x, y, FIT);
      replaceWeights(model);
      await lrFind(model, x, y, {...FIT, numIt: 5});
    },
    restoreBestWeights: ({model, x, y}) =>
      model.fit(x, y, {...FIT, epochs: 3, callbacks: fitCallbacks([withLosses([3, 1, 2]), bestByGiven()])}),
  };
  for (const [what, before] of Object.entries(BEFORE)) {
    it(`restart where weights are replaced after ${what}, with one warning in all`, async () => {
      const warned = spyOn(console, 'warn');
      const [silent, noticed] = [made(), made()];
      for (const fit of [silent, noticed]) {
        await before(fit);
        replaceWeights(fit.model);
      }
      warned.calls.reset();
      silent.optimizer.rebase();
      await silent.model.fit(silent.x, silent.y, FIT);
      expect(warned).not.toHaveBeenCalled();
      await noticed.model.fit(noticed.x, noticed.y, FIT);
      expect(warned).toHaveBeenCalledTimes(what === REPLACED_BEFORE ? 0 : 1);
      await expectSame(noticed.model, silent.model);
      silent.dispose();
      noticed.dispose();
    });
  }

  it('go back after lrFind, and still count as replaced', async () => {
    const warned = spyOn(console, 'warn');
    const {model, optimizer, x, y, dispose} = made();
    await model.fit(x, y, FIT);
    replaceWeights(model);
    const before = await weightsOf(model);
    await lrFind(model, x, y, {...FIT, numIt: 5});
    expect(await weightsOf(model)).toEqual(before);
    expect(warned).toHaveBeenCalledTimes(1);
    const [kernel] = optimizer.paramLists.flat();
    expect(Object.keys(kernel === undefined ? {} : optimizer.state.get(kernel))).not.toContain('slow');
    dispose();
  });
});

/** A small model with slow weights and averages. */
const averaged = () => tinyFit(layers => ema(lookahead(adam(0.1, {params: layers}), {k: 3}), {decay: 0.5}));

describe('restoreBestWeights', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('restores the state in weight space with the weights, and leaves other state', async () => {
    const {model, optimizer, x, y, dispose} = averaged();
    const entriesOf = (names: readonly string[]) => {
      const states = optimizer.paramLists.flat().map(variable => optimizer.state.get(variable));
      return states.flatMap(state => names.map(name => state[name])).filter(isTensor);
    };
    const pick = (names: readonly string[]) => bitsOf(entriesOf(names));
    const seen: Array<{weights: number[][]; space: number[][]; moments: number[][]}> = [];
    const look = {
      onEpochEnd: async () => {
        const [space, moments] = [await pick(['slow', 'average']), await pick(['gradAvg', 'sqrAvg'])];
        seen.push({weights: await weightsOf(model), space, moments});
      },
    };
    await model.fit(x, y, FIT);
    const callbacks = fitCallbacks([withLosses([3, 1, 2, 1]), look, bestByGiven()]);
    await leakless(() => model.fit(x, y, {...FIT, epochs: 4, callbacks}));
    expect(await weightsOf(model)).toEqual(present(seen[1]).weights);
    expect(await pick(['slow', 'average'])).toEqual(present(seen[1]).space);
    expect(seen[1]?.space.length).toBe(4);
    expect(await pick(['gradAvg', 'sqrAvg'])).toEqual(present(seen[3]).moments);
    expect(seen[3]?.space).not.toEqual(present(seen[1]).space);
    dispose();
  });

  it('lets eval() show the same weights as evaluateAverages', async () => {
    const {model, optimizer, x, y, dispose} = averaged();
    const {history} = await model.fit(x, y, {
      ...FIT,
      epochs: 6,
      validationData: [x, y],
      callbacks: fitCallbacks([evaluateAverages(), restoreBestWeights()]),
    });
    const lowest = Math.min(...present(history['val_loss']).map(Number));
    optimizer.eval();
    const loss = model.evaluate(x, y, {batchSize: 4});
    expectClose(Array.isArray(loss) ? [] : [...(await loss.data())], [lowest], 1e-6);
    optimizer.train();
    tf.dispose(loss);
    dispose();
  });

  it('restores only the weights where the optimizer is one of tf.train', async () => {
    const {model, x, y, dispose} = tinyFit(tf.train.sgd(0.1));
    const seen: number[][][] = [];
    const look = {
      onEpochEnd: async () => {
        seen.push(await weightsOf(model));
      },
    };
    await model.fit(x, y, {...FIT, epochs: 3, callbacks: fitCallbacks([withLosses([3, 1, 2]), look, bestByGiven()])});
    expect(await weightsOf(model)).toEqual(present(seen[1]));
    dispose();
  });

  it('restores only the weights where a callback compiled the model with another optimizer', async () => {
    const {model, x, y, dispose} = averaged();
    const other = lookahead(sgd(0.1));
    const seen: number[][][] = [];
    const look = {
      onEpochEnd: async (epoch: number) => {
        seen.push(await weightsOf(model));
        if (epoch === 1) model.compile({optimizer: other, loss: 'meanSquaredError'});
      },
    };
    await model.fit(x, y, {...FIT, epochs: 3, callbacks: fitCallbacks([withLosses([3, 2, 1]), look, bestByGiven()])});
    await model.fit(x, y, {...FIT, epochs: 3, callbacks: fitCallbacks([withLosses([3, 1, 2]), bestByGiven()])});
    expect(seen.length).toBe(3);
    other.dispose();
    dispose();
  });
});

describe('checkpoint', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('restores weights and their state, also after weights were replaced, without a warning', async () => {
    const {model, x, y, dispose} = averaged();
    const place = memoryHandler();
    const warned = spyOn(console, 'warn');
    await model.fit(x, y, {...FIT, callbacks: checkpoint(place)});
    const loaded = await tf.loadLayersModel(place);
    for (const one of [model, loaded]) await one.fit(x, y, FIT);
    expect(warned).not.toHaveBeenCalled();
    await expectSame(loaded, model);
    disposeModels(loaded);
    dispose();
  });

  it('is refused between eval() and train()', async () => {
    const {model, x, y, dispose} = tinyFit(layers => ema(adam(0.1, {params: layers})));
    const show = {
      onEpochEnd: () => {
        optimizerOf(model).eval();
      },
    };
    const callbacks = fitCallbacks([show, checkpoint(memoryHandler())]);
    await expectAsync(model.fit(x, y, {...FIT, callbacks})).toBeRejectedWithError(/^Between eval\(\) and train\(\)/);
    dispose();
  });
});
