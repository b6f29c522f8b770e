import {adam, constant, type HyperValue, lookahead, optimizerOf, OptimWrapper, sgd, weightDecay} from '../src';
import {describeBackends} from './support/backends';
import {expectClose} from './support/close';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {stateOf, train, valuesOf, variablesOf} from './support/training';
import {trainTable} from './support/wrapped_table';

const SHAPES = [[2, 3], [], [4]];
const FIT = {shuffle: false, verbose: 0};
/** Without WebGPU, which is too slow in software for tf.train's many kernels. */
const TRAINABLE_QUICKLY = ['cpu', 'wasm', 'webgl'] as const;

/** New values for hypers of `tf.train` in the middle of a run. `true` means the other of the two values. */
const CHANGES: Readonly<Record<string, number | true>> = {
  learningRate: 0.01,
  momentum: 0.5,
  beta1: 0.8,
  beta2: 0.99,
  rho: 0.8,
  epsilon: 1e-5,
  decay: 0.8,
  useNesterov: true,
  centered: true,
  initialAccumulatorValue: 0.5,
};

/** The wrapper's name of a hyper of the wrapped optimizer. Other names stay. */
function nameOf(optimizer: tf.Optimizer, name: string): string {
  if (name === 'decay') return optimizer.getClassName() === 'RMSProp' ? 'sqrMom' : name;
  return (
    {learningRate: 'lr', momentum: 'mom', beta1: 'mom', beta2: 'sqrMom', rho: 'sqrMom', epsilon: 'eps'}[name] ?? name
  );
}

/**
 * A new optimizer with one hyper changed that takes over the state of another, as `setWeights` has it; Adamax can't do
 * that by itself.
 */
function continued(stock: tf.Optimizer, name: string, value: number | boolean): tf.Optimizer {
  const entry = tf.serialization.SerializationMap.getMap().classNameMap[stock.getClassName()];
  if (entry === undefined) throw new Error(`${stock.getClassName()} is not registered.`);
  const next: unknown = entry[1](entry[0], {...stock.getConfig(), [name]: value});
  if (!isOptimizer(next)) throw new Error('No optimizer was made.');
  for (const [property, list] of Object.entries(stock)) if (Array.isArray(list)) Reflect.set(next, property, list);
  const set = (property: string, number: number) => {
    const variable: unknown = Reflect.get(next, property);
    if (variable instanceof tf.Variable)
      tf.tidy(() => {
        variable.assign(tf.scalar(number));
      });
  };
  set('accBeta1', Number(next.getConfig()['beta1']) ** (stock.iterations + 1));
  set('accBeta2', Number(next.getConfig()['beta2']) ** (stock.iterations + 1));
  set('iteration', stock.iterations);
  return next;
}

function isOptimizer(x: unknown): x is tf.Optimizer {
  return x instanceof tf.Optimizer;
}

const positions = (variables: readonly tf.Variable[]) => variables.map((_, i) => i);

