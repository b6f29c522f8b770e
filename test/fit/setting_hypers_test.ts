import {
  accumulate,
  adam,
  type AnyFitCallback,
  checkpoint,
  cos,
  fitCallbacks,
  fitOneCycle,
  lin,
  loadOptimizer,
  lookahead,
  lrFind,
  oneCycle,
  type Optimizer,
  optimizerOf,
  OptimWrapper,
  paramScheduler,
  record,
  reduceLROnPlateau,
  saveOptimizer,
  setItemPg,
  sgd,
} from '../../src';
import {bitsOf, snapshot} from '../support/bits';
import {expectClose} from '../support/close';
import {memoryHandler} from '../support/memory_handler';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {recordSteps, samples, tinyFit} from './support/model';

type Layers = tf.layers.Layer[];

const paramsOf = (layers: Layers) => ({params: layers.map(layer => [layer])});

/** Optimizers with momentum and one group per layer. */
const OPTIMIZERS: Readonly<Record<string, (layers: Layers) => Optimizer>> = {
  'an optimizer': layers => adam(0.3, {mom: 0.5, wd: 0, ...paramsOf(layers)}),
  'an OptimWrapper': layers =>
    new OptimWrapper(
      layers.map(() => tf.train.adam(0.3, 0.5)),
      paramsOf(layers),
    ),
  Lookahead: layers => lookahead(adam(0.3, {mom: 0.5, wd: 0, ...paramsOf(layers)})),
  'Lookahead over an OptimWrapper': layers =>
    lookahead(
      new OptimWrapper(
        layers.map(() => tf.train.adam(0.3, 0.5)),
        paramsOf(layers),
      ),
    ),
};

/** Every way to set the rates of all groups. */
const WAYS: Readonly<Record<string, (optimizer: Optimizer, lr: number) => void>> = {
  setHyper: (optimizer, lr) => {
    optimizer.setHyper('lr', lr);
  },
  'setHyper of a list': (optimizer, lr) => {
    optimizer.setHyper(
      'lr',
      optimizer.hypers.map(() => lr),
    );
  },
  setHypers: (optimizer, lr) => {
    optimizer.setHypers({lr, eps: 1e-5});
  },
  hypers: (optimizer, lr) => {
    for (const hypers of optimizer.hypers) hypers['lr'] = lr;
  },
  'Object.assign to hypers': (optimizer, lr) => {
    for (const hypers of optimizer.hypers) Object.assign(hypers, {lr});
  },
  learningRate: (optimizer, lr) => {
    optimizer.learningRate = lr;
  },
  setLearningRate: (optimizer, lr) => {
    optimizer.setLearningRate(lr);
  },
  allParams: (optimizer, lr) => {
    for (const {hypers} of optimizer.allParams()) hypers['lr'] = lr;
  },
  paramGroups: (optimizer, lr) => {
    for (const group of optimizer.paramGroups) group['lr'] = lr;
  },
  setItemPg: (optimizer, lr) => {
    for (const group of optimizer.paramGroups) setItemPg(group, 'lr', lr);
  },
};

interface Fitted {
  readonly model: tf.LayersModel;
  readonly optimizer: Optimizer;
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
  readonly dispose: () => void;
}

const SCHEDULES = {lr: lin(0.8, 0), mom: lin(0.9, 0.1)};
const BATCHES = {batchSize: 2, shuffle: false} as const;

function fitted(make: (layers: Layers) => Optimizer, units: readonly number[] = [1]): Fitted {
  return tinyFit(
    make,
    units.map((n, i) => tf.layers.dense({units: n, kernelInitializer: 'ones', ...(i === 0 ? {inputShape: [2]} : {})})),
  );
}

async function step({model, x, y}: Fitted): Promise<void> {
  await model.trainOnBatch(x, y);
}

const hypersOf = (optimizer: Optimizer, name = 'lr') => optimizer.hypers.map(hypers => Number(hypers[name]));

async function reloaded({model, x, y}: Fitted): Promise<Fitted> {
  const place = memoryHandler();
  await model.save(place, {includeOptimizer: true});
  const again = await tf.loadLayersModel(place);
  const optimizer = optimizerOf(again);
  // Without it there are no parameters before the next step.
  const weights = again.layers.flatMap(layer => layer.trainableWeights.map(weight => weight.read()));
  optimizer.attach(weights.filter(weight => weight instanceof tf.Variable));
  return {
    model: again,
    optimizer,
    x,
    y,
    dispose: () => {
      optimizer.dispose();
      again.dispose();
    },
  };
}

