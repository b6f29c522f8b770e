import {
  adamW,
  callback,
  ema,
  fineTune,
  lin,
  loadOptimizer,
  lookahead,
  lrFind,
  oneCycle,
  Optimizer,
  optimizerOf,
  Partition,
  partition,
  reduceLROnPlateau,
  required,
  saveOptimizer,
  sgd,
} from '../src';
import {describeBackends} from './support/backends';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {disposeModels, reloaded} from './support/resuming';
import {compiled, smallNet} from './support/small_net';
import {tf} from './support/tfjs';
import {step, valuesOf, variableOf} from './support/vectors';

/** `verbose` by number, as in examples of tfjs. */
const QUIET = {verbose: 0};
/** A step whose rate has another name, so that a part has no `lr`. */
const rateStep = callback('ratePartTest', {hypers: {rate: required}}, ({p, grad, rate}) => ({
  p: p.sub(grad.mul(rate)),
}));
const throwsTest = callback('throwsPartTest', {}, ({grad}) => {
  if (grad.rank === 1) throw new Error('It fails.');
  return {};
});
/** Has the name of an option of Lookahead. */
const kTest = callback('kPartTest', {groupState: {k: 0}, group: ({k}) => ({k: k + 1})}, () => ({}));
const isFirst = (a: tf.Variable) => (variable: tf.Variable) => variable === a;
/** Two variables of one number, and a partition of them by SGD and AdamW. */
function two() {
  const [a, b] = [variableOf([1]), variableOf([1])];
  return {
    a,
    b,
    opt: partition([{of: isFirst(a), by: sgd(0.5)}, {by: adamW(0.01)}], {params: [a, b]}),
  };
}

describeBackends(
  'the parts of a partition',
  () => {
    for (const [name, around] of [
      ['Lookahead', <I extends Optimizer>(inner: I) => lookahead(inner)],
      ['an average', <I extends Optimizer>(inner: I) => ema(inner)],
      ['an average of Lookahead', <I extends Optimizer>(inner: I) => ema(lookahead(inner))],
    ] as const)
      it(`can be reached under ${name}`, () =>
        leakless(async () => {
          const {a, b, opt} = two();
          const [old] = opt.parts;
          const outer = around(opt);
          expect(outer.parts.length).toBe(2);
          outer.parts[0].setHyper('lr', 0.25);
          outer.parts[1].setHyper({eps: 0.5});
          expect(outer.parts.map(({hypers: [hypers]}) => hypers?.lr)).toEqual([0.25, 0.01]);
          expect(outer.parts.map(({variables}) => variables)).toEqual([[a], [b]]);
          const last = outer.callbacks.at(-1);
          for (const {callbacks} of outer.parts) expect(callbacks.at(-1)).toBe(last);
          outer.parts[0].setSchedule({lr: lin(1, 0)}, {steps: 2});
          step(outer, [a, [0.5]], [b, [1]]);
          expect(await valuesOf(a)).toEqual([0.5]);
          outer.parts[0].clearSchedule();
          expect(outer.parts[0].hypers[0]?.lr).toBe(0.25);
          expect(() => old.hypers).toThrowError(/it is part of a/);
          expect(() => {
            old.setSchedule({lr: lin(1, 0)}, {steps: 2});
          }).toThrowError(/it is part of a/);
          outer.dispose();
          tf.dispose([a, b]);
        }));

    it('stay as they are where Lookahead cannot take them', async () => {
      const a = variableOf([1]);
      const opt = partition([{by: sgd(0.5, {callbacks: [kTest]})}], {params: [a]});
      expect(() => lookahead(opt)).toThrowError(
        /'k' is an option of lookaheadSync and a number of groups of kPartTest/,
      );
      step(opt, [a, [1]]);
      expect(await valuesOf(a)).toEqual([0.5]);
      expect(opt.parts[0].hypers[0]?.lr).toBe(0.5);
      opt.dispose();
      a.dispose();
    });

    it('are undefined for an optimizer that is not divided', () => {
      const [one, other] = [lookahead(sgd(0.1)), ema(adamW())];
      expect([one.parts, other.parts]).toEqual([undefined, undefined]);
      one.dispose();
      other.dispose();
    });

    it('can be read while averages are shown, as hypers can', () => {
      const {a, b, opt} = two();
      const outer = ema(opt);
      step(outer, [a, [1]], [b, [1]]);
      outer.eval();
      outer.parts[0].setHyper('lr', 0.1);
      expect(outer.parts[0].hypers).toEqual([outer.hypers[0]].map(hypers => jasmine.objectContaining({...hypers})));
      outer.train();
      outer.dispose();
      tf.dispose([a, b]);
    });

    it('are those of the class that was saved', () => {
      const opt = partition([{by: new Optimizer([rateStep], {rate: 0.5})}]);
      expect(() => Partition.fromConfig(Optimizer, opt.getConfig())).toThrowError(/must be a partition of tfjs-optim/);
      opt.dispose();
    });
  },
  ['cpu'],
);