describeBackends(
  'a wrapped optimizer of tf.train',
  () => {
    // A scope, because the optimizers of tf.train leave tensors. The suite for every optimizer checks that the wrapper
    // leaves none.
    beforeEach(() => {
      tf.engine().startScope();
    });
    afterEach(() => {
      tf.engine().endScope();
      tf.disposeVariables();
    });

    for (const {name, make} of trainTable) {
      it(`computes the same as ${name} by itself, bit for bit`, async () => {
        const [alone, wrapped] = [variablesOf(SHAPES), variablesOf(SHAPES)];
        train(make(0.05), alone, 0, 12);
        train(new OptimWrapper(make(0.05)), wrapped, 0, 12);
        const values = await valuesOf(wrapped);
        expect(values).toEqual(await valuesOf(alone));
        expect(values.flat().filter(value => !Number.isFinite(value))).toEqual([]);
      });

      it(`keeps the state of ${name} with its variable where gradients are missing`, async () => {
        const [alone, wrapped] = [variablesOf(SHAPES), variablesOf(SHAPES)];
        const [stocks, wrapper] = [alone.map(() => make(0.05)), new OptimWrapper(make(0.05))];
        [[1], [0], [], [0, 2], [2], []].forEach((missing, step) => {
          train(wrapper, wrapped, step, step + 1, missing);
          stocks.forEach((stock, i) => {
            if (!missing.includes(i))
              train(
                stock,
                alone,
                step,
                step + 1,
                positions(alone).filter(j => j !== i),
              );
          });
        });
        expect(await valuesOf(wrapped)).toEqual(await valuesOf(alone));
      });

      it(`really sets each hyper of ${name} for the next step`, async () => {
        for (const hyper of Object.keys(make(0.05).getConfig())) {
          const [alone, wrapped] = [variablesOf(SHAPES), variablesOf(SHAPES)];
          const [stock, inner] = [make(0.05), make(0.05)];
          const change = CHANGES[hyper];
          if (change === undefined) throw new Error(`There is no other value for ${hyper}.`);
          const value = change === true ? stock.getConfig()[hyper] !== true : change;
          const wrapper = new OptimWrapper(inner);
          train(stock, alone, 0, 5);
          train(wrapper, wrapped, 0, 5);
          wrapper.setHyper(nameOf(inner, hyper), value);
          expect(inner.getConfig()[hyper]).withContext(hyper).toBe(value);
          expect(wrapper.hypers[0]?.[nameOf(inner, hyper)]).withContext(hyper).toBe(value);
          train(continued(stock, hyper, value), alone, 5, 10);
          train(wrapper, wrapped, 5, 10);
          expectClose((await valuesOf(wrapped)).flat(), (await valuesOf(alone)).flat(), 1e-6, hyper);
        }
      });

      it(`takes over the weights of ${name}`, async () => {
        if (name === 'adamax') {
          await expectAsync(make(0.05).getWeights()).toBeRejectedWithError(/not implemented/);
          return;
        }
        const [alone, wrapped] = [variablesOf(SHAPES), variablesOf(SHAPES)];
        const [stock, wrapper] = [make(0.05), new OptimWrapper(make(0.05), {params: alone})];
        train(stock, alone, 0, 4);
        const weights = await stock.getWeights();
        await wrapper.setWeights(weights);
        expect(wrapper.iterations).toBe(4);
        expect((await wrapper.getWeights()).map(weight => weight.name).sort()).toEqual(
          weights.map(weight => weight.name).sort(),
        );
        wrapper.paramLists = [alone];
        tf.tidy(() => {
          wrapped.forEach((variable, i) => variable.assign(present(alone[i]).clone()));
        });
        train(stock, alone, 4, 8);
        const expected = await valuesOf(alone);
        tf.tidy(() => {
          alone.forEach((variable, i) => variable.assign(present(wrapped[i]).clone()));
        });
        train(wrapper, alone, 4, 8);
        expect(await valuesOf(alone)).toEqual(expected);
      });

      it(`goes on bit for bit with ${name} in a model that is saved and loaded twice`, async () => {
        const model = tf.sequential({
          layers: [
            tf.layers.dense({units: 3, inputShape: [2], activation: 'tanh', name: 'body'}),
            tf.layers.dense({units: 1, name: 'head'}),
          ],
        });
        const [xs, ys] = [
          tf.tensor2d([
            [1, 2],
            [3, -1],
            [0, 1],
          ]),
          tf.tensor2d([[1], [0], [2]]),
        ];
        const fit = (of: tf.LayersModel, epochs: number) => of.fit(xs, ys, {...FIT, epochs});
        model.compile({optimizer: new OptimWrapper(make(0.05)), loss: 'meanSquaredError'});
        await fit(model, 3);
        optimizerOf(model).setHyper('lr', 0.03);
        await fit(model, 1);
        const once = await reloaded(model);
        const twice = await reloaded(once);
        await fit(model, 3);
        await fit(twice, 3);
        const values = await valuesOf(twice.getWeights());
        expect(values).toEqual(await valuesOf(model.getWeights()));
        expect(optimizerOf(twice).hypers.map(values => ({...values}))).toEqual(
          optimizerOf(model).hypers.map(values => ({...values})),
        );
        expect(optimizerOf(twice)).toBeInstanceOf(OptimWrapper);
      });
    }

    it('saves what only its own configuration has: one optimizer per group, step counts, callbacks', async () => {
      const variables = variablesOf(SHAPES, 'of_groups');
      const settings = {
        params: [variables.slice(0, 1), variables.slice(1)],
        callbacks: [weightDecay],
        wd: [0.1, 0],
      } as const;
      const wrapper = new OptimWrapper(
        [tf.train.adamax(0.1, 0.9, 0.99, 1e-7, 0.1), tf.train.adamax(0.02, 0.8, 0.99, 1e-7, 0.1)],
        settings,
      );
      wrapper.freeze();
      train(wrapper, variables, 0, 3);
      wrapper.unfreeze();
      wrapper.setHyper('mom', [0.7, 0.6]);
      train(wrapper, variables, 3, 5, [2]);
      expect(
        await Promise.all(variables.map(async variable => (await stateOf(wrapper, variable))['wrappedSteps'])),
      ).toEqual([2, 5, 3]);
      const dict = wrapper.stateDict();
      const copy = new OptimWrapper([tf.train.adamax(1), tf.train.adamax(1)], {
        params: settings.params,
        callbacks: [weightDecay],
      });
      copy.loadStateDict(dict);
      const before = variables.map(variable => variable.clone());
      train(wrapper, variables, 5, 8);
      const expected = await valuesOf(variables);
      variables.forEach((variable, i) => variable.assign(present(before[i])));
      train(copy, variables, 5, 8);
      expect(await valuesOf(variables)).toEqual(expected);
    });

    it('trains like adam: L2 in the loss is decoupleWd: false, and weightDecay before it is wd', async () => {
      const target = tf.tensor1d([0.5, -1, 2]);
      const runs: ReadonlyArray<readonly [string, number, (params: tf.Variable[]) => tf.Optimizer]> = [
        ['L2', 0, params => adam(0.05, {params, mom: 0.9, sqrMom: 0.999, eps: 1e-7, wd: 0.1, decoupleWd: false})],
        ['L2 in the loss', 0.1, params => new OptimWrapper(tf.train.adam(0.05, 0.9, 0.999, 1e-7), {params})],
        ['decay', 0, params => adam(0.05, {params, mom: 0.9, sqrMom: 0.999, eps: 1e-7, wd: 0.1})],
        [
          'weightDecay',
          0,
          params =>
            new OptimWrapper(tf.train.adam(0.05, 0.9, 0.999, 1e-7), {params, callbacks: [weightDecay], wd: 0.1}),
        ],
        ['Lookahead over sgd', 0, params => lookahead(sgd(0.05, {params, mom: 0.9}), {k: 3})],
        [
          'Lookahead over a wrapper',
          0,
          params => lookahead(new OptimWrapper(tf.train.momentum(0.05, 0.9), {params}), {k: 3}),
        ],
      ];
      const results = await Promise.all(
        runs.map(async ([, l2, make]) => {
          const [weights] = variablesOf([[3]]);
          if (weights === undefined) throw new Error('There is no variable.');
          const optimizer = make([weights]);
          for (let step = 0; step < 20; step++)
            optimizer.minimize(
              () =>
                weights
                  .sub(target)
                  .square()
                  .sum()
                  .add(
                    weights
                      .square()
                      .sum()
                      .mul(l2 / 2),
                  )
                  .asScalar(),
              false,
              [weights],
            );
          return [...(await weights.data())];
        }),
      );
      for (const [i, j] of [
        [0, 1],
        [2, 3],
        [4, 5],
      ] as const)
        expectClose(present(results[j]), present(results[i]), 5e-6, runs[j]?.[0]);
    });

    it('follows scheduled hypers and the other ways to set them', () => {
      const ways: ReadonlyArray<(wrapper: OptimWrapper, lr: number) => void> = [
        (wrapper, lr) => {
          wrapper.setLearningRate(lr);
        },
        (wrapper, lr) => {
          wrapper.learningRate = lr;
        },
        (wrapper, lr) => {
          for (const hypers of wrapper.hypers) hypers['lr'] = lr;
        },
        (wrapper, lr) => {
          wrapper.setSchedule({lr: constant(lr)}, {steps: 4});
        },
      ];
      for (const set of ways) {
        const variable = tf.variable(tf.scalar(1));
        const wrapper = new OptimWrapper(tf.train.sgd(0.5), {params: [variable]});
        set(wrapper, 0.25);
        wrapper.applyGradients({[variable.name]: tf.scalar(1)});
        expect(variable.dataSync()[0]).withContext(String(set)).toBe(0.75);
      }
    });

    it('trains one group where the other is frozen or forced', async () => {
      const variables = variablesOf(SHAPES);
      const [first, second, third] = variables;
      if (first === undefined || second === undefined || third === undefined)
        throw new Error('Variables are missing.');
      const wrapper = new OptimWrapper([tf.train.adam(0.1), tf.train.adam(0.1)], {params: [[first, second], [third]]});
      const initial = await valuesOf(variables);
      wrapper.freeze();
      wrapper.state.set(second, {forceTrain: true});
      train(wrapper, variables, 0, 2);
      const after = await valuesOf(variables);
      expect(after.map((values, i) => values.join() === initial[i]?.join())).toEqual([true, false, false]);
      expect(await stateOf(wrapper, first)).toEqual({});
    });

    it('steps by backward, step and zeroGrad', async () => {
      const variable = tf.variable(tf.scalar(1));
      const wrapper = new OptimWrapper(tf.train.sgd(0.25), {params: [variable]});
      wrapper.backward(() => variable.square().asScalar());
      wrapper.backward(() => variable.asScalar());
      wrapper.step();
      wrapper.zeroGrad();
      wrapper.step();
      expect(await valuesOf([variable])).toEqual([[0.25]]);
    });

    it('leaves everything as it was where the optimizer throws in the middle', async () => {
      const variables = variablesOf(SHAPES);
      const inner = tf.train.adam(0.1);
      const wrapper = new OptimWrapper(inner, {callbacks: [weightDecay], wd: 0.1, params: variables});
      train(wrapper, variables, 0, 2);
      const state = () => Promise.all(variables.map(variable => stateOf(wrapper, variable)));
      const [values, states] = [await valuesOf(variables), await state()];
      const apply = inner.applyGradients.bind(inner);
      const interrupted = spyOn(inner, 'applyGradients').and.callFake(gradients => {
        apply(Array.isArray(gradients) ? gradients.slice(0, 2) : gradients);
        throw new Error('interrupted');
      });
      await leakless(() => {
        expect(() => {
          tf.tidy(() => {
            train(wrapper, variables, 2, 3);
          });
        }).toThrowError('interrupted');
      });
      expect(await valuesOf(variables)).toEqual(values);
      expect(await state()).toEqual(states);
      interrupted.and.callThrough();
      train(wrapper, variables, 2, 3);
      expect(await valuesOf(variables)).not.toEqual(values);
    });

    it('keeps a Momentum that was made inside tf.tidy alive', async () => {
      const variable = tf.variable(tf.scalar(1));
      const early: tf.Optimizer[] = [];
      const wrapped: OptimWrapper[] = [];
      tf.tidy(() => {
        early.push(tf.train.momentum(0.5, 0.5));
      });
      tf.tidy(() => {
        wrapped.push(new OptimWrapper(tf.train.momentum(0.5, 0.5)), new OptimWrapper(early));
      });
      for (const wrapper of wrapped) {
        variable.assign(tf.scalar(1));
        for (let step = 0; step < 2; step++) wrapper.applyGradients({[variable.name]: tf.scalar(1)});
        expect(await valuesOf([variable])).toEqual([[1 - 0.5 - 0.75]]);
      }
    });

    it('does not let tfjs train the counters of the optimizer', () => {
      const before = trainable();
      const wrapper = new OptimWrapper(tf.train.adam(0.1));
      expect(trainable()).toEqual(before);
      wrapper.dispose();
    });
  },
  TRAINABLE_QUICKLY,
);