/**
 * Four steps along the schedules, after two of which `act` acts. Resolves to what took the last two, with `lr` and
 * `mom` of these.
 */
type Place = (
  given: Fitted,
  act: (optimizer: Optimizer) => void,
) => Promise<{readonly last: Fitted; readonly rates: number[]; readonly moms: number[]}>;

async function lastTwo(last: Fitted): Promise<{last: Fitted; rates: number[]; moms: number[]}> {
  const [rates, moms]: [number[], number[]] = [[], []];
  for (let i = 0; i < 2; i++) {
    await step(last);
    rates.push(...hypersOf(last.optimizer));
    moms.push(...hypersOf(last.optimizer, 'mom'));
  }
  return {last, rates, moms};
}

const PLACES: Readonly<Record<string, Place>> = {
  'in a loop': async (given, act) => {
    given.optimizer.setSchedule(SCHEDULES, {steps: 4});
    await step(given);
    await step(given);
    act(given.optimizer);
    return lastTwo(given);
  },
  'in a fit': async (given, act) => {
    const {model, optimizer, x, y} = given;
    const inBatch = {
      onBatchEnd: (batch: number) => {
        if (batch === 1) act(optimizer);
      },
    };
    const {history} = await model.fit(x, y, {
      ...BATCHES,
      callbacks: fitCallbacks([record(), paramScheduler(SCHEDULES), inBatch]),
    });
    const column = (name: string) => present(history[name]).map(Number).slice(2);
    return {last: given, rates: column('lr'), moms: column('mom')};
  },
  'after loading': async (given, act) => {
    given.optimizer.setSchedule(SCHEDULES, {steps: 4});
    await step(given);
    await step(given);
    const again = await reloaded(given);
    act(again.optimizer);
    return lastTwo(again);
  },
  'in a state dict': async (given, act) => {
    given.optimizer.setSchedule(SCHEDULES, {steps: 4});
    await step(given);
    await step(given);
    const dict = given.optimizer.stateDict();
    given.optimizer.clearSchedule();
    given.optimizer.loadStateDict(dict);
    tf.dispose(dict.state.map(state => ({...state})));
    act(given.optimizer);
    return lastTwo(given);
  },
};

