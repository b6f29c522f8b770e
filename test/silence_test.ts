import {adam, ema, layerGroups, lookahead, optimizers, prodigy, ranger, sgd, slice} from '../src';
import {describeBackends} from './support/backends';
import {bitsOf} from './support/bits';
import {joined} from './support/joined';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';

const dense = (units: number, name: string, inputs?: number) =>
  tf.layers.dense({units, name, ...(inputs === undefined ? {} : {inputShape: [inputs]})});

/** A model of two layers with its data. */
function twoLayers() {
  const model = tf.sequential({layers: [dense(2, 'body', 3), dense(1, 'head')]});
  const [x, y] = [tf.randomNormal([8, 3], 0, 1, 'float32', 1), tf.ones([8, 1])];
  return {
    model,
    x,
    y,
    dispose: () => {
      model.dispose();
      tf.dispose([x, y]);
    },
  };
}

function layerAt(model: tf.LayersModel, i: number): tf.layers.Layer {
  return present(model.layers[i]);
}

const LEFT_OUT = joined(
  /^tfjs-optim: `params` leave out '\w+\/kernel\w*', '\w+\/bias\w*', which the model trains: /,
  /they stay as they are\. Add them to `params`, or set `trainable = false` on their layers and compile again\.$/,
);

describeBackends(
  'An optimizer whose settings would have no effect',
  () => {
    let warned: jasmine.Spy<typeof console.warn>;
    beforeEach(() => {
      warned = spyOn(console, 'warn');
    });
    const said = () => warned.calls.allArgs().flat().map(String);

    describe('warns once where a model trains weights that params leave out', () => {
      for (const [how, around] of [
        ['by itself', (inner: ReturnType<typeof sgd>) => inner],
        ['inside of others', (inner: ReturnType<typeof sgd>) => ema(lookahead(inner))],
      ] as const) {
        it(`${how}, in fit, fitDataset and trainOnBatch`, () =>
          leakless(async () => {
            const {model, x, y, dispose} = twoLayers();
            for (const train of [
              () => model.fit(x, y, {epochs: 2}),
              () =>
                model.fitDataset(
                  tf.data
                    .array([
                      {xs: [1, 2, 3], ys: [1]},
                      {xs: [1, 2, 3], ys: [1]},
                    ])
                    .batch(1),
                  {epochs: 2},
                ),
              async () => {
                for (let i = 0; i < 2; i++) await model.trainOnBatch(x, y);
              },
            ]) {
              warned.calls.reset();
              const optimizer = around(sgd(0.1, {params: [layerAt(model, 1)]}));
              model.compile({optimizer, loss: 'meanSquaredError'});
              const before = await bitsOf(layerAt(model, 0).getWeights());
              await train();
              expect(await bitsOf(layerAt(model, 0).getWeights())).toEqual(before);
              expect(said()).toEqual([jasmine.stringMatching(LEFT_OUT)]);
              optimizer.dispose();
            }
            dispose();
          }));
      }

      it('and the warning names five of many', () =>
        leakless(async () => {
          const model = tf.sequential({layers: [dense(2, 'a', 3), dense(2, 'b'), dense(2, 'c'), dense(1, 'd')]});
          const [x, y] = [tf.ones([2, 3]), tf.ones([2, 1])];
          const optimizer = sgd(0.1, {params: [layerAt(model, 3)]});
          model.compile({optimizer, loss: 'meanSquaredError'});
          await model.trainOnBatch(x, y);
          expect(said()).toEqual([
            jasmine.stringMatching(/^tfjs-optim: `params` leave out ('\w+\/\w+', ){5}…, which/),
          ]);
          optimizer.dispose();
          model.dispose();
          tf.dispose([x, y]);
        }));

      it('and does not warn where their layers are not trainable, or all are among the params', () =>
        leakless(async () => {
          const {model, x, y, dispose} = twoLayers();
          const all = sgd(0.1, {params: model});
          model.compile({optimizer: all, loss: 'meanSquaredError'});
          await model.fit(x, y);
          layerAt(model, 0).trainable = false;
          const head = sgd(0.1, {params: [layerAt(model, 1)]});
          model.compile({optimizer: head, loss: 'meanSquaredError'});
          await model.fit(x, y);
          expect(said()).toEqual([]);
          all.dispose();
          head.dispose();
          dispose();
        }));

      it("and does not warn about a list of variables that was passed to minimize, even the model's", () =>
        leakless(() => {
          const {model, x, dispose} = twoLayers();
          const optimizer = sgd(0.1, {params: [layerAt(model, 1)]});
          const variables = layerGroups(model)
            .flat()
            .flatMap(layer => layer.getWeights()).length;
          expect(variables).toBe(4);
          const own = adam(0.1, {params: model}).paramLists.flat();
          const loss = () =>
            tf.tidy(() => {
              const predicted = model.apply(x, {training: true});
              if (!(predicted instanceof tf.Tensor)) throw new Error('The model has one output.');
              return predicted.square().mean().asScalar();
            });
          for (const returnCost of [false, true]) optimizer.minimize(loss, returnCost, own)?.dispose();
          expect(optimizer.iterations).toBe(2);
          expect(said()).toEqual([]);
          optimizer.dispose();
          dispose();
        }));
    });

    it('warns once where a group is empty', () =>
      leakless(() => {
        const {model, dispose} = twoLayers();
        const [body, head] = [layerAt(model, 0), layerAt(model, 1)];
        const optimizer = sgd([0.1, 0.2], {params: [[], [body, head]]});
        const EMPTY = 'tfjs-optim: the parameter group 0 is empty. Leave it out of `params`, or put parameters in it.';
        expect(said()).toEqual([EMPTY]);
        const lists = optimizer.paramLists;
        optimizer.paramLists = [[], lists.flat()];
        expect(said()).toEqual([EMPTY]);
        optimizer.dispose();
        const other = sgd([0.1, 0.2], {params: [[body], [head]]});
        expect(said()).toEqual([EMPTY]);
        other.paramLists = [other.paramLists.flat(), []];
        expect(said()).toEqual([EMPTY, EMPTY.replace('group 0', 'group 1')]);
        other.dispose();
        dispose();
      }));

    describe('is refused: layers without weights', () => {
      const unbuilt: ReadonlyArray<readonly [string, () => tf.layers.Layer]> = [
        ['dense', () => dense(1, 'x')],
        ['embedding', () => tf.layers.embedding({inputDim: 2, outputDim: 2})],
        ['batch normalization', () => tf.layers.batchNormalization()],
        ['LSTM', () => tf.layers.lstm({units: 1})],
        ['bidirectional', () => tf.layers.bidirectional({layer: tf.layers.gru({units: 1})})],
        ['time distributed', () => tf.layers.timeDistributed({layer: dense(1, 'y')})],
        ['convolution', () => tf.layers.conv2d({filters: 1, kernelSize: 1})],
      ];
      for (const [what, make] of unbuilt) {
        it(what, () => {
          const layer = make();
          const {model, dispose} = twoLayers();
          for (const params of [layer, [layer], [[layerAt(model, 0)], [layer]], [layerAt(model, 0), layer]]) {
            expect(() => sgd(0.1, {params})).toThrowError(
              `The layer '${layer.name}' in \`params\` has no weights yet. Make the optimizer after the ` +
                'layer became part of a model.',
            );
          }
          dispose();
        });
      }

      it('but not layers that never have weights', () =>
        leakless(() => {
          const model = tf.sequential({
            layers: [
              tf.layers.flatten({inputShape: [2, 2]}),
              dense(2, 'body'),
              tf.layers.dropout({rate: 0.5}),
              tf.layers.reLU(),
              dense(1, 'head'),
            ],
          });
          const optimizer = sgd(0.1, {params: [model.layers.slice(0, 3), model.layers.slice(3)]});
          expect(optimizer.paramLists.map(({length}) => length)).toEqual([2, 2]);
          optimizer.dispose();
          model.dispose();
        }));
    });

    it('is refused: a missing group, counted from the end; beyond the end, all groups are frozen, with a warning', () =>
      leakless(() => {
        const {model, dispose} = twoLayers();
        const optimizer = sgd(0.1, {params: layerGroups(model)});
        optimizer.freezeTo(1);
        for (const n of [-3, -5, -1000]) {
          expect(() => {
            optimizer.freezeTo(n);
          }).toThrowError(`There is no parameter group ${n}; there are 2.`);
          expect(optimizer.frozenIdx).toBe(1);
          expect(optimizer.allParams().map(({trainable}) => trainable)).toEqual([false, false, true, true]);
        }
        expect(said()).toEqual([]);
        optimizer.freezeTo(-2);
        expect(optimizer.frozenIdx).toBe(0);
        optimizer.freezeTo(2);
        expect(said()).toEqual(['tfjs-optim: Freezing 2 groups; model has 2; whole model is frozen.']);
        optimizer.dispose();
        dispose();
      }));

    describe('counts: base.trainable = false', () => {
      const nests: ReadonlyArray<readonly [string, (base: tf.Sequential) => tf.LayersModel]> = [
        [
          'first in a Sequential',
          base => {
            const model = tf.sequential();
            model.add(base);
            model.add(dense(1, 'head'));
            return model;
          },
        ],
        [
          'in a functional model',
          base => {
            const input = tf.input({shape: [3]});
            const output = dense(1, 'head').apply(base.apply(input));
            if (!(output instanceof tf.SymbolicTensor))
              throw new Error('A layer applied to a symbolic tensor gives one.');
            return tf.model({inputs: input, outputs: output});
          },
        ],
        [
          'in a Sequential that is first in a Sequential',
          base => {
            const [middle, model] = [tf.sequential(), tf.sequential()];
            middle.add(base);
            middle.add(dense(2, 'neck'));
            model.add(middle);
            model.add(dense(1, 'head'));
            return model;
          },
        ],
      ];
      const ways: ReadonlyArray<readonly [string, (model: tf.LayersModel) => Parameters<typeof sgd>[1]]> = [
        ['layerGroups', model => ({params: layerGroups(model, ['head'])})],
        ['the model', model => ({params: model})],
        ['its layers', model => ({params: model.layers})],
      ];
      for (const [where, nest] of nests) {
        for (const [how, params] of ways) {
          for (const outer of ['sgd', 'lookahead'] as const) {
            it(`${where}, params from ${how}, ${outer}`, async () => {
              const base = tf.sequential({layers: [dense(4, 'low', 3), tf.layers.layerNormalization()]});
              const model = nest(base);
              const [x, y] = [tf.randomNormal([8, 3], 0, 1, 'float32', 1), tf.ones([8, 1])];
              base.trainable = false;
              const made = sgd(0.1, params(model));
              const optimizer = outer === 'sgd' ? made : lookahead(made, {k: 2});
              const all = () => bitsOf(base.layers.flatMap(layer => layer.getWeights()));
              const head = () => bitsOf(present(model.layers.at(-1)).getWeights());
              const before = [await all(), await head()];
              model.compile({optimizer, loss: 'meanSquaredError'});
              await model.fit(x, y, {epochs: 3, batchSize: 4});
              expect(await all()).toEqual(present(before[0]));
              expect(await head()).not.toEqual(present(before[1]));
              expect(
                optimizer
                  .allParams()
                  .filter(({variable}) => variable.name.startsWith('low'))
                  .map(({trainable}) => trainable),
              ).toEqual([false, false]);
              base.trainable = true;
              model.compile({optimizer, loss: 'meanSquaredError'});
              await model.fit(x, y, {epochs: 1});
              expect(await all()).not.toEqual(present(before[0]));
              expect(said()).toEqual([]);
              optimizer.dispose();
              model.dispose();
              tf.dispose([x, y]);
            });
          }
        }
      }

      it("and unfreeze says that it can't thaw that", () =>
        leakless(() => {
          const base = tf.sequential({layers: [dense(4, 'low', 3)]});
          const model = tf.sequential();
          model.add(base);
          model.add(dense(1, 'head'));
          const optimizer = sgd(0.1, {params: layerGroups(model)});
          base.trainable = false;
          optimizer.unfreeze();
          expect(said()).toEqual([
            jasmine.stringMatching(/unfreeze\(\) can't thaw 'low\/kernel\w*', 'low\/bias\w*': set `trainable = true`/),
          ]);
          optimizer.dispose();
          model.dispose();
        }));
    });
  },
  ['cpu', 'wasm'],
);

describe('Accepted, as in other libraries,', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it("is a model, a layer, a layer's weight or a variable for params", () =>
    leakless(() => {
      const {model, dispose} = twoLayers();
      const variable = tf.tidy(() => tf.variable(tf.ones([2]), true, 'alone'));
      const names = (params: Parameters<typeof sgd>[1]) =>
        sgd(0.1, params).paramLists.map(list => list.map(({name}) => name.replace(/_\d+$/, '')));
      expect(names({params: model})).toEqual([['body/kernel', 'body/bias', 'head/kernel', 'head/bias']]);
      expect(names({params: layerAt(model, 0)})).toEqual([['body/kernel', 'body/bias']]);
      expect(names({params: present(layerAt(model, 0).weights[0])})).toEqual([['body/kernel']]);
      expect(names({params: variable})).toEqual([['alone']]);
      expect(names({params: new Set([variable])})).toEqual([['alone']]);
      variable.dispose();
      dispose();
    }));

  it('is lr as a name of learningRate', () => {
    const variables = tf.tidy(() => [tf.variable(tf.ones([1])), tf.variable(tf.ones([1]))]).map(present);
    const optimizer = adam(slice(1e-3, 1e-1), {params: variables.map(variable => [variable])});
    expect(optimizer.lr).toBe(1e-1);
    optimizer.lr = 0.01;
    expect(optimizer.hypers.map(({lr}) => lr)).toEqual([0.01, 0.01]);
    expect([optimizer.lr, optimizer.learningRate]).toEqual([0.01, 0.01]);
    expect(() => {
      optimizer.lr = -1;
    }).toThrowError("'lr' must be a number from 0; got -1.");
    expect(optimizer.lr).toBe(0.01);
    tf.dispose(variables);
  });

  it('is setHyper with an object, which sets all hypers or none', () => {
    const optimizer = adam(0.1);
    optimizer.setHyper({lr: 0.01, mom: 0.8});
    expect(optimizer.hypers).toEqual([jasmine.objectContaining({lr: 0.01, mom: 0.8})]);
    expect(() => {
      optimizer.setHyper({lr: 1, mom: 2});
    }).toThrowError(/'mom' must be in/);
    expect(optimizer.lr).toBe(0.01);
  });

  it('is ranger with k and alpha', () => {
    const sync = (optimizer: ReturnType<typeof ranger>) => present(optimizer.callbacks.at(-1)).options;
    expect(sync(ranger(0.1))).toEqual({k: 6, alpha: 0.5});
    expect(sync(ranger(0.1, {k: 3, alpha: 0.8, mom: 0.9}))).toEqual({k: 3, alpha: 0.8});
    expect(ranger(0.1, {k: 3, mom: 0.9}).hypers).toEqual([
      jasmine.objectContaining({lr: 0.1, mom: 0.9, wd: 0.01, eps: 1e-6}),
    ]);
    expect(() => ranger(0.1, {k: 0})).toThrowError("lookaheadSync's k must be a whole number from 1; got 0.");
  });
});

