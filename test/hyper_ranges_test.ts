import {
  adam,
  callback,
  combine,
  constant,
  cos,
  ema,
  exp,
  lin,
  loadOptimizer,
  lookahead,
  Optimizer,
  optimizerOf,
  partition,
  poly,
  reduceLROnPlateau,
  required,
  saveOptimizer,
  type Schedule,
  sgd,
  sgdStep,
  slice,
} from '../src';
import {haveCommon} from '../src/rule/common_ranges';
import {isIn, type Range} from '../src/rule/range';
import {describeBackends} from './support/backends';
import {snapshot} from './support/bits';
import {leakless} from './support/leakless';
import {memoryHandler} from './support/memory_handler';
import {present} from './support/present';
import {compiled, smallNet, train} from './support/small_net';
import {tf} from './support/tfjs';

const rangedTest = callback(
  'rangedTest',
  {
    hypers: {
      clip: {default: 0.25, from: 0, below: 1},
      times: {default: 5, from: 1, whole: true},
      gain: {default: required, above: 0},
      share: {default: 1, to: 1},
      // Not in the range of its name.
      beta: {default: -1, from: -2, to: 2},
    },
  },
  ({grad, clip, times, gain, share, beta}) => ({grad: grad.mul(clip * times * gain * share * beta * -0.1)}),
);

const forAllTest = callback('forAllTest', {hypers: {all: {default: 1, from: 1, whole: true}}}, () => ({}));

/** Out of range for the hypers of `rangedTest` and for those of other callbacks, with what the error says. */
const WRONG: ReadonlyArray<readonly [hyper: string, value: number, says: string]> = [
  ['clip', 1, "'clip' must be in [0, 1); got 1."],
  ['clip', -0.5, "'clip' must be in [0, 1); got -0.5."],
  ['times', 2.5, "'times' must be a whole number from 1; got 2.5."],
  ['times', 0, "'times' must be a whole number from 1; got 0."],
  ['gain', 0, "'gain' must be a number above 0; got 0."],
  ['share', 1.5, "'share' must be a number to 1; got 1.5."],
  ['beta', -3, "'beta' must be in [-2, 2]; got -3."],
  ['mom', 1, "'mom' must be in [0, 1); got 1."],
  ['lr', -1, "'lr' must be a number from 0; got -1."],
  ['clip', NaN, "'clip' must be a finite number; got NaN."],
];

/** Values that these hypers can have. */
const RIGHT: Readonly<Record<string, number>> = {
  clip: 0.5,
  times: 2,
  gain: 1,
  share: 1,
  beta: 1,
  mom: 0.5,
  lr: 1,
  all: 1,
};

function variableOf(name: string): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor1d([1, -2]), true, name));
}

/** `verbose` by number, as in examples of tfjs. */
const QUIET = {verbose: 0};

function isObject(x: unknown): x is object {
  return typeof x === 'object' && x !== null;
}

/** An optimizer of two groups with one variable each. */
function twoGroups(): {optimizer: Optimizer; dispose: () => void} {
  const params = ['a', 'b'].map(name => [variableOf(`ranged_${name}`)]);
  const optimizer = sgd(0.5, {params, mom: 0.9, callbacks: [rangedTest], gain: [1, 2]});
  optimizer.applyGradients(Object.fromEntries(params.flat().map(variable => [variable.name, variable])));
  return {
    optimizer,
    dispose: () => {
      optimizer.dispose();
      tf.dispose(params);
    },
  };
}

/** Expects that `act` throws this error and changes nothing. */
async function refuses(
  says: string,
  act: (optimizer: Optimizer) => void,
  {optimizer, dispose} = twoGroups(),
): Promise<void> {
  optimizer.setSchedule({wd: lin(0.1, 0)}, {steps: 10});
  const before = await snapshot(optimizer);
  expect(() => {
    act(optimizer);
  })
    .withContext(says)
    .toThrowError(says);
  expect(await snapshot(optimizer))
    .withContext(says)
    .toEqual(before);
  dispose();
}