describe('Setting a scheduled hyper', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  for (const [name, make] of Object.entries(OPTIMIZERS)) {
    for (const [where, trained] of Object.entries(PLACES)) {
      it(`ends its schedule ${where}, for ${name}, in every way to set it`, async () => {
        for (const [way, set] of Object.entries(WAYS)) {
          const given = fitted(make);
          const {last, rates, moms} = await trained(given, optimizer => {
            set(optimizer, 0.25);
            expect(hypersOf(optimizer)).withContext(way).toEqual([0.25]);
          });
          expect(rates).withContext(way).toEqual([0.25, 0.25]);
          expectClose(moms, [0.5, 0.3], 1e-12, `${way}: the other hyper goes on`);
          expect(last.optimizer.schedule).withContext(way).toBeUndefined();
          // It never goes back. The other hyper goes back only after a fit; else it stays where its schedule ended.
          last.optimizer.clearSchedule();
          await step(last);
          expect(hypersOf(last.optimizer)).withContext(way).toEqual([0.25]);
          expectClose(hypersOf(last.optimizer, 'mom'), [where === 'in a fit' ? 0.5 : 0.3], 1e-12, way);
          if (last !== given) last.dispose();
          given.dispose();
        }
      });

      it(`leaves the schedules of other groups alone ${where}, for ${name}`, async () => {
        const given = fitted(make, [2, 1]);
        const {optimizer, x, y, model} = given;
        const seen: number[][] = [];
        const setFirst = (opt: Optimizer) => {
          present(opt.hypers[0])['lr'] = 0.25;
        };
        if (where === 'in a fit') {
          const inBatch = {
            onBatchEnd: (batch: number) => {
              seen.push(hypersOf(optimizer));
              if (batch === 1) setFirst(optimizer);
            },
          };
          await model.fit(x, y, {...BATCHES, callbacks: fitCallbacks([paramScheduler(SCHEDULES), inBatch])});
          expectClose(seen.slice(2).flat(), [0.25, 0.4, 0.25, 0.2], 1e-12);
          expect(hypersOf(optimizer)).toEqual([0.25, 0.3]);
        } else {
          const {last, rates} = await trained(given, opt => {
            setFirst(opt);
            expectClose(present(present(opt.schedule).at(0).lr), [0.25, 0.8], 1e-12);
          });
          expectClose(rates, [0.25, 0.4, 0.25, 0.2], 1e-12);
          if (last !== given) last.dispose();
        }
        given.dispose();
      });
    }

    it(`is saved, together with the schedules that go on: ${name}`, async () => {
      const given = fitted(make, [2, 1]);
      given.optimizer.setSchedule(SCHEDULES, {steps: 4});
      await step(given);
      present(given.optimizer.hypers[1])['lr'] = 0.25;
      const again = await reloaded(given);
      for (const trained of [given, again]) {
        await step(trained);
        expectClose(hypersOf(trained.optimizer), [0.6, 0.25], 1e-12);
        trained.optimizer.clearSchedule();
        expect(hypersOf(trained.optimizer)).toEqual([0.3, 0.25]);
        present(trained.optimizer.hypers[0])['lr'] = 0.1;
      }
      again.dispose();
      given.dispose();
    });
  }

  it('is noticed where the wrapped optimizer itself is written to', async () => {
    for (const when of ['before the first step', 'in the middle'] as const) {
      const inner = tf.train.adam(0.3, 0.5);
      const given = fitted(layers => new OptimWrapper(inner, {params: layers}));
      const {optimizer} = given;
      optimizer.setSchedule(SCHEDULES, {steps: 4});
      if (when === 'in the middle') await step(given);
      setItemPg(inner, 'learningRate', 0.25);
      await step(given);
      expect(hypersOf(optimizer)).withContext(when).toEqual([0.25]);
      expect(Object.keys(present(optimizer.schedule).at(0)))
        .withContext(when)
        .toEqual(['mom']);
      optimizer.clearSchedule();
      expect(hypersOf(optimizer)).withContext(when).toEqual([0.25]);
      expect(hypersOf(optimizer, 'mom')).withContext(when).toEqual([0.5]);
      given.dispose();
    }
  });

  it('counts also with the value that it has already, but not on an optimizer that Lookahead took over', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)));
    given.optimizer.setSchedule({lr: lin(0.8, 0)}, {steps: 4});
    await step(given);
    const before = given.optimizer.hypers;
    const outer = lookahead(given.optimizer);
    const taken = {...given, optimizer: outer};
    given.model.compile({optimizer: outer, loss: 'meanSquaredError'});
    for (const hypers of before)
      expect(() => {
        hypers['lr'] = 0.8;
      }).toThrowError(/part of a TfjsOptimLookahead now/);
    expect(outer.schedule).toBeDefined();
    for (const hypers of outer.hypers) hypers['lr'] = outer.learningRate;
    const now = outer.learningRate;
    await step(taken);
    expect(hypersOf(outer)).toEqual([now]);
    expect(outer.schedule).toBeUndefined();
    outer.dispose();
    given.dispose();
  });

  it('ends no schedule where it fails', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)));
    const {optimizer} = given;
    optimizer.setSchedule({lr: lin(0.8, 0)}, {steps: 4});
    await step(given);
    expect(() => {
      optimizer.setHypers({lr: 0.1, rate: 1});
    }).toThrowError(/hyper 'rate'/);
    expect(() => {
      optimizer.learningRate = -1;
    }).toThrowError(/must be a number from 0/);
    expect(() => {
      present(optimizer.hypers[0])['lr'] = NaN;
    }).toThrowError(/finite/);
    expect(() => {
      present(optimizer.paramGroups[0])['lrr'] = 1;
    }).toThrowError(/hyper 'lrr'/);
    await step(given);
    expectClose(hypersOf(optimizer), [0.6], 1e-12);
    given.dispose();
  });

  it('does not happen in a step that throws: hypers and schedule are as before it', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)));
    const {optimizer, model} = given;
    optimizer.setSchedule({lr: lin(0.8, 0)}, {steps: 4});
    await step(given);
    const config = JSON.stringify(optimizer.getConfig());
    const [kernel] = present(optimizer.paramLists[0]);
    expect(() => {
      optimizer.applyGradients([{name: present(kernel).name, tensor: tf.ones([7])}]);
    }).toThrowError();
    expect(JSON.stringify(optimizer.getConfig())).toBe(config);
    await step(given);
    expectClose(hypersOf(optimizer), [0.6], 1e-12);
    expect(model.stopTraining).not.toBeTrue();
    given.dispose();
  });

  it('ends a schedule in the middle of an accumulated step too, because schedules count calls', async () => {
    const given = fitted(layers => sgd(0.3, {...paramsOf(layers), callbacks: accumulate(2)}));
    given.optimizer.setSchedule({lr: lin(0.8, 0)}, {steps: 4});
    for (const wanted of [0.8, 0.6, 0.4]) {
      await step(given);
      expectClose(hypersOf(given.optimizer), [wanted], 1e-12);
    }
    given.optimizer.learningRate = 0.1;
    await step(given);
    expect(hypersOf(given.optimizer)).toEqual([0.1]);
    given.dispose();
  });
});