function trainable(): string[] {
  return Object.values(tf.engine().registeredVariables)
    .filter(variable => variable.trainable)
    .map(variable => variable.name);
}

async function reloaded(model: tf.LayersModel): Promise<tf.LayersModel> {
  const saved: tf.io.ModelArtifacts[] = [];
  await model.save(
    tf.io.withSaveHandler(artifacts => {
      saved.push(artifacts);
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}});
    }),
    {includeOptimizer: true},
  );
  const [artifacts] = saved;
  if (artifacts === undefined) throw new Error('Nothing was saved.');
  return tf.loadLayersModel(tf.io.fromMemory(artifacts));
}

class NoneOfTrain extends tf.Optimizer {
  static readonly className = 'NoneOfTrain';

  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }

  override applyGradients(): void {
    this.incrementIterations();
  }
}

function isConfig(x: unknown): x is tf.serialization.ConfigDict {
  return typeof x === 'object' && x !== null;
}

describeBackends(
  'OptimWrapper',
  () => {
    const stock = () => tf.train.sgd(0.1);
    const trained = () => {
      const optimizer = tf.train.sgd(0.1);
      optimizer.applyGradients([]);
      return optimizer;
    };
    const variables = () => variablesOf(SHAPES);
    const wrong: ReadonlyArray<readonly [string, () => unknown, RegExp]> = [
      ['one of tfjs-optim', () => new OptimWrapper(sgd(0.1)), /TfjsOptimSGD of tfjs-optim needs no wrapper/],
      [
        'an optimizer that is not one of tf.train',
        () => new OptimWrapper(new NoneOfTrain()),
        /takes the optimizers of tf\.train \(SGD, Momentum/,
      ],
      [
        'an optimizer that has made steps',
        () => new OptimWrapper(trained()),
        /SGD optimizer has made 1 steps.*setWeights\(await optimizer\.getWeights\(\)\)/,
      ],
      ['no optimizer', () => new OptimWrapper([]), /one optimizer per parameter group; got 0 for 1 group/],
      [
        'two optimizers without groups',
        () => new OptimWrapper([stock(), stock()]),
        /got 2 for 1 group\. Give the groups as lists in `params`/,
      ],
      [
        'one optimizer for two groups',
        () =>
          new OptimWrapper(stock(), {
            params: variables()
              .slice(1)
              .map(variable => [variable]),
          }),
        /got 1 for 2 groups/,
      ],
      [
        'one optimizer twice',
        () => {
          const one = stock();
          return new OptimWrapper([one, one], {
            params: variables()
              .slice(1)
              .map(variable => [variable]),
          });
        },
        /same optimizer was given for two/,
      ],
      [
        'optimizers of two classes',
        () =>
          new OptimWrapper([stock(), tf.train.adam()], {
            params: variables()
              .slice(1)
              .map(variable => [variable]),
          }),
        /of one class.*SGD, Adam/,
      ],
      [
        'two hypers of one name',
        () => new OptimWrapper(tf.train.adam(), {hpMap: {beta2: 'mom'}}),
        /'beta1' and 'beta2' are both called 'mom'/,
      ],
      [
        'a hyper with an impossible name',
        () => new OptimWrapper(tf.train.adam(), {hpMap: {beta2: 'sqr_mom'}}),
        /'sqr_mom' can't name an entry of hypers/,
      ],
      [
        'an unknown hyper',
        () => {
          new OptimWrapper(tf.train.adam()).setHyper('beta1', 0.5);
        },
        /no callback.*'beta1'.*'mom' here\. Known: lr, mom, sqrMom, eps/i,
      ],
      [
        'a hyper with an impossible value',
        () => {
          new OptimWrapper(tf.train.adam()).setHyper('mom', 1);
        },
        /'mom' must be in \[0, 1\); got 1/,
      ],
      [
        'state of another optimizer',
        () => {
          new OptimWrapper(stock()).loadStateDict(new OptimWrapper(tf.train.adam()).stateDict());
        },
        /has the hypers/,
      ],
      [
        'a step after dispose',
        () => {
          const wrapper = new OptimWrapper(stock());
          wrapper.dispose();
          wrapper.step();
        },
        /it is disposed/,
      ],
    ];
    for (const [what, act, message] of wrong)
      it(`refuses ${what}`, () => {
        expect(act).toThrowError(message);
      });

    it('refuses saved classes that are not optimizers, or too few, and disposes the optimizers that it made', () => {
      const [first, second] = variables().slice(1);
      const two = new OptimWrapper([stock(), stock()], {params: [[present(first)], [present(second)]]});
      const config = JSON.stringify(two.getConfig());
      const load = (from: RegExp, to: string) => () => {
        const changed: unknown = JSON.parse(config.replace(from, to));
        if (!isConfig(changed)) throw new Error('A configuration is an object.');
        return OptimWrapper.fromConfig(OptimWrapper, changed);
      };
      const disposed = spyOn(tf.SGDOptimizer.prototype, 'dispose').and.callThrough();
      expect(load(/,\{"className":"SGD"[^}]*\}\}\]/, ']')).toThrowError(
        'Group 1 has no optimizer; OptimWrapper has 1, one per group.',
      );
      expect(disposed).toHaveBeenCalledTimes(1);
      expect(load(/(\},\{"className":")SGD/, '$1GlorotUniform')).toThrowError(
        "The saved class 'GlorotUniform' must be the class of an optimizer.",
      );
      expect(disposed).toHaveBeenCalledTimes(2);
      two.dispose();
    });

    it('refuses state of another shape than that of its variable', () => {
      const [first] = variables();
      const wrapper = new OptimWrapper(tf.train.rmsprop(0.1, 0.9, 0, 1e-7, true), {params: [present(first)]});
      expect(() => {
        wrapper.state.set(present(first), {mg: tf.zeros([9])});
        train(wrapper, [present(first)], 0, 1);
      }).toThrowError(/[Tt]he state 'mg' of '.*' .*\[2,3\]/);
    });

    it('names the version of tfjs-core whose optimizers lack what it uses', () => {
      const bare = tf.train.adam(0.1);
      Reflect.set(bare, 'accBeta1', undefined);
      expect(() => new OptimWrapper(bare)).toThrowError(
        "The Adam optimizer has no variable 'accBeta1'; this version of tfjs-core is not supported.",
      );
    });

    it('refuses weights of another optimizer', async () => {
      const wrapper = new OptimWrapper(tf.train.adagrad(0.1));
      train(wrapper, variables(), 0, 1);
      await expectAsync(
        new OptimWrapper(tf.train.adam()).setWeights(await wrapper.getWeights()),
      ).toBeRejectedWithError(/accumulator' is not state of this optimizer, which has m, v/);
    });

    it('disposes the optimizers that it wraps', async () => {
      await leakless(() => {
        new OptimWrapper(tf.train.adamax(0.1)).dispose();
        new OptimWrapper(tf.train.sgd(0.1)).dispose();
      });
    });

    it('renames hypers by `hpMap`', () => {
      const values: Record<string, HyperValue> = {
        ...new OptimWrapper(tf.train.adamax(0.1, 0.9, 0.99, 1e-7, 0.5), {hpMap: {decay: 'lrDecay'}}).hypers[0],
      };
      expect(values).toEqual({lr: 0.1, mom: 0.9, sqrMom: 0.99, eps: 1e-7, lrDecay: 0.5});
    });
  },
  ['cpu'],
);
