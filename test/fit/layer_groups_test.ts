import {adam, bnFreeze, layerGroups, layerwiseDecay, loadOptimizer, saveOptimizer, sgd, slice} from '../../src';
import {describeBackends} from '../support/backends';
import {bitsOf} from '../support/bits';
import {memoryHandler} from '../support/memory_handler';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {tinyFit} from './support/model';

const dense = (name: string, inputShape?: number[]) =>
  tf.layers.dense({units: 2, name, ...(inputShape === undefined ? {} : {inputShape})});

/** stem, (block_1_a, block_1_b, block_2), relu, head: the blocks are a nested model. */
function nested(): tf.Sequential {
  const blocks = tf.sequential({
    name: 'blocks',
    layers: [dense('block_1_a', [2]), dense('block_1_b'), dense('block_2')],
  });
  return tf.sequential({
    layers: [dense('stem', [2]), blocks, tf.layers.activation({activation: 'relu', name: 'relu'}), dense('head')],
  });
}

const names = (groups: tf.layers.Layer[][]) => groups.map(group => group.map(({name}) => name).join(' '));

describe('layerGroups', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const cases: ReadonlyArray<{
    readonly name: string;
    readonly boundaries?: Parameters<typeof layerGroups>[1];
    readonly groups: string[];
  }> = [
    {
      name: 'whole names',
      boundaries: ['block_2', 'head'],
      groups: ['stem block_1_a block_1_b', 'block_2 relu', 'head'],
    },
    {
      name: 'beginnings of names',
      boundaries: ['block_1', 'head'],
      groups: ['stem', 'block_1_a block_1_b block_2 relu', 'head'],
    },
    {
      name: 'a nested model',
      boundaries: ['blocks', 'head'],
      groups: ['stem', 'block_1_a block_1_b block_2 relu', 'head'],
    },
    {
      name: 'a function',
      boundaries: ({name}) => name === 'block_1_b',
      groups: ['stem block_1_a', 'block_1_b block_2 relu head'],
    },
    {name: 'no boundaries', groups: ['stem', 'block_1_a', 'block_1_b', 'block_2 relu', 'head']},
  ];
  for (const {name, boundaries, groups} of cases) {
    it(`groups by ${name}`, () => {
      const model = nested();
      expect(names(layerGroups(model, boundaries))).toEqual(groups);
      model.dispose();
    });
  }

  it('takes layers', () => {
    const model = nested();
    expect(names(layerGroups(model, [model.getLayer('head')]))).toEqual([
      'stem block_1_a block_1_b block_2 relu',
      'head',
    ]);
    model.dispose();
  });

  const wrong: ReadonlyArray<readonly [Parameters<typeof layerGroups>[1], RegExp]> = [
    [['tail'], /No layer has the name 'tail'.*'stem', 'blocks', 'block_1_a'/],
    [['head', 'block_2'], /in the order of the model.*'block_2' does not come after 'head'/],
    [['head', 'head'], /each once/],
    [['stem'], /Group 0 \(before the first layer\) has no weights/],
    [['relu', 'head'], /Group 1 \('relu'\) has no weights/],
  ];
  for (const [boundaries, message] of wrong) {
    it(`refuses ${JSON.stringify(boundaries)}`, () => {
      const model = nested();
      expect(() => layerGroups(model, boundaries)).toThrowError(message);
      model.dispose();
    });
  }

  it('refuses beginnings of names that are not adjacent, other layers, and models without weights', () => {
    const model = tf.sequential({layers: [dense('a_1', [2]), dense('b'), dense('a_2')]});
    expect(() => layerGroups(model, ['a_'])).toThrowError(/are not neighbours \('a_1' to 'a_2'\)/);
    expect(() => layerGroups(model, [dense('elsewhere')])).toThrowError(/'elsewhere' is not in this model/);
    expect(() => layerGroups(tf.sequential(), ['a'])).toThrowError(/no weights to group/);
    model.dispose();
  });

  it('recognizes normalization layers by their class, also after saving', async () => {
    class ScaleNorm extends tf.layers.Layer {
      static className = 'ScaleNorm';

      override build(shape: tf.Shape) {
        this.addWeight('factor', [present(shape.at(-1))], 'float32', tf.initializers.ones());
        super.build(shape);
      }

      override call(inputs: tf.Tensor | tf.Tensor[]) {
        const [x] = Array.isArray(inputs) ? inputs : [inputs];
        const [factor] = this.weights;
        if (x === undefined || factor === undefined) throw new Error('It is built and called with one tensor.');
        return x.mul(factor.read());
      }

      override computeOutputShape(shape: tf.Shape) {
        return shape;
      }
    }
    const model = tf.sequential({layers: [dense('first', [2]), new ScaleNorm({name: 'scale'}), dense('last')]});
    const optimizer = sgd(0.1, {wd: 0.1, params: layerGroups(model, ['last'])});
    optimizer.freeze();
    const rows = optimizer
      .summary()
      .map(({variable, trainable, decay}) => `${variable.replace(/_\d+$/, '')} ${trainable} ${decay}`);
    expect(rows).toEqual([
      'first/kernel false true',
      'first/bias false false',
      'scale/factor true false',
      'last/kernel true true',
      'last/bias true false',
    ]);
    // Without the layers, only what was saved tells that `factor` scales.
    const handler = memoryHandler();
    await saveOptimizer(optimizer, handler);
    const known = optimizer.paramLists.flat().map(({name: variable, shape}) => [variable, shape] as const);
    optimizer.dispose();
    model.dispose();
    const variables = known.map(([variable, shape]) => tf.tidy(() => tf.variable(tf.ones(shape), true, variable)));
    const loaded = await loadOptimizer(handler, {params: variables});
    expect(loaded.summary().map(({variable, decay}) => `${variable.replace(/_\d+$/, '')} ${decay}`)).toEqual([
      'first/kernel true',
      'first/bias false',
      'scale/factor false',
      'last/kernel true',
      'last/bias false',
    ]);
    loaded.dispose();
    tf.dispose(variables);
  });
});