describe('What a fit moves', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const four = {...BATCHES, epochs: 4} as const;

  it('goes back however training ends, except hypers that were set in it and those with keep: true', async () => {
    const ends: Readonly<Record<string, (model: tf.LayersModel) => void>> = {
      completes: () => undefined,
      'is stopped': model => {
        model.stopTraining = true;
      },
      throws: () => {
        throw new Error('out of data');
      },
    };
    for (const [end, act] of Object.entries(ends)) {
      const given = fitted(layers => adam(0.3, {mom: 0.5, eps: 0.1, ...paramsOf(layers)}));
      const {model, optimizer, x, y} = given;
      const callbacks = fitCallbacks([
        paramScheduler({lr: lin(0.8, 0), wd: lin(0.4, 0)}),
        paramScheduler({mom: lin(0.8, 0)}, {keep: true}),
        paramScheduler({eps: lin(1, 0.5)}),
        {
          onBatchEnd: batch => {
            if (batch === 2) optimizer.setHyper('wd', 0.07);
            if (batch === 3) act(model);
          },
        },
      ]);
      const trained = model.fit(x, y, {...BATCHES, epochs: 2, callbacks});
      if (end === 'throws') await expectAsync(trained).toBeRejectedWithError(/out of data/);
      else await trained;
      const mom = end === 'completes' ? 0.1 : 0.5;
      expectClose(
        ['lr', 'wd', 'eps', 'mom'].map(name => Number(optimizer.hypers[0]?.[name])),
        [0.3, 0.07, 0.1, mom],
        1e-12,
        end,
      );
      expect(optimizer.schedule).withContext(end).toBeUndefined();
      optimizer.clearSchedule();
      expect(optimizer.learningRate).toBe(0.3);
      given.dispose();
    }
  });

  it('is recorded as the steps used it, including the last one', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)));
    const steps = recordSteps(given.optimizer);
    const {history} = await given.model.fit(given.x, given.y, {
      ...BATCHES,
      callbacks: [record({hypers: ['lr']}), paramScheduler({lr: lin(0.8, 0)})],
    });
    expectClose(present(history['lr']).map(Number), [0.8, 0.6, 0.4, 0.2], 1e-12);
    expect(steps.flat()).toEqual(present(history['lr']).map(Number));
    given.dispose();
  });

  it('leaves a schedule alone that the user sets in the middle', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)));
    const {optimizer, model, x, y} = given;
    const swap = {
      onBatchEnd: (batch: number) => {
        if (batch === 1) optimizer.setSchedule({lr: lin(0.1, 0)}, {steps: 4});
      },
    };
    await model.fit(x, y, {...BATCHES, callbacks: fitCallbacks([oneCycle(), swap])});
    expect(optimizer.schedule?.step).toBe(2);
    await step(given);
    expectClose(hypersOf(optimizer), [0.05], 1e-12);
    optimizer.clearSchedule();
    expect(hypersOf(optimizer)).toEqual([0.3]);
    given.dispose();
  });

  it('goes back at the end of the fit also where a state dict from its middle was loaded in it', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)));
    const {optimizer, model, x, y} = given;
    let dict = optimizer.stateDict();
    const rates: number[] = [];
    const rewind = {
      onBatchEnd: (batch: number) => {
        rates.push(optimizer.learningRate);
        if (batch === 0) dict = optimizer.stateDict();
        if (batch === 2) optimizer.loadStateDict(dict);
      },
    };
    await model.fit(x, y, {...BATCHES, callbacks: fitCallbacks([paramScheduler({lr: lin(0.8, 0)}), rewind])});
    expectClose(rates, [0.8, 0.6, 0.4, 0.6], 1e-12);
    expect(hypersOf(optimizer)).toEqual([0.3]);
    expect(optimizer.schedule).toBeUndefined();
    given.dispose();
  });

  const saveIn = async (model: tf.LayersModel, place: tf.io.IOHandler) => {
    await model.save(place, {includeOptimizer: true});
  };
  /** Keeps only the n-th model that is saved. */
  const onlySave = (n: number, place: ReturnType<typeof memoryHandler>): tf.io.IOHandler => {
    let saves = 0;
    return {
      save: artifacts => present(++saves === n ? place.save : memoryHandler().save)(artifacts),
    };
  };
  /** Ways to save at the end of a fit. Each saves in a hook of its own. */
  type Saving = (place: ReturnType<typeof memoryHandler>, given: Fitted) => AnyFitCallback;
  const SAVINGS: Readonly<Record<string, Saving>> = {
    'checkpoint after each epoch': place => checkpoint(place),
    'checkpoint after the last batch': place =>
      // Three epochs end before the last batch.
      checkpoint(onlySave(4, place), {everyBatches: 16}),
    'model.save in onEpochEnd': (place, {model}) => ({onEpochEnd: () => saveIn(model, place)}),
    'model.save in onBatchEnd': (place, {model}) => ({onBatchEnd: () => saveIn(model, place)}),
    'model.save in onTrainEnd': (place, {model}) => ({onTrainEnd: () => saveIn(model, place)}),
  };
  const MOVERS: Readonly<Record<string, () => AnyFitCallback>> = {
    'one-cycle': () => oneCycle({lrMax: 0.1}),
    reduceLROnPlateau: () => reduceLROnPlateau({monitor: 'loss', mode: 'max', patience: 1, factor: 0.5}),
  };
  for (const [mover, move] of Object.entries(MOVERS)) {
    for (const [saving, save] of Object.entries(SAVINGS)) {
      for (const [name, make] of Object.entries(OPTIMIZERS)) {
        it(`is not saved by ${saving} after the last step, so A, load, B is A + B: ${mover}, ${name}`, async () => {
          for (const first of [true, false]) {
            const whole = fitted(make);
            const place = memoryHandler();
            const callbacks = [move(), save(place, whole)];
            await whole.model.fit(whole.x, whole.y, {
              ...four,
              callbacks: fitCallbacks(first ? callbacks : callbacks.reverse()),
            });
            expect(hypersOf(whole.optimizer)).toEqual([0.3]);
            const again = await tf.loadLayersModel(place);
            expect(optimizerOf(again).schedule).toBeUndefined();
            expect(hypersOf(optimizerOf(again))).toEqual([0.3]);
            const rates = [];
            for (const model of [whole.model, again])
              rates.push(
                (await model.fit(whole.x, whole.y, {...four, callbacks: record({hypers: ['lr', 'mom']})})).history,
              );
            expect(rates[1]).toEqual(present(rates[0]));
            expect(await bitsOf(again.getWeights())).toEqual(await bitsOf(whole.model.getWeights()));
            expect(await snapshot(optimizerOf(again))).toEqual(await snapshot(whole.optimizer));
            optimizerOf(again).dispose();
            again.dispose();
            whole.dispose();
          }
        });
      }
    }
  }

  it('is not in what saveOptimizer and stateDict give after the last step, and is kept with keep', async () => {
    for (const keep of [false, true]) {
      const given = fitted(layers => sgd(0.3, paramsOf(layers)));
      const {model, optimizer, x, y} = given;
      const place = memoryHandler();
      let inDict: unknown[] = [];
      await model.fit(x, y, {
        ...BATCHES,
        callbacks: fitCallbacks([
          paramScheduler({lr: lin(0.8, 0)}, {keep}),
          {
            onEpochEnd: async () => {
              await saveOptimizer(optimizer, place);
              const {hypers, schedule} = optimizer.stateDict();
              inDict = [hypers.map(({lr}) => lr), schedule];
            },
          },
        ]),
      });
      const again = await loadOptimizer(place, {params: optimizer.paramLists});
      const wanted = keep ? 0.8 * 0.25 : 0.3;
      expectClose([...hypersOf(again), ...hypersOf(optimizer)], [wanted, wanted], 1e-12);
      expect(inDict).toEqual([[hypersOf(again)[0]], undefined]);
      again.dispose();
      given.dispose();
    }
  });

  it('goes on from the middle without a scheduler, and goes back after its last step', async () => {
    for (const keep of [false, true]) {
      const given = fitted(layers => sgd(0.3, paramsOf(layers)));
      const place = memoryHandler();
      const stop = {
        onEpochEnd: (epoch: number) => {
          if (epoch === 1) given.model.stopTraining = true;
        },
      };
      await given.model.fit(given.x, given.y, {
        ...four,
        callbacks: fitCallbacks([paramScheduler({lr: lin(0.8, 0)}, {keep}), checkpoint(place), stop]),
      });
      const again = await tf.loadLayersModel(place);
      expect(optimizerOf(again).schedule?.step).toBe(8);
      const rates = present(
        present(
          (await again.fit(given.x, given.y, {...BATCHES, epochs: 3, callbacks: record({hypers: ['lr']})})).history[
            'lr'
          ],
        ).map(Number),
      );
      const after = keep ? 0.05 : 0.3;
      expectClose(
        rates,
        [...[8, 9, 10, 11, 12, 13, 14, 15].map(i => 0.8 * (1 - i / 16)), after, after, after, after],
        1e-12,
      );
      optimizerOf(again).dispose();
      again.dispose();
      given.dispose();
    }
  });

  it('goes back also where the first step after it throws, and only once', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)));
    const {optimizer} = given;
    await step(given);
    const hypers = [
      {name: 'lr', schedule: {kind: 'lin', start: [0.8], end: [0]}, before: [0.2], keep: false},
    ] as const;
    optimizer.loadStateDict({...optimizer.stateDict(), schedule: {steps: 2, step: 1, hypers}});
    await step(given);
    expectClose(hypersOf(optimizer), [0.4], 1e-12);
    const [kernel] = present(optimizer.paramLists[0]);
    expect(() => {
      optimizer.applyGradients([{name: present(kernel).name, tensor: tf.ones([7])}]);
    }).toThrowError();
    expectClose(hypersOf(optimizer), [0.4], 1e-12);
    await step(given);
    expect(hypersOf(optimizer)).toEqual([0.2]);
    optimizer.learningRate = 0.7;
    await step(given);
    expect(hypersOf(optimizer)).toEqual([0.7]);
    given.dispose();
  });

  it('goes back on loading where an earlier version of the package saved it after its last step', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)));
    const {optimizer} = given;
    await step(given);
    const place = memoryHandler();
    await saveOptimizer(optimizer, place);
    const schedule = {
      steps: 4,
      step: 4,
      hypers: [{name: 'lr', before: [0.2], schedule: {name: 'lin', start: [0.8], end: [0]}}],
    };
    const modelTopology = {className: optimizer.getClassName(), config: {...optimizer.getConfig(), schedule}};
    const again = await loadOptimizer(tf.io.fromMemory({...place.artifacts(), modelTopology}), {
      params: optimizer.paramLists,
    });
    expect(hypersOf(again)).toEqual([0.2]);
    expect(again.schedule).toBeUndefined();
    again.dispose();
    given.dispose();
  });
});