describeBackends(
  'a hyper with a range',
  () => {
    describe('alone', () => {
      it('holds where the hyper is set, and nothing is set beside a wrong value', async () => {
        await leakless(async () => {
          for (const [hyper, value, says] of WRONG) {
            await refuses(says, optimizer => {
              optimizer.setHyper(hyper, value);
            });
            await refuses(says, optimizer => {
              optimizer.setHypers({wd: 0.5, [hyper]: [present(RIGHT[hyper]), value]});
            });
            await refuses(says, optimizer => {
              present(optimizer.hypers[1])[hyper] = value;
            });
            await refuses(says, optimizer => {
              present(optimizer.paramGroups[1])[hyper] = value;
            });
            await refuses(says, optimizer => {
              tf.tidy(() => {
                const {hypers, ...dict} = optimizer.stateDict();
                optimizer.loadStateDict({...dict, hypers: [present(hypers[0]), {...hypers[1], [hyper]: value}]});
              });
            });
          }
        });
      });

      it('holds where the optimizer is made', () => {
        for (const [hyper, value, says] of WRONG) {
          expect(() => sgd(0.5, Object.assign({callbacks: [rangedTest], gain: 1}, {[hyper]: value})))
            .withContext(says)
            .toThrowError(says.includes("'lr'") ? /leave 'lr' out of the settings/ : says);
        }
        expect(
          () => new Optimizer([rangedTest, sgdStep], {lr: 1, gain: slice(0.1, 1), times: slice(1, 2)}),
        ).not.toThrow();
        expect(() => new Optimizer([rangedTest, sgdStep], {lr: 1, gain: -1})).toThrowError(
          "'gain' must be a number above 0; got -1.",
        );
      });

      it('has its ends, and lets through what it allows', () => {
        const {optimizer, dispose} = twoGroups();
        for (const [hyper, values] of Object.entries({
          clip: [0, 0.999],
          times: [1, 12],
          gain: [1e-30, 1e30],
          share: [1, -1e9],
          beta: [-2, 2],
          mom: [0, 0.999],
        })) {
          optimizer.setHyper(hyper, values);
          expect(optimizer.hypers.map(hypers => hypers[hyper])).toEqual(values);
        }
        optimizer.setHyper('times', slice(1, 4));
        expect(optimizer.hypers.map(({times}) => times)).toEqual([1, 4]);
        dispose();
      });

      it('holds for each value of a slice', async () => {
        await refuses("'clip' must be in [0, 1); got 1.", optimizer => {
          optimizer.setHyper('clip', slice(0.1, 1));
        });
        await refuses("'times' must be a whole number from 1; got 0.4.", optimizer => {
          optimizer.setHyper('times', slice(4));
        });
      });

      it('can be another than that of its name', () => {
        const variable = variableOf('wide');
        const wideTest = callback(
          'wideTest',
          {hypers: {mom: {default: 2}, lr: {default: 1, from: -1}}},
          ({lr, mom}) => (lr > mom ? {stop: true} : {}),
        );
        const optimizer = new Optimizer([wideTest], {lr: -1, params: variable});
        optimizer.setSchedule({mom: lin(-5, 5), lr: cos(-1, 0)}, {steps: 2});
        expect(optimizer.hypers).toEqual([{mom: 2, lr: -1}]);
        expect(() => {
          optimizer.lr = -2;
        }).toThrowError("'lr' must be a number from -1; got -2.");
        tf.dispose([variable]);
        optimizer.dispose();
      });
    });

    describe('in several callbacks', () => {
      const upTest = callback('upTest', {hypers: {k: {default: 8, from: 2}}}, () => ({}));
      const downTest = callback('downTest', {hypers: {k: {default: 4, below: 6}}}, () => ({}));
      const wholeTest = callback('wholeTest', {hypers: {k: {default: required, whole: true}}}, () => ({}));
      const freeTest = callback('freeTest', {hypers: {k: 0}}, () => ({}));
      const lowTest = callback('lowTest', {hypers: {k: {default: 1.5, above: 1, below: 2}}}, () => ({}));
      const lrTest = callback('lrTest', {hypers: {lr: {default: -1, to: -0.5}}}, () => ({}));

      it('all hold', () => {
        const optimizer = new Optimizer([upTest, downTest, wholeTest, freeTest], {k: 3});
        for (const [value, says] of [
          [1, "'k' must be a number from 2; got 1."],
          [6, "'k' must be a number below 6; got 6."],
          [2.5, "'k' must be a whole number; got 2.5."],
        ] as const)
          expect(() => {
            optimizer.setHyper('k', value);
          }).toThrowError(says);
        optimizer.setHyper('k', 2);
        expect(optimizer.hypers).toEqual([{k: 2}]);
        optimizer.dispose();
        // The default is that of the first callback.
        expect(() => new Optimizer([upTest, downTest], {})).toThrowError("'k' must be a number below 6; got 8.");
      });

      it('must have a number in common', () => {
        expect(() => new Optimizer([freeTest, upTest, lowTest], {})).toThrowError(
          "No value of 'k' suits all callbacks: it must be a number from 2 for upTest and in (1, 2) for lowTest. " +
            'Change one of the ranges, or rename it in one callback.',
        );
        expect(() => new Optimizer([lowTest, wholeTest], {k: 1.5})).toThrowError(
          /in \(1, 2\) for lowTest and a whole number for wholeTest\./,
        );
        expect(() => adam(1, {callbacks: [lrTest]})).toThrowError(
          /No value of 'lr' .* a number to -0.5 for lrTest and a number from 0 for weightDecay\./,
        );
        // By part, because each part has its own value.
        const parted = partition([{of: () => true, by: new Optimizer(upTest, {})}, {by: new Optimizer(lowTest, {})}]);
        expect(parted.hypers).toEqual([{k: 8}, {k: 1.5}]);
        parted.dispose();
        expect(() => partition([{by: new Optimizer(upTest, {})}], {callbacks: [lowTest]})).toThrowError(
          /a number from 2 for upTest|in \(1, 2\) for lowTest/,
        );
      });

      it('are compared rightly, also where only whole numbers count', () => {
        const bounds = [undefined, -1, -0.5, 0, 0.5, 1];
        const samples = Array.from({length: 81}, (_, i) => (i - 40) / 16);
        for (const from of bounds)
          for (const above of bounds)
            for (const to of bounds)
              for (const below of bounds)
                for (const whole of [true, false]) {
                  const ranges: Range[] = [{...(from !== undefined && {from}), whole}, {}];
                  if (above !== undefined) ranges.push({above});
                  if (to !== undefined) ranges.push({to});
                  if (below !== undefined) ranges.push({below});
                  const fits = samples.some(value => ranges.every(range => isIn(value, range)));
                  expect(haveCommon(ranges)).withContext(JSON.stringify(ranges)).toBe(fits);
                }
      });
    });

    describe('under a schedule', () => {
      const wrong: ReadonlyArray<readonly [hyper: string, schedule: Schedule, says: string]> = [
        ['clip', lin(0.5, 1), "'clip' must be in [0, 1); got 1."],
        ['gain', cos(1, [1, 0]), "'gain' must be a number above 0; got 0."],
        ['beta', constant(3), "'beta' must be in [-2, 2]; got 3."],
        ['times', constant(1.5), "'times' must be a whole number from 1; got 1.5."],
        ['times', combine([0.5, 0.5], [constant(1), constant(0)]), "'times' must be a whole number from 1; got 0."],
        ...[lin(1, 3), cos(1, 3), exp(1, 3), poly(1, 3, 2), combine([0.5, 0.5], [constant(1), lin(1, 3)])].map(
          schedule =>
            ['times', schedule, "'times' must be a whole number; schedule it by constant and combine only."] as const,
        ),
      ];

      /** As a state dict has it: one value per group. */
      const column = (of: Schedule): Schedule<readonly number[]> => {
        if (of.kind === 'combined') return {...of, parts: of.parts.map(column)};
        const [start, end] = [of.start, of.end].map(value => (typeof value === 'number' ? [value, value] : [1, 0]));
        return {...of, start: present(start), end: present(end)};
      };

      it('has its values in it, or nothing changes', async () => {
        for (const [hyper, schedule, says] of wrong) {
          await refuses(says, optimizer => {
            optimizer.setSchedule({wd: lin(1, 0), [hyper]: schedule}, {steps: 4});
          });
          await refuses(says, optimizer => {
            tf.tidy(() => {
              const before = [1, 1].map(() => present(RIGHT[hyper]));
              const hypers = [{name: hyper, before, schedule: column(schedule)}];
              optimizer.loadStateDict({...optimizer.stateDict(), schedule: {steps: 4, step: 0, hypers}});
            });
          });
        }
      });

      it('goes from one whole number to the next', () => {
        const {optimizer, dispose} = twoGroups();
        optimizer.setSchedule({times: combine([0.5, 0.5], [constant(3), constant([4, 5])])}, {steps: 2});
        const seen = [0, 1].map(() => {
          optimizer.applyGradients(Object.fromEntries(optimizer.paramLists.flat().map(v => [v.name, v])));
          return optimizer.hypers.map(({times}) => times);
        });
        expect(seen).toEqual([
          [3, 3],
          [4, 5],
        ]);
        dispose();
      });

      it('does not leave it on a plateau', async () => {
        const leastRate = callback('leastRate', {hypers: {lr: {default: 0.1, from: 0.05}}}, () => ({}));
        for (const make of [
          () => new Optimizer([leastRate, sgdStep], {lr: 0.1}),
          () =>
            partition([
              {of: ({name}: tf.Variable) => name.includes('block'), by: sgd(0.1)},
              {by: new Optimizer([leastRate, sgdStep], {lr: 0.1})},
            ]),
        ]) {
          const model = compiled(smallNet('plateau'), make());
          await train(model, 1);
          const optimizer = optimizerOf(model);
          const before = await snapshot(optimizer);
          expect(() => {
            optimizer.moving.lend(
              'lr',
              optimizer.hypers.map(() => 0.01),
              () => false,
            );
          }).toThrowError("'lr' must be a number from 0.05; got 0.01.");
          expect(await snapshot(optimizer)).toEqual(before);
          const xs = tf.zeros([8, 4]);
          const ys = tf.ones([8, 1]);
          const falls = reduceLROnPlateau({monitor: 'loss', patience: 1, minDelta: 1e9, factor: 0.1});
          await expectAsync(model.fit(xs, ys, {epochs: 4, ...QUIET, callbacks: falls})).toBeRejectedWithError(
            "'lr' must be a number from 0.05; got 0.010000000000000002.",
          );
          expect(optimizer.hypers.map(({lr}) => lr)).toEqual(optimizer.hypers.map(() => 0.1));
          optimizer.dispose();
          model.dispose();
          tf.dispose([xs, ys]);
        }
      });
    });

    describe('in a saved optimizer', () => {
      const savedTest = callback(
        'savedTest',
        {hypers: {times: {default: 2, from: 1, whole: true}, gain: {default: required, above: 0}}},
        ({grad, times, gain}) => ({grad: grad.mul(times * gain)}),
      );
      const made = {
        'an optimizer': () => new Optimizer([savedTest, sgdStep], {lr: 0.1, times: 3, gain: 2}),
        'an optimizer of the table': () => adam(0.1, {callbacks: [savedTest], times: 3, gain: 2}),
        Lookahead: () => lookahead(adam(0.1, {callbacks: [savedTest], times: 3, gain: 2})),
        'an average': () => ema(adam(0.1, {callbacks: [savedTest], times: 3, gain: 2})),
        'a partition': () => partition([{by: new Optimizer([savedTest, sgdStep], {lr: 0.1, times: 3, gain: 2})}]),
      };

      for (const [what, make] of Object.entries(made)) {
        it(`is loaded with its hypers, and refused with others: ${what}`, async () => {
          const variable = variableOf('saved_ranged');
          const optimizer = make();
          optimizer.applyGradients({[variable.name]: variable});
          optimizer.setSchedule({times: combine([0.5, 0.5], [constant(3), constant(4)])}, {steps: 4});
          const handler = memoryHandler();
          await saveOptimizer(optimizer, handler);
          const loaded = await loadOptimizer(handler, {params: variable});
          expect(loaded.hypers).toEqual(optimizer.hypers);
          expect(() => {
            loaded.setHyper('times', 0);
          }).toThrowError("'times' must be a whole number from 1; got 0.");
          expect(loaded.schedule?.at(1)).toEqual({times: [4]});
          const altered = (pattern: RegExp, by: string): tf.io.IOHandler => {
            const {modelTopology, ...rest} = handler.artifacts();
            const text = JSON.stringify(modelTopology);
            expect(text).toMatch(pattern);
            const read: unknown = JSON.parse(text.replace(pattern, by));
            if (!isObject(read)) throw new Error('The changed JSON must still be an object.');
            return {load: () => Promise.resolve({...rest, modelTopology: read})};
          };
          for (const [pattern, by, says] of [
            [/"times":3/, '"times":2.5', "'times' must be a whole number from 1; got 2.5."],
            [/"gain":2/, '"gain":-2', "'gain' must be a number above 0; got -2."],
            [/"start":\[4\]/, '"start":[0]', "'times' must be a whole number from 1; got 0."],
            [
              /"name":"no"/,
              '"name":"lin"',
              "'times' must be a whole number; schedule it by constant and combine only.",
            ],
          ] as const)
            await expectAsync(loadOptimizer(altered(pattern, by), {params: variable}))
              .withContext(by)
              .toBeRejectedWithError(says);
          loaded.dispose();
          optimizer.dispose();
          variable.dispose();
        });
      }
    });

    describe('in a partition', () => {
      const parted = (): {optimizer: Optimizer; dispose: () => void} => {
        const params = ['a', 'b'].map(name => [variableOf(`parted_${name}`)]);
        const optimizer = partition(
          [
            {of: ({name}: tf.Variable) => name === 'parted_a', by: sgd(0.1)},
            {by: new Optimizer([rangedTest, sgdStep], {lr: 1, gain: 1})},
          ],
          {params, callbacks: [forAllTest]},
        );
        return {
          optimizer,
          dispose: () => {
            optimizer.dispose();
            tf.dispose(params);
          },
        };
      };

      it('keeps the ranges of each part', async () => {
        for (const [hyper, value, says] of [
          ...WRONG.filter(([name]) => name !== 'mom'),
          ['all', 0.5, "'all' must be a whole number from 1; got 0.5."],
        ] as const) {
          for (const act of [
            (optimizer: Optimizer) => {
              optimizer.setHyper(hyper, value);
            },
            (optimizer: Optimizer) => {
              optimizer.setHypers({wd: 0.5, [hyper]: [present(RIGHT[hyper]), value]});
            },
            (optimizer: Optimizer) => {
              present(optimizer.hypers[1])[hyper] = value;
            },
          ])
            await refuses(says, act, parted());
        }
        expect(() => partition([{by: sgd(0.1)}], {callbacks: [rangedTest], gain: 0})).toThrowError(
          "'gain' must be a number above 0; got 0.",
        );
        await refuses(
          "'gain' must be a number above 0; got 0.",
          optimizer => {
            optimizer.setSchedule({lr: lin(1, 0), gain: lin(1, 0)}, {steps: 2});
          },
          parted(),
        );
      });

      it('takes over hypers outside of the ranges of their names', () => {
        const {optimizer, dispose} = parted();
        expect(optimizer.hypers.map(({beta}) => beta)).toEqual([undefined, -1, undefined, -1]);
        optimizer.setHyper('beta', -2);
        expect(optimizer.hypers.map(({beta}) => beta)).toEqual([undefined, -2, undefined, -2]);
        dispose();
      });

      it('is loaded with them', () => {
        const {optimizer, dispose} = parted();
        const dict = optimizer.stateDict();
        expect(() => {
          optimizer.loadStateDict({
            ...dict,
            hypers: dict.hypers.map(hypers => ('beta' in hypers ? {...hypers, beta: 9} : hypers)),
          });
        }).toThrowError("'beta' must be in [-2, 2]; got 9.");
        dispose();
      });
    });

    describe('as it is declared', () => {
      const declared =
        (hyper: unknown, name = 'k') =>
        () => {
          Reflect.apply(callback, undefined, ['misranged', {hypers: {[name]: hyper}}, () => ({})]);
        };

      it('is checked', () => {
        for (const [hyper, says] of [
          [{from: 1}, '.default must be a finite number or `required`; got undefined.'],
          [{default: true}, '.default must be a finite number or `required`; got true.'],
          [{default: NaN}, '.default must be a finite number or `required`; got NaN.'],
          [{default: 1, form: 0}, " has 'form', which it must not have; did you mean 'from'?"],
          [{default: 1, min: 0}, " has 'min', which it must not have; use default, from, above, to, below, whole."],
          [{default: 1, from: '0'}, ".from must be a number; got '0'."],
          [{default: 1, whole: 1}, '.whole must be true or false; got 1.'],
          [{default: 1, from: NaN}, ' must leave a number; none is in the range {default: 1, from: NaN}.'],
          [{default: 1, from: 2, to: 1}, ' must leave a number; none is in the range {default: 1, from: 2, to: 1}.'],
          [{}, '.default must be a finite number or `required`; got undefined.'],
          [null, ' must be a number, `required`, or an object such as {default: 5, from: 1, whole: true}; got null.'],
          [[1], ' must be a number, `required`, or an object such as {default: 5, from: 1, whole: true}; got [1].'],
          [true, ' must be a number, `required`, or an object such as {default: 5, from: 1, whole: true}; got true.'],
        ] as const)
          expect(declared(hyper)).withContext(says).toThrowError(`misranged: hypers.k${says}`);
        for (const [hyper, says] of [
          [{default: 0, above: 0}, 'a number above 0; got 0'],
          [{default: 1.5, from: 1, whole: true}, 'a whole number from 1; got 1.5'],
          [{default: 6, from: 1, to: 5, whole: true}, 'a whole number from 1 to 5; got 6'],
          [{default: 1, above: -1, below: 1}, 'in (-1, 1); got 1'],
        ] as const)
          expect(declared(hyper)).toThrowError(`misranged: the default of 'k' must be ${says}.`);
        for (const [hyper, name] of [
          [{default: 5}, 'mom'],
          [{default: 5, from: undefined}, 'mom'],
          [{default: required, from: 1, to: 1}, 'k'],
        ] as const)
          expect(declared(hyper, name)).not.toThrow();
      });

      it('does not belong in ranges', () => {
        expect(() => {
          Reflect.apply(callback, undefined, ['misranged', {hypers: {k: 1}, ranges: {k: {from: 1}}}, () => ({})]);
        }).toThrowError(
          "misranged: ranges names the hyper 'k'; it must name options. " +
            'Write the range at the hyper, as in {hypers: {k: {default: 5, from: 1}}}.',
        );
      });

      it('gives the default to a callback that is called alone', () => {
        const p = tf.tensor1d([1, 2]);
        const result = tf.tidy(() => present(rangedTest({p, grad: p, gain: 2}).grad).arraySync());
        expect(result).toEqual([0.25, 0.5]);
        p.dispose();
      });

      it('can be read from the callback', () => {
        expect(rangedTest.hypers.clip).toEqual({default: 0.25, from: 0, below: 1});
        expect(rangedTest.hypers.gain.default).toBe(required);
        expect(rangedTest.with({}).hypers).toBe(rangedTest.hypers);
      });
    });
  },
  ['cpu', 'wasm'],
);