describe('An optimizer as a string', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('is one line of class, hypers, groups and steps', () => {
    const variables = tf
      .tidy(() => [tf.variable(tf.ones([1])), tf.variable(tf.ones([1])), tf.variable(tf.ones([1]))])
      .map(present);
    const [first, ...others] = variables;
    const optimizer = adam([1e-3, 1e-2], {params: [[present(first)], others]});
    expect(String(optimizer)).toBe(
      'Adam: lr [0.001, 0.01], wd 0.01, mom 0.9, sqrMom 0.99, eps 0.00001; parameters by group: 1, 2; steps: 0',
    );
    optimizer.minimize(() => tf.tidy(() => tf.addN(variables).sum().asScalar()));
    expect(optimizer.toString()).toMatch(/steps: 1$/);
    const inspect: unknown = Reflect.get(optimizer, Symbol.for('nodejs.util.inspect.custom'));
    expect(typeof inspect === 'function' && Reflect.apply(inspect, optimizer, [2, {}])).toBe(String(optimizer));
    optimizer.dispose();
    tf.dispose(variables);
  });

  for (const {name, make} of optimizers)
    it(`is one line for ${name}`, () => {
      expect(String(make(0.1))).toMatch(/^\w+: lr 0\.1, .+; parameters by group: 0; steps: 0$/);
    });
});

describe('prodigy, whose rate is a factor,', () => {
  it('warns once of a rate of Adam', () => {
    const warned = spyOn(console, 'warn');
    prodigy(0.00125);
    prodigy(0.00125);
    prodigy(0.5);
    prodigy(0);
    prodigy();
    expect(warned.calls.allArgs()).toEqual([
      [
        'tfjs-optim: prodigy multiplies the rate that it finds by `lr`, so lr 0.00125 makes it 800 times slower than ' +
          'that rate. Leave `lr` at 1, and try 0.5 to 2.',
      ],
    ]);
  });
});