describe('reduceLROnPlateau', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  const halving = (keep = false) => reduceLROnPlateau({monitor: 'loss', mode: 'max', patience: 1, factor: 0.5, keep});
  const common = {batchSize: 8, epochs: 4} as const;

  it('ends a schedule of lr, goes back to what was there before, and leaves other schedules alone', async () => {
    const given = fitted(layers => sgd(0.3, {mom: 0.9, ...paramsOf(layers)}));
    const {model, optimizer, x, y} = given;
    optimizer.setSchedule({lr: lin(0.8, 0), mom: lin(0.8, 0)}, {steps: 8});
    const {history} = await model.fit(x, y, {
      ...common,
      callbacks: fitCallbacks([record({hypers: ['lr', 'mom']}), halving()]),
    });
    expectClose(present(history['lr']).map(Number), [0.8, 0.7, 0.35, 0.175], 1e-12);
    expectClose(present(history['mom']).map(Number), [0.8, 0.7, 0.6, 0.5], 1e-12);
    expectClose(hypersOf(optimizer), [0.7], 1e-12);
    expect(optimizer.schedule?.step).toBe(4);
    given.dispose();
  });

  it('leaves a rate that was set in the middle, reduces it from there, and goes back to it', async () => {
    for (const [keep, end] of [
      [false, 0.8],
      [true, 0.4],
    ] as const) {
      const given = fitted(layers => sgd(0.4, paramsOf(layers)));
      const {model, optimizer, x, y} = given;
      const set = {
        onEpochBegin: (epoch: number) => {
          if (epoch === 3) optimizer.learningRate = 0.8;
        },
      };
      const {history} = await model.fit(x, y, {
        ...common,
        epochs: 5,
        callbacks: fitCallbacks([set, record({hypers: ['lr']}), halving(keep)]),
      });
      expectClose(present(history['lr']).map(Number), [0.4, 0.4, 0.2, 0.8, 0.4], 1e-12);
      expectClose(hypersOf(optimizer), [keep ? 0.2 : end], 1e-12);
      given.dispose();
    }
    const last = fitted(layers => sgd(0.4, paramsOf(layers)));
    const atEnd = {
      onEpochEnd: (epoch: number) => {
        if (epoch === 3) last.optimizer.learningRate = 0.8;
      },
    };
    await last.model.fit(last.x, last.y, {...common, callbacks: fitCallbacks([halving(), atEnd])});
    expect(hypersOf(last.optimizer)).toEqual([0.8]);
    last.dispose();
  });

  it('saves the reduced rate in the middle, and goes back where training is stopped or throws', async () => {
    for (const end of ['is stopped', 'throws']) {
      const given = fitted(layers => sgd(0.4, paramsOf(layers)));
      const {model, optimizer, x, y} = given;
      const place = memoryHandler();
      const stop = {
        onEpochEnd: (epoch: number) => {
          if (epoch < 2) return;
          if (end === 'throws') throw new Error('out of data');
          model.stopTraining = true;
        },
      };
      const trained = model.fit(x, y, {...common, callbacks: fitCallbacks([halving(), checkpoint(place), stop])});
      if (end === 'throws') await expectAsync(trained).toBeRejectedWithError(/out of data/);
      else await trained;
      expect(hypersOf(optimizer)).withContext(end).toEqual([0.4]);
      const again = await tf.loadLayersModel(place);
      expect(hypersOf(optimizerOf(again)))
        .withContext(end)
        .toEqual([0.1]);
      optimizerOf(again).dispose();
      again.dispose();
      given.dispose();
    }
  });

  it('is back in what is saved after the last epoch of a dataset of unknown length', async () => {
    const given = fitted(layers => sgd(0.4, paramsOf(layers)));
    const {model, optimizer, x, y} = given;
    const place = memoryHandler();
    const unknown = (await samples(x, y)).batch(2).filter(() => true);
    await model.fitDataset(unknown, {epochs: 3, callbacks: [halving(), checkpoint(place)]});
    const again = await tf.loadLayersModel(place);
    expect([...hypersOf(optimizer), ...hypersOf(optimizerOf(again))]).toEqual([0.4, 0.4]);
    optimizerOf(again).dispose();
    again.dispose();
    given.dispose();
  });
});

describe('lrFind', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('leaves a schedule as it was, also of the groups that it does not reduce', async () => {
    const given = fitted(layers => sgd(0.3, paramsOf(layers)), [2, 1]);
    const {model, optimizer, x, y} = given;
    optimizer.setSchedule({lr: cos(0.8, 0.1)}, {steps: 6});
    await step(given);
    present(optimizer.hypers[1])['lr'] = 0.05;
    const before = JSON.stringify(optimizer.getConfig());
    await lrFind(model, x, y, {numIt: 12});
    expect(JSON.stringify(optimizer.getConfig())).toBe(before);
    await step(given);
    expectClose(hypersOf(optimizer), [0.1 + (0.7 * (1 + Math.cos(Math.PI / 6))) / 2, 0.05], 1e-12);
    await fitOneCycle(model, x, y, {epochs: 1, batchSize: 8});
    expectClose(hypersOf(optimizer), [0.3, 0.05], 1e-12);
    given.dispose();
  });
});
