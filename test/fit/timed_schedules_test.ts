import {
  adam,
  fitFlatCos,
  fitOneCycle,
  fitSgdr,
  flatCos,
  lin,
  loadOptimizer,
  lrFind,
  oneCycle,
  type Optimizer,
  optimizerOf,
  paramScheduler,
  partition,
  saveOptimizer,
  type SchedulerOptions,
  sgd,
  sgdr,
  terminateOnNaN,
  warmupCos,
  wsd,
} from '../../src';
import {expectClose} from '../support/close';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {recordSteps, tinyFit} from './support/model';
import {twoGroups} from './support/two_groups';

/** A clock that only moves where a test moves it. */
function stoppedClock() {
  let ms = 5000;
  spyOn(performance, 'now').and.callFake(() => ms);
  return {
    pass: (seconds: number) => {
      ms += 1000 * seconds;
    },
  };
}

/** An optimizer with two groups, whose steps take time on a stopped clock. */
const trained = <O extends Optimizer>(clock: ReturnType<typeof stoppedClock>, make: (params: tf.Variable[][]) => O) =>
  twoGroups(make, clock.pass);

/** Lets each step take some seconds. */
function takesTime(optimizer: Optimizer, pass: () => void): void {
  const apply = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = gradients => {
    apply(gradients);
    pass();
  };
}

/** Saves, through JSON, which shows values that JSON can't hold. */
async function savedInMemory(save: (to: tf.io.IOHandler) => Promise<unknown>): Promise<tf.io.ModelArtifacts> {
  const saved: tf.io.ModelArtifacts[] = [];
  await save(
    tf.io.withSaveHandler(artifacts => {
      const parsed: unknown = JSON.parse(JSON.stringify(artifacts.modelTopology));
      saved.push({...artifacts, modelTopology: typeof parsed === 'object' && parsed !== null ? parsed : {}});
      return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
    }),
  );
  return present(saved[0]);
}

const policies: ReadonlyArray<readonly [string, (options: SchedulerOptions) => ReturnType<typeof oneCycle>]> = [
  ['oneCycle', options => oneCycle(options)],
  ['flatCos', options => flatCos(options)],
  ['sgdr', options => sgdr({cycles: 2, ...options})],
  ['warmupCos', options => warmupCos(options)],
  ['wsd', options => wsd({pctStart: 0.25, pctDecay: 0.5, ...options})],
  ['paramScheduler', options => paramScheduler({lr: lin(0.8, [0.4, 0.2])}, options)],
];

