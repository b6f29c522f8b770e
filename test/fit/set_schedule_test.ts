import {
  adam,
  callback,
  cos,
  exp,
  flatCos,
  lin,
  loadOptimizer,
  lookahead,
  oneCycle,
  Optimizer,
  saveOptimizer,
  type SchedulePolicy,
  type Schedules,
  sgd,
  sgdr,
  warmupCos,
  wsd,
} from '../../src';
import {describeBackends} from '../support/backends';
import {expectClose} from '../support/close';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {tf} from '../support/tfjs';
import {twoGroups} from './support/two_groups';

describeBackends(
  'setSchedule on a backend',
  () => {
    it('makes each step with the hypers of its position, and leaves the last ones', async () => {
      await leakless(() => {
        const {optimizer, variables, step, dispose} = twoGroups(params => sgd(0.5, {params}));
        optimizer.setSchedule({lr: lin([0.4, 0.8], 0)}, {steps: 4});
        expectClose([step(), step(), step()].flat(), [0.4, 0.8, 0.3, 0.6, 0.2, 0.4], 1e-15);
        expect(optimizer.schedule?.step).toBe(3);
        expect(optimizer.schedule?.at(0.5)).toEqual({lr: [0.2, 0.4]});
        expect(() => optimizer.schedule?.at(NaN)).toThrowError(/takes a position, a number from 0 to 1; got NaN/);
        expectClose([step(), step()].flat(), [0.1, 0.2, 0.1, 0.2], 1e-15);
        expect(optimizer.schedule).toBeUndefined();
        const [first, second] = variables.map(variable => Array.from(variable.dataSync()));
        expect(first?.map(value => Math.round(value * 1e5) / 1e5)).toEqual([-0.1, 0.9]);
        expect(second?.map(value => Math.round(value * 1e5) / 1e5)).toEqual([0.8]);
        optimizer.clearSchedule();
        expectClose(step(), [0.1, 0.2], 1e-15);
        dispose();
      });
    }, 30_000);

    it('is cleared in the middle: the hypers go back, or stay where they are with keep: true', () => {
      for (const [keep, wanted] of [
        [true, 0.3],
        [false, 0.5],
      ] as const) {
        const {optimizer, step, dispose} = twoGroups(params => sgd(0.5, {params}));
        optimizer.setSchedule({lr: lin(0.4, 0)}, {steps: 4});
        step();
        step();
        optimizer.clearSchedule({keep});
        expect(optimizer.learningRate).toBeCloseTo(wanted, 12);
        expect(optimizer.schedule).toBeUndefined();
        expect(step()).toEqual([optimizer.learningRate, optimizer.learningRate]);
        dispose();
      }
    });

    it('sets the values of the last step where all of its steps are over', () => {
      const {optimizer, step, dispose} = twoGroups(params => sgd(0.5, {params}));
      optimizer.setSchedule({lr: lin(0.4, 0)}, {steps: 4, step: 6});
      expect(optimizer.schedule).toBeUndefined();
      expectClose(step(), [0.1, 0.1], 1e-15);
      dispose();
    });

    it('restores the hypers that it moved for a step that failed', () => {
      const {optimizer, step, dispose} = twoGroups(params => sgd(0.5, {params}));
      optimizer.setSchedule({lr: lin(0.4, 0)}, {steps: 2});
      const wrong = tf.variable(tf.scalar(1), true, 'not_of_the_optimizer');
      expect(() => {
        optimizer.applyGradients({not_of_the_optimizer: wrong});
      }).toThrowError(/not among the `params`/);
      expect(optimizer.learningRate).toBe(0.5);
      expect(optimizer.schedule?.step).toBe(0);
      expect(step()).toEqual([0.4, 0.4]);
      wrong.dispose();
      dispose();
    });

    it('restores the hypers that it moved for a step in which a callback throws', async () => {
      let throws = false;
      const fragile = callback('fragile', {}, () => {
        if (throws) throw new Error('It broke.');
        return {};
      });
      const {optimizer, variables, step, dispose} = twoGroups(params => sgd(0.5, {params, callbacks: [fragile]}));
      optimizer.setSchedule({lr: lin(0.4, 0)}, {steps: 4});
      throws = true;
      expect(step).toThrowError('It broke.');
      expect(optimizer.hypers.map(({lr}) => lr)).toEqual([0.5, 0.5]);
      expect(optimizer.schedule?.step).toBe(0);
      expect(await Promise.all(variables.map(async variable => [...(await variable.data())]))).toEqual([[1, 2], [3]]);
      throws = false;
      expect(step()).toEqual([0.4, 0.4]);
      expect(step()).toEqual([0.30000000000000004, 0.30000000000000004]);
      dispose();
    });

    it('goes on in the middle after saving and loading', async () => {
      const whole = twoGroups(params => adam(0.5, {params}));
      const half = twoGroups(params => adam(0.5, {params}));
      const plan = oneCycle({lrMax: [0.1, 0.2]});
      for (const {optimizer} of [whole, half]) optimizer.setSchedule(plan, {steps: 8});
      const wanted = Array.from({length: 8}, () => whole.step());
      const got = Array.from({length: 3}, () => half.step());
      let saved: tf.io.ModelArtifacts = {};
      await saveOptimizer(
        half.optimizer,
        tf.io.withSaveHandler(artifacts => {
          // Through JSON, which shows values that JSON can't hold.
          const parsed: unknown = JSON.parse(JSON.stringify(artifacts.modelTopology));
          saved = {...artifacts, modelTopology: typeof parsed === 'object' && parsed !== null ? parsed : {}};
          return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
        }),
      );
      const again = await loadOptimizer(tf.io.fromMemory(saved), {params: half.variables});
      expect(again.schedule?.step).toBe(3);
      for (let i = 3; i < 8; i++) {
        tf.tidy(() => {
          again.applyGradients(half.variables.map(({name, shape}) => ({name, tensor: tf.ones(shape)})));
        });
        got.push(again.hypers.map(({lr}) => Number(lr)));
      }
      expect(got).toEqual(wanted);
      for (const [i, variable] of half.variables.entries())
        expect(await variable.data()).toEqual(present(await present(whole.variables[i]).data()));
      expect(again.schedule).toBeUndefined();
      again.clearSchedule();
      expect(again.hypers.map(({lr}) => Number(lr))).toEqual(present(wanted.at(-1)));
      again.dispose();
      whole.dispose();
      half.dispose();
    });
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('setSchedule', () => {
  type Columns = Readonly<Record<string, readonly number[]>>;
  const ready: ReadonlyArray<{
    readonly name: string;
    readonly plan: SchedulePolicy;
    readonly at0: Columns;
    readonly at1: Columns;
  }> = [
    {
      name: 'oneCycle',
      plan: oneCycle(),
      at0: {lr: [0.02, 0.04], mom: [0.95, 0.95]},
      at1: {lr: [5e-6, 1e-5], mom: [0.95, 0.95]},
    },
    {name: 'flatCos', plan: flatCos(), at0: {lr: [0.5, 1]}, at1: {lr: [5e-6, 1e-5]}},
    {name: 'sgdr', plan: sgdr({cycles: 2}), at0: {lr: [0.5, 1]}, at1: {lr: [0, 0]}},
    {name: 'warmupCos', plan: warmupCos({pctStart: 0.5}), at0: {lr: [0, 0]}, at1: {lr: [0, 0]}},
    {name: 'wsd', plan: wsd(), at0: {lr: [0, 0]}, at1: {lr: [0, 0]}},
    {
      name: 'wsd to an end',
      plan: wsd({decay: 'linear', lrStart: 0.1, lrEnd: [0.2, 0.3]}),
      at0: {lr: [0.1, 0.1]},
      at1: {lr: [0.2, 0.3]},
    },
  ];
  for (const {name, plan, at0, at1} of ready) {
    it(`takes ${name}, whose highest rate is by default the rate of the optimizer`, () => {
      const {optimizer, dispose} = twoGroups(params => adam([0.5, 1], {params}));
      optimizer.setSchedule(plan, {steps: 10});
      const {schedule} = optimizer;
      for (const [pos, wanted] of [
        [0, at0],
        [1, at1],
      ] as const) {
        const got = present(schedule).at(pos);
        expect(Object.keys(got)).toEqual(Object.keys(wanted));
        expectClose(Object.values(got).flat(), Object.values(wanted).flat(), 1e-12, `${name} at ${pos}`);
      }
      dispose();
    });
  }

  it('moves momentum only where the optimizer has it', () => {
    const {optimizer, dispose} = twoGroups(params => sgd(0.1, {params}));
    optimizer.setSchedule(oneCycle(), {steps: 3});
    expect(Object.keys(present(optimizer.schedule).at(0))).toEqual(['lr']);
    dispose();
  });

  it('starts from the hypers before a schedule that it replaces', () => {
    const {optimizer, step, dispose} = twoGroups(params => sgd(0.5, {params}));
    optimizer.setSchedule({lr: lin(0.1, 0)}, {steps: 2});
    step();
    optimizer.setSchedule(flatCos(), {steps: 2});
    expect(step()).toEqual([0.5, 0.5]);
    dispose();
  });

  it('is part of the state dict, and stays with an optimizer that Lookahead takes over', () => {
    const {optimizer, dispose} = twoGroups(params => sgd(0.5, {params}));
    optimizer.setSchedule({lr: cos(0.1, 0)}, {steps: 2});
    const dict = optimizer.stateDict();
    optimizer.clearSchedule();
    optimizer.loadStateDict(dict);
    expect(optimizer.schedule?.at(0)).toEqual({lr: [0.1, 0.1]});
    const outer = lookahead(optimizer);
    expect(outer.schedule?.at(0)).toEqual({lr: [0.1, 0.1]});
    outer.dispose();
    dispose();
  });

  interface Wrong {
    readonly what: string;
    readonly schedules: Schedules | SchedulePolicy;
    readonly length: {readonly steps: number; readonly step?: number};
    readonly message: RegExp;
  }
  const wrong: readonly Wrong[] = [
    {
      what: 'an unknown hyper',
      schedules: {rate: lin(1, 0)},
      length: {steps: 2},
      message: /No callback of this optimizer has a hyper 'rate'/,
    },
    {
      what: 'a value out of range',
      schedules: {lr: lin(1, -1)},
      length: {steps: 2},
      message: /'lr' must be a number from 0; got -1/,
    },
    {
      what: 'a list of a wrong length',
      schedules: {lr: lin([1, 2, 3], 0)},
      length: {steps: 2},
      message: /3 values for lr but there are 2/,
    },
    {
      what: 'an exponential to 0',
      schedules: {lr: exp(1, 0)},
      length: {steps: 2},
      message: /'lr' goes from 1,1 to 0,0/,
    },
    {
      what: 'no steps',
      schedules: {lr: lin(1, 0)},
      length: {steps: 0},
      message: /'steps' must be a whole number from 1; got 0/,
    },
    {
      what: 'a wrong step',
      schedules: {lr: lin(1, 0)},
      length: {steps: 2, step: -1},
      message: /'step' must be a whole number from 0; got -1/,
    },
    {
      what: 'a negative highest rate',
      schedules: flatCos({lrMax: -1}),
      length: {steps: 2},
      message: /'lr' must be a number from 0/,
    },
  ];
  for (const {what, schedules, length, message} of wrong) {
    it(`refuses ${what} and changes nothing`, () => {
      const {optimizer, dispose} = twoGroups(params => sgd(0.5, {params}));
      optimizer.setSchedule({lr: lin(0.3, 0)}, {steps: 2});
      expect(() => {
        optimizer.setSchedule(schedules, length);
      }).toThrowError(message);
      expect(optimizer.schedule?.at(0)).toEqual({lr: [0.3, 0.3]});
      expect(optimizer.learningRate).toBe(0.5);
      dispose();
    });
  }

  it('refuses a ready made where the optimizer has no learning rate', () => {
    const still = callback('still', {}, ({p}) => ({p}));
    const optimizer = new Optimizer([still], {});
    expect(() => {
      optimizer.setSchedule(oneCycle(), {steps: 2});
    }).toThrowError("The schedule needs an optimizer with the hyper 'lr'; this optimizer has no 'lr'.");
    expect(() => optimizer.lr).toThrowError(
      "This optimizer has no learning rate: no callback declares the hyper 'lr'.",
    );
    const withRate = sgd(0.5);
    expect(() => {
      withRate.setSchedule(flatCos({lrMax: [true]}), {steps: 2});
    }).toThrowError("'lrMax' must be a finite number; got true.");
    expect(withRate.learningRate).toBe(0.5);
    optimizer.dispose();
    withRate.dispose();
  });

  it('refuses impossible settings of the ready mades', () => {
    expect(() => oneCycle({pctStart: 2})).toThrowError(/'pctStart' must be a share/);
    expect(() => oneCycle({div: 0})).toThrowError(/'div' must be a positive number/);
    expect(() => sgdr({cycles: 0})).toThrowError(/'cycles' must be a whole number/);
    const misspelled = {...{lr_max: 1}, div: 2};
    expect(() => oneCycle(misspelled)).toThrowError(/no option 'lr_max'; it has lrMax/);
  });
});