describeBackends(
  'the schedules of parts',
  () => {
    it('go back where a step throws', async () => {
      const [a, b] = [variableOf([1]), variableOf([1])];
      const opt = partition([{of: isFirst(a), by: sgd(0.5)}, {by: sgd(0.1, {callbacks: [throwsTest]})}], {
        params: [a, b],
      });
      opt.setSchedule({lr: lin(1, 0)}, {steps: 4});
      step(opt, [a, [1]]);
      const before = opt.hypers.map(({lr}) => lr);
      expect(() => {
        step(opt, [a, [1]], [b, [1]]);
      }).toThrowError('It fails.');
      expect(opt.hypers.map(({lr}) => lr)).toEqual(before);
      expect(opt.schedule?.step).toBe(1);
      expect(await valuesOf(a, b)).toEqual([0, 1]);
      step(opt, [a, [1]]);
      expect(opt.hypers.map(({lr}) => lr)).toEqual([0.75, 0.75]);
      opt.dispose();
      tf.dispose([a, b]);
    });

    it('leave `mom` alone where a part keeps it, also if the part is given the schedule', () => {
      const [a, b] = [variableOf([1]), variableOf([1])];
      const opt = partition([{of: isFirst(a), by: sgd(0.5, {mom: 0.9}), keepMom: true}, {by: adamW(0.1)}]);
      for (const part of opt.parts) part.setSchedule(oneCycle(), {steps: 4});
      expect(opt.parts.map(({schedule}) => Object.keys(present(schedule).at(0)))).toEqual([['lr'], ['lr', 'mom']]);
      opt.parts[0].setSchedule(oneCycle({moms: [0.9, 0.8, 0.9]}), {steps: 4});
      expect(opt.parts[0].schedule?.at(0)['mom']).toEqual([0.9]);
      opt.dispose();
      tf.dispose([a, b]);
    });

    it('go on from a reduced rate, which goes back when training ends', async () => {
      const model = smallNet('net');
      const opt = partition([
        {of: ({rank}) => rank === 2, by: sgd(0.1)},
        {of: present(model.layers[1]), by: new Optimizer([rateStep], {rate: 0.5})},
        {by: adamW(0.01)},
      ]);
      compiled(model, opt);
      const [x, y] = [tf.ones([8, 4]), tf.ones([8, 1])];
      const seen: unknown[] = [];
      let copy: tf.LayersModel | undefined;
      await model.fit(x, y, {
        epochs: 4,
        ...QUIET,
        callbacks: [
          reduceLROnPlateau({monitor: 'loss', patience: 1, minDelta: 1e9, factor: 0.5}),
          new tf.CustomCallback({
            onEpochEnd: async epoch => {
              seen.push(opt.hypers.map(({lr}) => lr));
              if (epoch === 2) copy = await reloaded(model);
            },
          }),
        ],
      });
      expect(seen[0]).toEqual([0.1, undefined, 0.01]);
      expect(seen[2]).toEqual([0.025, undefined, 0.0025]);
      expect(opt.hypers.map(({lr, rate}) => [lr, rate])).toEqual([
        [0.1, undefined],
        [undefined, 0.5],
        [0.01, undefined],
      ]);
      // In the middle of training, the reduced rate is saved.
      expect(optimizerOf(present(copy)).hypers.map(({lr}) => lr)).toEqual([0.025, undefined, 0.0025]);
      tf.dispose([x, y]);
      disposeModels(model, present(copy));
    });

    it('are saved and loaded for each part', () =>
      leakless(async () => {
        const {a, b, opt} = two();
        opt.parts[1].setSchedule({lr: lin(1, 0)}, {steps: 4});
        step(opt, [a, [1]], [b, [1]]);
        const handler = memoryHandler();
        await saveOptimizer(opt, handler);
        const loaded = await loadOptimizer(handler, {params: [a, b]});
        if (!(loaded instanceof Partition)) throw new Error('A partition was saved.');
        const [first, second] = loaded.parts;
        expect(present(first).schedule).toBeUndefined();
        expect(present(second).schedule?.step).toBe(1);
        for (const one of [opt, loaded]) one.dispose();
        tf.dispose([a, b]);
      }));
  },
  ['cpu', 'wasm'],
);

describeBackends(
  'an optimizer with parts and shared numbers in functions that train',
  () => {
    const net = () => {
      const model = smallNet('net');
      const opt = partition([{of: ({rank}) => rank === 2, by: sgd(0.1)}, {by: adamW(0.01)}], {
        params: [model.layers.slice(0, 1), model.layers.slice(1, 2), model.layers.slice(2)],
        skipNonFinite: true,
      });
      return {model: compiled(model, opt), opt};
    };

    it('loses no tensor in lrFind, which also puts back how many steps were skipped', () =>
      leakless(async () => {
        const {model, opt} = net();
        const [x, y] = [tf.ones([8, 4]), tf.ones([8, 1])];
        const faulty = tf.fill([8, 1], NaN);
        await model.fit(x, faulty, {epochs: 1, ...QUIET});
        const {numTensors} = tf.memory();
        await lrFind(model, x, faulty, {numIt: 3, stopDiv: false, ...QUIET});
        expect(tf.memory().numTensors).toBe(numTensors);
        expect(await opt.skipped()).toBe(1);
        tf.dispose([x, y, faulty]);
        disposeModels(model);
      }));

    it('is frozen as before where fineTune throws', () =>
      leakless(async () => {
        const {model, opt} = net();
        const [x, y] = [tf.ones([8, 4]), tf.ones([8, 1])];
        opt.freezeTo(2);
        opt.setFreeze(0, true);
        const {frozen, shared = {}} = opt.stateDict();
        tf.dispose({...shared});
        const {numTensors} = tf.memory();
        await expectAsync(
          fineTune(model, x, y, {
            epochs: 1,
            ...QUIET,
            callbacks: {onEpochEnd: () => Promise.reject(new Error('It ends here.'))},
          }),
        ).toBeRejectedWithError('It ends here.');
        const after = opt.stateDict();
        expect(after.frozen).toEqual(frozen);
        expect(opt.frozenIdx).toBe(2);
        // The state that the steps have made is all that is left.
        tf.dispose([after.state.map(entries => ({...entries})), {...after.shared}]);
        opt.clearState();
        expect(tf.memory().numTensors).toBe(numTensors);
        tf.dispose([x, y]);
        disposeModels(model);
      }));
  },
  ['cpu'],
);