describe('A schedule by time', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('takes the position of a step from the time spent before it, and stays at its end', () => {
    const clock = stoppedClock();
    const {optimizer, step, dispose} = trained(clock, params => sgd(0.5, {params}));
    optimizer.setSchedule({lr: lin([0.4, 0.8], 0)}, {seconds: 4});
    // The clock starts with the first step.
    clock.pass(100);
    expectClose([step(1), step(2)].flat(), [0.4, 0.8, 0.3, 0.6], 1e-12);
    const {steps, step: made, seconds, spent, position} = present(optimizer.schedule);
    expect({steps, made, seconds, spent, position}).toEqual({
      steps: undefined,
      made: undefined,
      seconds: 4,
      spent: 1,
      position: 0.25,
    });
    expectClose(step(5), [0.1, 0.2], 1e-12);
    expect(step()).toEqual([0, 0]);
    expect(optimizer.schedule).toBeUndefined();
    expect(step()).toEqual([0, 0]);
    dispose();
  });

  it('does not count while it is paused', () => {
    const clock = stoppedClock();
    const {optimizer, step, dispose} = trained(clock, params => sgd(0.5, {params}));
    optimizer.setSchedule({lr: lin(0.4, 0)}, {minutes: 1});
    step(15);
    optimizer.pauseSchedule();
    clock.pass(500);
    optimizer.pauseSchedule();
    expect(optimizer.schedule?.spent).toBe(15);
    expectClose([step(15), step(15)].flat(), [0.3, 0.3, 0.2, 0.2], 1e-12);
    optimizer.setSchedule({lr: lin(0.4, 0)}, {seconds: 60, spent: 45});
    expectClose(step(), [0.1, 0.1], 1e-12);
    dispose();
  });

  it('goes on where it was saved: neither the time until loading nor that until the first step counts', async () => {
    const clock = stoppedClock();
    const {optimizer, variables, step, dispose} = trained(clock, params => adam(0.5, {params}));
    optimizer.setSchedule(oneCycle({lrMax: [0.1, 0.2]}), {minutes: 1});
    const whole = optimizer.schedule;
    step(15);
    step(15);
    const saved = await savedInMemory(to => saveOptimizer(optimizer, to));
    const dict = optimizer.stateDict();
    clock.pass(1000);
    const again = await loadOptimizer(tf.io.fromMemory(saved), {params: variables.map(variable => [variable])});
    optimizer.loadStateDict(dict);
    clock.pass(1000);
    for (const one of [again, optimizer]) {
      expect(one.schedule?.spent).toBe(15);
      expectClose(step(15, one), present(present(whole).at(0.25).lr), 1e-12);
      expectClose(step(15, one), present(present(whole).at(0.5).lr), 1e-12);
    }
    again.dispose();
    dispose();
  });

  it('moves the parts of a partition, and is saved with them', async () => {
    const clock = stoppedClock();
    const {optimizer, variables, step, dispose} = trained(clock, params =>
      partition([{of: variable => variable.size === 2, by: sgd(0.5)}, {by: adam(0.1)}], {params: [params.flat()]}),
    );
    optimizer.setSchedule({lr: lin(0.4, 0)}, {seconds: 4});
    step(1);
    expectClose(step(1), [0.3, 0.3], 1e-12);
    const saved = await savedInMemory(to => saveOptimizer(optimizer, to));
    clock.pass(1000);
    const again = await loadOptimizer(tf.io.fromMemory(saved), {params: variables});
    again.pauseSchedule();
    expect(again.schedule?.spent).toBe(1);
    expect(again.schedule?.at(0.5)).toEqual({lr: [0.2, 0.2]});
    expectClose(step(2, again), [0.3, 0.3], 1e-12);
    expectClose(step(9, again), [0.1, 0.1], 1e-12);
    step(1, again);
    expect(again.schedule).toBeUndefined();
    again.dispose();
    dispose();
  });

  for (const [name, make] of policies) {
    it(`${name} makes the steps of a fit that takes as long, and then stops`, async () => {
      const clock = stoppedClock();
      const rates = async (options: SchedulerOptions, epochs: number) => {
        const given = tinyFit(
          layers => adam(0.5, {params: layers.map(layer => [layer])}),
          [tf.layers.dense({units: 2, inputShape: [2]}), tf.layers.dense({units: 1})],
        );
        const steps = recordSteps(given.optimizer);
        takesTime(given.optimizer, () => {
          clock.pass(15);
        });
        const {epoch} = await given.model.fit(given.x, given.y, {epochs, batchSize: 2, callbacks: make(options)});
        expect(given.optimizer.learningRate).toBe(0.5);
        expect(given.optimizer.schedule).toBeUndefined();
        given.dispose();
        return {steps, epochs: epoch.length};
      };
      const wanted = await rates({}, 2);
      expect(wanted.steps.length).toBe(8);
      const got = await rates({minutes: 2}, 100);
      expect(got.epochs).toBe(2);
      expectClose(got.steps.flat(), wanted.steps.flat(), 1e-12);
    });
  }

  const functions: ReadonlyArray<readonly [string, typeof fitOneCycle, {readonly lrMax?: number}]> = [
    ['fitOneCycle', fitOneCycle, {lrMax: 0.1}],
    ['fitFlatCos', fitFlatCos, {lrMax: 0.1}],
    ['fitSgdr', fitSgdr, {lrMax: 0.1}],
  ];
  for (const [name, fitted, settings] of functions) {
    it(`${name} needs no epochs, counts validation, and stops when the time is over`, async () => {
      const clock = stoppedClock();
      const given = tinyFit(sgd(0.5));
      const steps = recordSteps(given.optimizer);
      takesTime(given.optimizer, () => {
        clock.pass(10);
      });
      const progress: number[][] = [];
      const {model, x, y} = given;
      await fitted(model, x, y, {
        ...settings,
        seconds: 75,
        batchSize: 2,
        callbacks: {
          onEpochEnd: () => {
            clock.pass(20);
          },
        },
        onProgress: ({epochs, step, steps: all}) => {
          progress.push([epochs, step, all]);
        },
      });
      // 4·10 + 20 + 2·10 seconds.
      expect(steps.length).toBe(6);
      expect(progress.at(-1)).toEqual([Infinity, 6, Infinity]);
      given.dispose();
    });
  }

  it('does not count the batches of a dataset of unknown length', async () => {
    const clock = stoppedClock();
    const given = tinyFit(sgd(0.5));
    const steps = recordSteps(given.optimizer);
    let batches = 0;
    const dataset = tf.data.generator(function* () {
      for (let i = 0; i < 8; i += 2) {
        batches++;
        clock.pass(1);
        yield {xs: given.x.slice(i, 2), ys: given.y.slice(i, 2)};
      }
    });
    await fitOneCycle(given.model, dataset, {seconds: 10});
    expect(steps.length).toBeLessThanOrEqual(10);
    expect(batches).toBeLessThanOrEqual(11);
    expect(batches).toBeGreaterThan(8);
    given.dispose();
  });

  it('says where the epochs end before the time', async () => {
    const warned = spyOn(console, 'warn');
    stoppedClock();
    const given = tinyFit(sgd(0.5));
    await given.model.fit(given.x, given.y, {callbacks: wsd({seconds: 77})});
    expect(warned).toHaveBeenCalledOnceWith(
      'tfjs-optim: wsd: training ended after 1 epochs, before the time of 77 seconds was over, so the schedule did ' +
        'not reach its end. Give fit more epochs, such as epochs: 1e6. The time ends training.',
    );
    given.dispose();
  });

  it('goes on in a fit from a later epoch of a loaded model', async () => {
    const clock = stoppedClock();
    const given = tinyFit(sgd(0.5));
    const steps = recordSteps(given.optimizer);
    const pass = () => {
      clock.pass(10);
    };
    takesTime(given.optimizer, pass);
    const {model, x, y} = given;
    const plan = () => paramScheduler({lr: lin(0.8, 0)}, {seconds: 80});
    let saved: tf.io.ModelArtifacts = {};
    await model.fit(x, y, {
      epochs: 9,
      batchSize: 2,
      callbacks: [
        plan(),
        new tf.CustomCallback({
          onEpochEnd: async epoch => {
            if (epoch === 0) saved = await savedInMemory(to => model.save(to, {includeOptimizer: true}));
          },
        }),
      ],
    });
    expect(steps.length).toBe(8);
    clock.pass(500);
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved));
    const optimizer = optimizerOf(again);
    const rest = recordSteps(optimizer);
    takesTime(optimizer, pass);
    await again.fit(x, y, {epochs: 9, initialEpoch: 1, batchSize: 2, callbacks: plan()});
    expectClose(rest.flat(), steps.slice(4).flat(), 1e-12);
    optimizer.dispose();
    again.dispose();
    given.dispose();
  });

  it('ends a fit of a partition, all of whose parts follow it', async () => {
    const clock = stoppedClock();
    const given = tinyFit(partition([{of: ({shape}) => shape.length === 2, by: sgd(0.5)}, {by: adam(0.1)}]));
    const steps = recordSteps(given.optimizer);
    takesTime(given.optimizer, () => {
      clock.pass(10);
    });
    const {model, x, y} = given;
    await model.fit(x, y, {
      epochs: 9,
      batchSize: 2,
      callbacks: paramScheduler({lr: lin(0.8, 0.4)}, {seconds: 40}),
    });
    expectClose(
      steps.flat(),
      [0.8, 0.7, 0.6, 0.5].flatMap(lr => [lr, lr]),
      1e-12,
    );
    given.dispose();
  });

  it('does not count the time between two fits with a callback of this package', async () => {
    const clock = stoppedClock();
    const given = tinyFit(sgd(0.5));
    const {model, optimizer, x, y} = given;
    const steps = recordSteps(optimizer);
    takesTime(optimizer, () => {
      clock.pass(10);
    });
    optimizer.setSchedule({lr: lin(0.8, 0)}, {seconds: 80});
    for (let i = 0; i < 2; i++) {
      await model.fit(x, y, {batchSize: 2, callbacks: terminateOnNaN()});
      clock.pass(1000);
    }
    expect(steps.length).toBe(8);
    given.dispose();
  });

  it('follows several schedulers of the same time, and refuses others', async () => {
    const clock = stoppedClock();
    const given = tinyFit(adam(0.5));
    const {model, optimizer, x, y} = given;
    const rates = recordSteps(optimizer);
    const moms = recordSteps(optimizer, 'mom');
    takesTime(optimizer, () => {
      clock.pass(10);
    });
    const rate = paramScheduler({lr: lin(0.4, 0)}, {seconds: 40});
    const mom = paramScheduler({mom: lin(0.8, 0.4)}, {seconds: 40});
    await model.fit(x, y, {epochs: 9, batchSize: 2, callbacks: [rate, mom]});
    expectClose(rates.flat(), [0.4, 0.3, 0.2, 0.1], 1e-12);
    expectClose(moms.flat(), [0.8, 0.7, 0.6, 0.5], 1e-12);
    await expectAsync(
      model.fit(x, y, {callbacks: [rate, paramScheduler({mom: lin(0.8, 0.4)})]}),
    ).toBeRejectedWithError(
      'All schedulers of a fit must take the same time, or all of them steps; got 40 and no seconds.',
    );
    expect(optimizer.learningRate).toBe(0.5);
    given.dispose();
  });

  it('is untouched by lrFind in its middle', async () => {
    const clock = stoppedClock();
    const given = tinyFit(sgd(0.5));
    const {model, optimizer, x, y} = given;
    takesTime(optimizer, () => {
      clock.pass(10);
    });
    optimizer.setSchedule({lr: lin(0.8, 0)}, {seconds: 80});
    await model.fit(x, y, {batchSize: 2});
    optimizer.pauseSchedule();
    await lrFind(model, x, y, {numIt: 5});
    expect(optimizer.schedule?.spent).toBe(40);
    given.dispose();
  });

  const call = (make: (...given: never[]) => unknown, options: object): unknown =>
    Reflect.apply(make, undefined, [options]);

  const wrong: ReadonlyArray<readonly [string, () => unknown, string]> = [
    ['a negative time', () => oneCycle({minutes: -1}), "'minutes' must be a positive number; got -1."],
    ['no time', () => wsd({seconds: 0}), "'seconds' must be a positive number; got 0."],
    ['a time that is text', () => call(flatCos, {minutes: '5'}), "'minutes' must be a positive number; got '5'."],
    [
      'two times',
      () => sgdr({minutes: 1, seconds: 60}),
      "A time must be given in 'minutes' or in 'seconds', not in both; got 1 and 60.",
    ],
    [
      'steps and a time',
      () => warmupCos({minutes: 1, stepsPerEpoch: 3}),
      "warmupCos: 'stepsPerEpoch' has no effect on a schedule by time; leave it out.",
    ],
    [
      'more than the whole',
      () => wsd({pctStart: 0.5, pctDecay: 0.6}),
      "'pctStart' and 'pctDecay' must be 1 at most in sum; got 0.5 and 0.6.",
    ],
    [
      'an unknown decay',
      () => call(wsd, {decay: 'cosine'}),
      "'decay' must be one of '1-sqrt', 'linear'; got 'cosine'.",
    ],
  ];
  for (const [what, act, message] of wrong) {
    it(`refuses ${what}`, () => {
      expect(act).toThrowError(message);
    });
  }

  const wrongLengths: ReadonlyArray<readonly [string, object, string]> = [
    [
      'both steps and a time',
      {steps: 5, minutes: 1},
      'A schedule takes a number of steps or a time, not both; got {steps: 5, minutes: 1}.',
    ],
    [
      'a step of a time',
      {step: 5, minutes: 1},
      'A schedule takes a number of steps or a time, not both; got {step: 5, minutes: 1}.',
    ],
    ['a negative time spent', {minutes: 1, spent: -1}, "'spent' must be a number of seconds from 0; got -1."],
    ['a negative time', {seconds: -1}, "'seconds' must be a positive number; got -1."],
  ];
  for (const [what, length, message] of wrongLengths) {
    it(`of setSchedule refuses ${what}`, () => {
      for (const optimizer of [sgd(0.5), partition([{by: sgd(0.5)}])]) {
        expect(() => {
          Reflect.apply(optimizer.setSchedule.bind(optimizer), undefined, [oneCycle(), length]);
        }).toThrowError(message);
        optimizer.dispose();
      }
    });
  }

  it('refuses another length than its own', () => {
    for (const optimizer of [sgd(0.5), partition([{by: sgd(0.5)}])]) {
      expect(() => {
        optimizer.setSchedule(oneCycle({minutes: 1}), {steps: 3});
      }).toThrowError(
        'The schedule takes 60 seconds, but setSchedule got another length. ' +
          'Give it to setSchedule only: setSchedule(oneCycle(), {minutes: 5}).',
      );
      optimizer.setSchedule(oneCycle({minutes: 1}), {seconds: 60});
      expect(optimizer.schedule?.seconds).toBe(60);
      optimizer.dispose();
    }
  });

  it('of fitSgdr refuses a number of epochs for a cycle', async () => {
    const given = tinyFit(sgd(0.5));
    await expectAsync(fitSgdr(given.model, given.x, given.y, {minutes: 1, cycleLen: 2})).toBeRejectedWithError(
      "fitSgdr takes 'cycleLen', a number of epochs, or a time, not both; got 2. Leave it out.",
    );
    given.dispose();
  });

  it('is refused where the saved time is not one', () => {
    const optimizer = sgd(0.5);
    optimizer.setSchedule({lr: lin(1, 0)}, {seconds: 4});
    const dict = optimizer.stateDict();
    const schedule = present(dict.schedule);
    for (const [seconds, spent] of [
      [-1, 0],
      [4, NaN],
    ] as const)
      expect(() => {
        optimizer.loadStateDict({...dict, schedule: {seconds, spent, hypers: schedule.hypers}});
      }).toThrowError(/'seconds' must be a positive number|'spent' is missing or malformed/);
    optimizer.dispose();
  });
});

describe('wsd', () => {
  it('rises linearly, stays, and falls as 1 - √p', () => {
    const optimizer = sgd(0.8);
    optimizer.setSchedule(wsd(), {steps: 10});
    const view = present(optimizer.schedule);
    const rates = [0, 0.05, 0.1, 0.5, 0.79, 0.85, 1].map(pos => Number(present(view.at(pos).lr)[0]));
    expectClose(rates, [0, 0.4, 0.8, 0.8, 0.8, 0.4, 0], 1e-9);
    optimizer.setSchedule(wsd({decay: 'linear', pctStart: 0.9, pctDecay: 0.1}), {steps: 10});
    expectClose(present(present(optimizer.schedule).at(0.95).lr), [0.4], 1e-9);
    optimizer.dispose();
  });
});
