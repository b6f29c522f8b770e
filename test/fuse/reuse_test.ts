import {
  type Callback,
  callback,
  lastAxis,
  otherAxes,
  required,
  skipNonFinite,
  startAt,
  type Value,
  zeros,
} from '../../src';
import {describeBackends} from '../support/backends';
import {resultDifference, runInFloat64, runOnBackend} from '../support/composition_run';
import {leakless} from '../support/leakless';
import {present} from '../support/present';
import {compositionOfWaves, wave} from '../support/waves';

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The choices of one random rule. They are drawn anew, and so alike, each time that the rule runs. */
class Choices {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = generator(seed);
  }

  below(n: number): number {
    return Math.floor(this.#next() * n);
  }

  of<T>(list: readonly T[]): T {
    return present(list[this.below(list.length)]);
  }
}

type Make = (x: Value, y: Value, number: Value) => Value;

/** Each gives a value of the parameter's shape that is about as large as x and y. */
const MAKE: readonly Make[] = [
  (x, y) => x.mul(0.5).add(y.mul(0.25)),
  (x, y) => x.div(y.abs().add(1)),
  (x, y) => x.square().add(y.square()).add(0.01).sqrt(),
  (x, y) => x.where(x.greater(y), y),
  (x, _, number) => x.mul(number.abs().add(1)).div(number.abs().add(2)),
  (x, y, number) => x.where(number.greater(0.137), y),
  (x, y, number) => y.mul(0.5).where(number.greater(0.137), x),
  (x, _, number) => x.zerosLike().add(number),
  x => x.abs().add(1).log(),
  (x, y) => x.onesLike().where(x.greater(y), x.zerosLike()),
];
const REDUCE: ReadonlyArray<(x: Value) => Value> = [
  x => x.mean(),
  x => x.abs().mean().sqrt(),
  x => x.max(),
  x => x.greater(0.2).mean(),
];
const ALONG: ReadonlyArray<(x: Value) => Value> = [
  x => x.mean(lastAxis(x), true),
  x => x.mean(otherAxes(x), true),
  x => x.mean(lastAxis(x), true).max(),
  x => x.mean(otherAxes(x), true).square().mean(),
];

interface Kind {
  readonly axes: boolean;
  readonly totals: boolean;
}

/** A rule of several passes, whose outputs may be any of its values: also one value twice, an input, or a number. */
function randomRule(seed: number, {axes, totals}: Kind): Callback {
  const state = {first: zeros, second: startAt(({p}) => p), third: startAt(({grad}) => grad)};
  const run = (
    {p, grad, first, second, third}: Readonly<Record<'p' | 'grad' | keyof typeof state, Value>>,
    total: Readonly<Record<string, Value>>,
  ) => {
    const choices = new Choices(seed);
    const values: Value[] = [p, grad, first, second, third];
    const inputs = [...values];
    let numbers: Value[] = [grad.mean(), ...Object.values(total)];
    const rounds = 1 + choices.below(4);
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < 1 + choices.below(5); i++)
        values.push(choices.of(MAKE)(choices.of(values), choices.of(values), choices.of(numbers)));
      const reduced = choices.of(values);
      const along = axes ? choices.of(ALONG)(reduced) : undefined;
      numbers = [...numbers, choices.of(REDUCE)(choices.of(values))];
      if (along !== undefined) values.push(present(values.at(-1)).mul(0.5).add(along.mul(0.5)));
    }
    const late = values.slice(-4);
    // Early values twice as often, since these are what a pass before the last one can write.
    const left = () => choices.of([choices.of(values), choices.of(values), choices.of(late), choices.of(inputs)]);
    const again = left();
    const output = () => (choices.below(3) === 0 ? again : left());
    return {p: output(), first: output(), second: output(), third: output()};
  };
  if (!totals) return callback('reuseTest', {state, hypers: {lr: required}}, at => run(at, {}));
  return callback(
    'reuseTest',
    {
      state,
      hypers: {lr: required},
      total: ({p, grad, second}) => ({some: p.div(grad.abs().add(1)).mean(), others: second.square().mean()}),
    },
    at => run(at, {some: at.total.some, others: at.total.others.sqrt()}),
  );
}

const SIZES = [1, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000];
const SHAPES = [[], [1], [5], [1, 5], [5, 1], [4, 16], [3, 17], [2, 3, 5], [1, 1], [16, 4], [3, 65]];
/** How many rules of each kind. */
const RULES = 40;

/**
 * What differs from float64 in parameters and state.
 * @param how whether the second step is skipped, because a gradient holds NaN.
 */
async function compare(
  rule: Callback,
  name: string,
  shapes: ReadonlyArray<readonly number[]>,
  how: 'runs' | 'skips' = 'runs',
): Promise<string[]> {
  const callbacks = how === 'skips' ? [skipNonFinite, rule] : [rule];
  const composition = compositionOfWaves(callbacks, shapes, (shape, i, step) =>
    wave(shape, step + i + 1).map((x, j) => (how === 'skips' && step === 1 && i === 2 && j === 0 ? NaN : x)),
  );
  let graph = '';
  const results = await runOnBackend(composition, optimizer => {
    graph = optimizer.graph();
  });
  const found = resultDifference(results, runInFloat64(composition), 1e-4);
  return found === undefined ? [] : [`${name}: ${found}`, graph];
}

describeBackends(
  'values that passes leave for others',
  () => {
    const flat = SIZES.map(size => [size]);
    const suites: ReadonlyArray<readonly [string, Kind, ReadonlyArray<readonly number[]>]> = [
      ['of one parameter', {axes: false, totals: false}, flat],
      ['of several, with totals', {axes: false, totals: true}, flat],
      ['with axes', {axes: true, totals: false}, SHAPES],
      ['with axes and totals', {axes: true, totals: true}, SHAPES],
    ];
    for (const [what, kind, shapes] of suites)
      it(`are those of float64, ${what}`, () =>
        leakless(async () => {
          const found: string[] = [];
          for (let seed = 1; seed <= RULES && found.length === 0; seed++)
            found.push(...(await compare(randomRule(seed, kind), String(seed), shapes)));
          expect(found).toEqual([]);
        }));

    it('are those of float64, where the second step is skipped', () =>
      leakless(async () => {
        const found: string[] = [];
        for (let seed = 1; seed <= RULES && found.length === 0; seed++)
          found.push(...(await compare(randomRule(seed, {axes: false, totals: true}), String(seed), flat, 'skips')));
        expect(found).toEqual([]);
      }));

    it('are those of float64, of a parameter of many elements', () =>
      leakless(async () => {
        const found: string[] = [];
        for (const seed of [1, 2]) {
          const rule = (axes: boolean) => randomRule(seed, {axes, totals: true});
          found.push(...(await compare(rule(false), String(seed), [[65_537], [3]])));
          found.push(...(await compare(rule(true), String(seed), [[257, 255], [3]])));
        }
        expect(found).toEqual([]);
      }));

    it('are read from the output that has them already, where the last pass writes them to another', () =>
      leakless(async () => {
        const twice = callback(
          'twiceTest',
          {hypers: {lr: required}, state: {first: zeros, second: zeros}},
          ({p, grad, first, lr}) => {
            const both = first.mul(0.5).add(grad);
            // The parameter needs the old value of the first entry, which is written last for that reason.
            return {p: p.sub(both.mul(both.mean()).mul(lr)).sub(first), first: both, second: both};
          },
        );
        expect(await compare(twice, 'twice', flat)).toEqual([]);
      }));
  },
  ['wasm'],
);
