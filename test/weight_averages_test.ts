import {
  accumulate,
  adam,
  averageEqually,
  ema,
  isOptimizer,
  lion,
  lookahead,
  type Optimizer,
  partition,
  scheduleFree,
  sgd,
  swa,
} from '../src';
import {describeBackends} from './support/backends';
import {leakless} from './support/leakless';
import {present} from './support/present';
import {tf} from './support/tfjs';
import {call} from './support/untyped_call';
import {step, suiteWith, valuesOf, variableOf} from './support/vectors';

async function shownBy(optimizer: Optimizer, variable: tf.Variable): Promise<number[]> {
  optimizer.eval();
  const values = await valuesOf(variable);
  optimizer.train();
  return values;
}

function assignTo(variable: tf.Variable, value: number): void {
  tf.tidy(() => variable.assign(tf.tensor1d([value])));
}

function groupNumbers(optimizer: Optimizer): ReadonlyArray<Readonly<Record<string, number>>> {
  const {state, groupState} = optimizer.stateDict();
  tf.dispose(state.map(entries => Object.values(entries).filter(value => value instanceof tf.Tensor)));
  return present(groupState);
}

describeBackends(
  'averages',
  backend => {
    afterEach(() => tf.env().set('OPTIM_FUSING', true));

    for (const fusing of [true, false]) {
      const suite = suiteWith(fusing);

      suite('swa shows the trained weights until it averages, then the mean of every few steps', async () => {
        const a = variableOf([0, 10]);
        const optimizer = swa(sgd(1, {params: [a]}), {start: 2, every: 2});
        const shown: number[][] = [];
        for (let i = 0; i < 6; i++) {
          step(optimizer, [a, [-1, 1]]);
          shown.push(await shownBy(optimizer, a));
        }
        expect(shown).toEqual([
          [1, 9],
          [2, 8],
          [3, 7],
          [3, 7],
          [4, 6],
          [4, 6],
        ]);
        expect(await valuesOf(a)).toEqual([6, 4]);
        if (fusing) expect(optimizer.fusedOn).toBe(backend);
        optimizer.dispose();
        a.dispose();
      });

      suite('swa does not count skipped steps, nor calls that accumulate', async () => {
        const a = variableOf([0]);
        const optimizer = swa(sgd(1, {params: [a], skipNonFinite: true}));
        for (const grad of [NaN, -1, NaN, -2]) step(optimizer, [a, [grad]]);
        // The weights were 1 and 3.
        expect(await shownBy(optimizer, a)).toEqual([2]);
        const b = variableOf([0]);
        const accumulating = swa(sgd(1, {params: [b], callbacks: accumulate(2)}), {every: 2});
        for (const grad of [-1, -1, -1, -1, -1, -1]) step(accumulating, [b, [grad]]);
        expect(await shownBy(accumulating, b)).toEqual([2]);
        for (const each of [optimizer, accumulating]) each.dispose();
        tf.dispose([a, b]);
      });

      suite('ema with startAfter is a copy, then an average', async () => {
        const a = variableOf([0]);
        const optimizer = ema(sgd(1, {params: [a]}), {decay: 0.5, startAfter: 2});
        const shown: number[] = [];
        for (let i = 0; i < 5; i++) {
          step(optimizer, [a, [-1]]);
          shown.push(...(await shownBy(optimizer, a)));
        }
        expect(shown).toEqual([1, 2, 3, 3.5, 4.25]);
        optimizer.dispose();
        a.dispose();
      });

      suite('scheduleFree makes a skipped first step one without gradients', async () => {
        const [a, b] = [variableOf([1, 2]), variableOf([1, 2])];
        const skipping = scheduleFree('sgd', 0.5, {params: [a], skipNonFinite: true});
        const zero = scheduleFree('sgd', 0.5, {params: [b]});
        step(skipping, [a, [NaN, 1]]);
        step(zero, [b, [0, 0]]);
        for (let i = 0; i < 3; i++) {
          step(skipping, [a, [1, -1]]);
          step(zero, [b, [1, -1]]);
        }
        expect(await valuesOf(a)).toEqual(await valuesOf(b));
        expect(await shownBy(skipping, a)).toEqual(await shownBy(zero, b));
        for (const optimizer of [skipping, zero]) optimizer.dispose();
        tf.dispose([a, b]);
      });

      suite('scheduleFree re-anchors z and x by rebase()', async () => {
        const a = variableOf([1]);
        const optimizer = scheduleFree('sgd', 0.5, {params: [a]});
        for (let i = 0; i < 3; i++) step(optimizer, [a, [1]]);
        assignTo(a, 100);
        optimizer.rebase();
        step(optimizer, [a, [0]]);
        expect(await valuesOf(a)).toEqual([100]);
        expect(await shownBy(optimizer, a)).toEqual([100]);
        optimizer.dispose();
        a.dispose();
      });

      suite('scheduleFree follows weights that others wrote, with one warning', async () => {
        const warned = spyOn(console, 'warn');
        const a = variableOf([1]);
        const optimizer = scheduleFree('adamW', 0.5, {params: [a]});
        step(optimizer, [a, [1]]);
        for (const value of [50, 70]) {
          assignTo(a, value);
          step(optimizer, [a, [0]]);
          expect(await valuesOf(a)).toEqual([value]);
        }
        expect(warned).toHaveBeenCalledTimes(1);
        optimizer.dispose();
        a.dispose();
      });

      suite('scheduleFree counts steps of a group without gradients, and not those of a frozen one', () => {
        const [a, b] = [variableOf([1]), variableOf([2])];
        const optimizer = scheduleFree('sgd', [0.5, 0.25], {params: [[a], [b]]});
        step(optimizer, [a, [1]]);
        step(optimizer);
        optimizer.freezeTo(1);
        step(optimizer, [b, [1]]);
        expect(groupNumbers(optimizer).map(({freeSteps, weightSum}) => [freeSteps, weightSum])).toEqual([
          [2, 0.5],
          [3, 0.1875],
        ]);
        expect(Object.keys(optimizer.state.get(a))).toEqual(['z', 'x']);
        optimizer.dispose();
        tf.dispose([a, b]);
      });

      suite('scheduleFree counts windows of accumulated gradients, also in a group without any', () => {
        const [a, b] = [variableOf([1]), variableOf([2])];
        const optimizer = scheduleFree('sgd', 0.5, {params: [[a], [b]], callbacks: accumulate(2)});
        for (let i = 0; i < 3; i++) step(optimizer, [a, [1]]);
        expect(groupNumbers(optimizer).map(({freeSteps}) => freeSteps)).toEqual([1, 1]);
        step(optimizer, [a, [1]]);
        expect(groupNumbers(optimizer).map(({freeSteps}) => freeSteps)).toEqual([2, 2]);
        expect(Object.keys(optimizer.state.get(b)).filter(name => name === 'z' || name === 'x')).toEqual([]);
        optimizer.dispose();
        tf.dispose([a, b]);
      });

      suite('scheduleFree can be a part of a partition', async () => {
        const [a, b] = [variableOf([1]), variableOf([2])];
        const [c, d] = [variableOf([1]), variableOf([2])];
        const whole = partition([{of: [a], by: scheduleFree('sgd', 0.5)}, {by: scheduleFree('adamW', 0.1)}], {
          params: [a, b],
        });
        const alone = [scheduleFree('sgd', 0.5, {params: [c]}), scheduleFree('adamW', 0.1, {params: [d]})];
        for (let i = 0; i < 3; i++) {
          step(whole, [a, [1]], [b, [-1]]);
          step(present(alone[0]), [c, [1]]);
          step(present(alone[1]), [d, [-1]]);
        }
        expect(await valuesOf(a, b)).toEqual(await valuesOf(c, d));
        expect(await shownBy(whole, a)).toEqual(await shownBy(present(alone[0]), c));
        expect(() => lookahead(whole)).toThrowError(/can't follow scheduleFree/);
        for (const optimizer of [whole, ...alone]) optimizer.dispose();
        tf.dispose([a, b, c, d]);
      });
    }
  },
  ['cpu', 'wasm', 'webgl'],
);

describe('An average over an optimizer', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('is refused by scheduleFree, which stays as it was', () =>
    leakless(() => {
      const optimizer = scheduleFree('rAdam');
      for (const [wrap, name] of [
        [lookahead, 'lookaheadSync'],
        [ema, 'averageWeights'],
        [swa, 'averageEqually'],
      ] as const)
        expect(() => wrap(optimizer)).toThrowError(
          `${name} can't follow scheduleFree, which computes the weights anew in each step and averages them itself. ` +
            'Use scheduleFree alone; eval(), withAverages and evaluateAverages show its average.',
        );
      expect(String(optimizer)).toMatch(/^scheduleFree: lr 0\.0025, /);
      optimizer.dispose();
    }));

  it('is saved as an Ema with its rule, and goes on bit for bit', () =>
    leakless(async () => {
      for (const [i, make] of [
        (params: tf.Variable[]) => swa(sgd(0.5, {params}), {start: 1, every: 2}),
        (params: tf.Variable[]) => swa(lion(0.1, {params})),
        (params: tf.Variable[]) => ema(adam(0.5, {params}), {warmup: true, warmupPower: 0.75}),
      ].entries()) {
        const a = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), true, `averaged${'abc'.charAt(i)}`));
        const optimizer = make([a]);
        for (let j = 0; j < 4; j++) step(optimizer, [a, [1, -1]]);
        const config = optimizer.getConfig();
        const entry = present(tf.serialization.SerializationMap.getMap().classNameMap[optimizer.getClassName()]);
        const loaded: unknown = entry[1](entry[0], config);
        if (!isOptimizer(loaded)) throw new Error('An optimizer was saved.');
        await loaded.setWeights((await optimizer.getWeights()).map(({name, tensor}) => ({name, tensor})));
        const b = tf.tidy(() => tf.variable(a.clone(), true, `${a.name}_1`));
        loaded.attach([b]);
        for (let j = 0; j < 3; j++) {
          step(optimizer, [a, [1, 0.5]]);
          step(loaded, [b, [1, 0.5]]);
          expect(await shownBy(loaded, b)).toEqual(await shownBy(optimizer, a));
        }
        expect(await valuesOf(b)).toEqual(await valuesOf(a));
        for (const each of [optimizer, loaded]) each.dispose();
        tf.dispose([a, b]);
      }
    }));

  it('is told what it needs', () => {
    const inner = sgd(0.1);
    const faults: ReadonlyArray<readonly [() => unknown, string | RegExp]> = [
      [() => ema(inner, {minDecay: 0.5}), "ema: 'minDecay' needs warmup: true; set it, or leave 'minDecay' out."],
      [() => ema(inner, {warmup: true, warmupGamma: 0}), "'warmupGamma' must be a positive number; got 0."],
      [() => ema(inner, {warmup: true, minDecay: 1}), /averageRising's minDecay must be/],
      [() => ema(inner, {startAfter: 0.5}), /averageRising's startAfter must be/],
      [() => call(ema, inner, {warmup: 3}), "'warmup' must be true or false; got 3."],
      [() => swa(inner, {every: 0}), /averageEqually's swaEvery must be/],
      [() => swa(inner, {start: -1}), /averageEqually's swaStart must be/],
      [() => call(swa, inner, {begin: 3}), /swa has no option 'begin'; it has start, every\./],
      [
        () => call(scheduleFree, 0.1),
        "scheduleFree takes what it steps with first, 'adamW', 'sgd' or 'rAdam'; got 0.1. " +
          "Write scheduleFree('adamW', 0.1).",
      ],
      [
        () => call(scheduleFree, 'sgd', {lr: 0.1}),
        "scheduleFree takes the learning rate second; got {lr: 0.1}. Write scheduleFree('sgd', 0.1).",
      ],
      [() => call(scheduleFree, 'sgd', 0.1, 0.9), /Write scheduleFree\('sgd', 0\.1, \{mom: 0\.9\}\)/],
      [() => scheduleFree('adamW', 0.1, {warmup: 1.5}), /scheduleFreeAdamStep's warmup must be/],
      [() => call(scheduleFree, 'rAdam', 0.1, {warmup: 5}), /'warmup'/],
      [() => call(scheduleFree, 'sgd', 0.1, {decayAtZ: 1}), "scheduleFree: 'decayAtZ' must be true or false; got 1."],
      [() => call(scheduleFree, 'sgd', 0.1, {decoupleWd: false}), /'decoupleWd'/],
    ];
    for (const [act, message] of faults) expect(act).toThrowError(message);
    inner.dispose();
  });

  it('makes a copy at first, also where the state was not finite', () =>
    tf.tidy(() => {
      const result = averageEqually({p: tf.tensor1d([1, 2]), swaAverage: tf.tensor1d([NaN, Infinity])});
      expect(result.swaAverage?.dataSync()).toEqual(Float32Array.of(1, 2));
    }));
});