describe('layerwiseDecay', () => {
  it('multiplies from the last group to the first', () => {
    expect(layerwiseDecay(1, 0.5, 3)).toEqual([0.25, 0.5, 1]);
    expect(layerwiseDecay(1, 0.5, ['a', 'b'])).toEqual([0.5, 1]);
    expect(() => layerwiseDecay(1, 2, 3)).toThrowError(/'decay' must be above 0 and at most 1/);
    expect(() => layerwiseDecay(NaN, 1, 3)).toThrowError(/'lr' must be a number from 0/);
  });
});

/** How often each kernel runs in one step. */
async function kernelsOf(model: tf.Sequential, x: tf.Tensor, y: tf.Tensor): Promise<Map<string, number>> {
  const {kernels} = await tf.profile(() => model.trainOnBatch(x, y));
  const counts = new Map<string, number>();
  for (const {name} of kernels) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

describeBackends(
  'freezing',
  () => {
    it('skips the backpropagation through frozen layers, without compiling again', async () => {
      const layers = [dense('one', [2]), dense('two'), dense('three'), tf.layers.dense({units: 1, name: 'top'})];
      const {model, optimizer, x, y, dispose} = tinyFit(
        given => sgd(0.1, {params: given.map(layer => [layer])}),
        layers,
      );
      const products: number[] = [];
      for (const n of [0, 1, 2, 3, 0]) {
        optimizer.freezeTo(n);
        products.push(present((await kernelsOf(model, x, y)).get('BatchMatMul')));
      }
      // Backward, in addition to the last layer: per layer, one product for its kernel's gradient, and one to reach
      // it through the layer above.
      expect(products.map(count => count - present(products[3]))).toEqual([6, 4, 2, 0, 6]);
      dispose();
    });

    it('between fits takes effect at once, and leaves frozen weights and their state as they are', async () => {
      const layers = [dense('one', [2]), tf.layers.dense({units: 1, name: 'top'})];
      const {model, optimizer, x, y, dispose} = tinyFit(
        given => adam(0.1, {params: given.map(layer => [layer])}),
        layers,
      );
      const all = async () => ({
        low: await bitsOf(present(layers[0]).getWeights()),
        high: await bitsOf(present(layers[1]).getWeights()),
      });
      const moved = async (act: () => void) => {
        act();
        const before = await all();
        await model.fit(x, y, {batchSize: 8});
        const after = await all();
        return [
          JSON.stringify(before.low) !== JSON.stringify(after.low),
          JSON.stringify(before.high) !== JSON.stringify(after.high),
        ];
      };
      expect(await moved(() => undefined)).toEqual([true, true]);
      expect(
        await moved(() => {
          optimizer.freeze();
        }),
      ).toEqual([false, true]);
      expect(
        await moved(() => {
          optimizer.unfreeze();
        }),
      ).toEqual([true, true]);
      expect(
        await moved(() => {
          optimizer.freezeTo(2);
        }),
      ).toEqual([false, false]);
      dispose();
    });
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('Freezing', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('skips the gradients of frozen convolutions and their batch norm, in every step of a fit', async () => {
    const convolution = (name: string, inputShape?: number[]) =>
      tf.layers.conv2d({name, filters: 2, kernelSize: 2, ...(inputShape === undefined ? {} : {inputShape})});
    const layers = [
      convolution('one', [6, 6, 1]),
      tf.layers.batchNormalization({name: 'norm'}),
      convolution('two'),
      tf.layers.flatten(),
      tf.layers.dense({units: 1, name: 'top'}),
    ];
    const model = tf.sequential({layers});
    const optimizer = sgd(0.1, {params: layerGroups(model, ['two', 'top']), trainBn: false});
    model.compile({optimizer, loss: 'meanSquaredError'});
    const [x, y] = [tf.randomNormal([4, 6, 6, 1]), tf.ones([4, 1])];
    const counts = async () => {
      const {kernels} = await tf.profile(async () => {
        await model.fit(x, y, {epochs: 3, batchSize: 4});
        return [];
      });
      return ['Conv2DBackpropFilter', 'Conv2DBackpropInput'].map(
        name => kernels.filter(kernel => kernel.name === name).length,
      );
    };
    const found: number[][] = [];
    for (const n of [0, 1, 2]) {
      optimizer.freezeTo(n);
      found.push(await counts());
    }
    // Three steps. tfjs has one gradient for filter and input, so a convolution that trains has both.
    expect(found).toEqual([
      [6, 6],
      [3, 3],
      [0, 0],
    ]);
    tf.dispose([x, y]);
    optimizer.dispose();
    model.dispose();
  });

  it('uses the rates of a slice for the groups', async () => {
    const layers = [dense('low', [2]), tf.layers.dense({units: 1, name: 'high'})];
    const {model, optimizer, x, y, dispose} = tinyFit(
      given => adam(slice(0.001, 0.1), {params: given.map(layer => [layer]), wd: 0, eps: 1e-12}),
      layers,
    );
    const before = model.getWeights().map(weight => [...weight.dataSync()]);
    await model.fit(x, y, {batchSize: 8});
    // Adam's first step is as long as the rate, for every gradient.
    const moved = model
      .getWeights()
      .map((weight, i) =>
        Math.max(...[...weight.dataSync()].map((value, j) => Math.abs(value - present(present(before[i])[j])))),
      );
    expect(moved.map(length => Number(length.toPrecision(2)))).toEqual([0.001, 0.001, 0.1, 0.1]);
    expect(optimizer.paramLists.length).toBe(2);
    dispose();
  });

  for (const trainBn of [true, false]) {
    it(
      trainBn ? 'keeps training batch norm' : 'with trainBn: false and bnFreeze keeps batch norm as it is',
      async () => {
        const layers = [
          dense('low', [2]),
          tf.layers.batchNormalization({name: 'bn'}),
          tf.layers.dense({units: 1, name: 'high'}),
        ];
        const {model, optimizer, x, y, dispose} = tinyFit(
          given => sgd(0.1, {params: [given.slice(0, 2), given.slice(2)], trainBn}),
          layers,
        );
        optimizer.freeze();
        const weights = () =>
          model
            .getLayer('bn')
            .getWeights()
            .map(weight => [...weight.dataSync()]);
        const before = weights();
        await model.fit(x, y, {epochs: 2, callbacks: bnFreeze()});
        const changed = weights().map((values, i) => values.some((value, j) => value !== before[i]?.[j]));
        expect(changed).toEqual([trainBn, trainBn, trainBn, trainBn]);
        // Only during training: afterwards averages move again.
        optimizer.unfreeze();
        await model.fit(x, y);
        expect(weights()).not.toEqual(before);
        dispose();
      },
    );
  }
});
