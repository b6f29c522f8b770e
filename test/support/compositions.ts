import fc from 'fast-check';

import {
  adamStep,
  averageGrad,
  averageSqrGrad,
  type Callback,
  l2Reg,
  lambStep,
  larcLayerLr,
  larcStep,
  lookaheadSync,
  momentumStep,
  qhAdamStep,
  rAdamStep,
  rmsPropStep,
  type Scalar,
  sgdStep,
  skipNonFinite,
  stepStat,
  weightDecay,
} from '../../src';
import {type Chain, chainOf} from '../../src/rule/chain';
import {ALL, dividedChain} from '../../src/rule/division';
import {accumulate, keepAverage, limitNorm} from './demonstrating_callbacks';
import {present} from './present';
import {
  randomAlone,
  randomAxes,
  type RandomCallback,
  randomGradient,
  randomShared,
  randomStep,
  randomTotal,
  randomUpdate,
} from './random_callbacks';

interface CompositionParameter {
  readonly shape: readonly number[];
  /** Exact in float32. */
  readonly init: readonly number[];
  readonly doWd: boolean;
  /** One per step, exact in float32; null where the parameter has none in that step. */
  readonly gradients: ReadonlyArray<readonly number[] | null>;
}

/** A random optimizer and a run of it. */
export interface RandomComposition extends Composition {
  /** Whether GPUs run some of its callbacks as ordinary operations. */
  readonly runsAloneOnGpus: boolean;
}

/** An optimizer and a run of it: everything that a step depends on. */
export interface Composition {
  readonly callbacks: readonly Callback[];
  /** For a partition: the part of each callback, or `ALL`. Parameters belong to its two parts by turns. */
  readonly partOf?: readonly number[] | undefined;
  /** The hypers, one value per group. */
  readonly hypers: Readonly<Record<string, readonly Scalar[]>>;
  readonly groups: ReadonlyArray<readonly CompositionParameter[]>;
  /** The first group that trains. */
  readonly freezeTo: number;
  readonly steps: number;
  /** The factor of every hyper in each step. */
  readonly schedule: readonly number[];
}

/** The chain of a composition. */
export function chainOfAll({callbacks, partOf}: Pick<Composition, 'callbacks' | 'partOf'>): Chain {
  return partOf === undefined
    ? chainOf(callbacks)
    : dividedChain(
        callbacks.map((each, i) => [present(partOf[i]), each] as const),
        ['first', 'second'].map(name => ({name, keepsMom: false, takes: undefined})),
      );
}

/** Puts NaN in a gradient of the first parameter in these steps. */
function poisoned(groups: Composition['groups'], steps: readonly boolean[]): Composition['groups'] {
  return groups.map((group, i) =>
    group.map((parameter, j) => ({
      ...parameter,
      gradients: parameter.gradients.map((gradient, step) =>
        gradient !== null && i === 0 && j === 0 && steps[step] === true
          ? gradient.map((x, k) => (k === 0 ? NaN : x))
          : gradient,
      ),
    })),
  );
}

const MOST_STEPS = 7;
const ALONE_ON_GPUS = /randomAlone|randomAxes|rowMean|columnMean|outerProduct/;

/**
 * Values that keep float32 near float64: an `eps` of 1e-8 magnifies the rest of a gradient that nearly cancels.
 */
const HYPERS: Readonly<Record<string, readonly number[]>> = {
  lr: [0.001, 0.02, 0.1],
  mom: [0, 0.5, 0.9],
  sqrMom: [0.5, 0.9, 0.99],
  eps: [1e-3, 0.01],
  wd: [0, 0.01, 0.1],
  nu1: [0, 0.7, 1],
  nu2: [0.5, 1],
  trustCoeff: [0.02],
  beta: [0, 5, 50],
  maxNorm: [0.5, 3],
  weightMom: [0.5, 0.9],
};
const FLAG_OPTIONS = ['dampening', 'clip'];

const named = (...list: readonly Callback[]): RandomCallback[] => list.map(made => ({made, text: made.name}));
const dampened = averageGrad.with({dampening: true});
const adamAverages = named(dampened, averageSqrGrad, stepStat);

const rules: fc.Arbitrary<readonly RandomCallback[]> = fc.oneof(
  fc.constantFrom(
    named(sgdStep),
    named(averageGrad, momentumStep),
    named(dampened, momentumStep),
    named(averageSqrGrad, rmsPropStep),
    named(averageGrad, averageSqrGrad.with({dampening: false}), rmsPropStep),
    named(larcLayerLr, larcStep),
    named(averageGrad, larcLayerLr.with({clip: false}), larcStep),
    ...[adamStep, rAdamStep, qhAdamStep, lambStep].map(step => [...adamAverages, ...named(step)]),
  ),
  randomStep.map(step => [step]),
  fc.tuple(randomGradient, randomStep).map(list => [...named(dampened), ...list]),
  fc
    .tuple(randomStep, fc.constantFrom(adamStep, lambStep))
    .map(([first, step]) => [...adamAverages, first, ...named(step)]),
);

const optional = (of: fc.Arbitrary<RandomCallback>): fc.Arbitrary<readonly RandomCallback[]> =>
  fc.option(of, {nil: undefined, freq: 1}).map(random => (random === undefined ? [] : [random]));

const before: fc.Arbitrary<readonly RandomCallback[]> = fc
  .tuple(
    fc.constantFrom([], named(accumulate.with({n: 2}))),
    // Backends disagree on the maximum of NaN, so what takes one comes after the gate.
    fc.constantFrom([], [], named(skipNonFinite), named(skipNonFinite.with({maxGradNorm: 40}))),
    fc.constantFrom([], named(limitNorm)),
    optional(fc.oneof(randomTotal, randomGradient, randomAxes, randomShared, randomAlone)),
    fc.constantFrom([], named(weightDecay), named(l2Reg)),
  )
  .map(lists => lists.flat())
  // A callback that takes the update comes after a step.
  .filter(list => list.every(({made}) => !made.declaration.takesUpdate));

const after = fc.constantFrom(
  [],
  [],
  named(lookaheadSync.with({k: 2})),
  named(lookaheadSync.with({k: 3, alpha: 0.25})),
  named(keepAverage),
);

// A gradient after the step would be an error.
const aloneOnUpdate = randomAlone.filter(({made}) => made.declaration.takesUpdate);

const onUpdate = fc.oneof(
  {weight: 2, arbitrary: fc.constant<readonly RandomCallback[]>([])},
  {weight: 1, arbitrary: randomUpdate.map(random => [random])},
  {weight: 1, arbitrary: aloneOnUpdate.map(random => [random])},
  {weight: 1, arbitrary: fc.tuple(randomUpdate, aloneOnUpdate)},
);

type CallbackList = ReadonlyArray<readonly [part: number, callback: RandomCallback]>;

const inPart = (part: number, list: readonly RandomCallback[]): CallbackList =>
  list.map(each => [part, each] as const);
const ofPart = (part: number, list: CallbackList): RandomCallback[] =>
  list.filter(([of]) => of === part || of === ALL).map(([, each]) => each);

/** What runs on the same parameters, one list per part. */
function listsOf(list: CallbackList): RandomCallback[][] {
  return [0, 1].map(part => ofPart(part, list)).filter(each => each.length > 0);
}

const callbackLists: fc.Arbitrary<CallbackList> = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(before, rules, onUpdate, after).map(lists => inPart(0, lists.flat())),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(before, fc.tuple(rules, onUpdate), fc.tuple(rules, onUpdate), after)
        .map(([first, one, two, last]) => [
          ...inPart(ALL, first),
          ...inPart(0, one.flat()),
          ...inPart(1, two.flat()),
          ...inPart(ALL, last),
        ]),
    },
  )
  // A callback reads what comes before it only; and of two callbacks of one name, one could not be saved.
  .filter(all =>
    listsOf(all).every(
      list =>
        new Set(list.map(({text}) => text.split('(')[0])).size === list.length &&
        (orderOf(list, 'randomGradient') === -1 || orderOf(list, 'randomGradient') > orderOf(list, 'averageGrad')),
    ),
  );

function orderOf(list: readonly RandomCallback[], name: string): number {
  return list.findIndex(({made}) => made.name === name);
}

// Above this, elements come from one random number: lists of so many would take fast-check longer than all steps.
const LONGEST_LIST = 100;

/** Integers from -128 to 128. */
function integers(size: number): fc.Arbitrary<readonly number[]> {
  if (size <= LONGEST_LIST) return fc.array(fc.integer({min: -128, max: 128}), {minLength: size, maxLength: size});
  return fc.nat().map(seed => Array.from({length: size}, (_, i) => (((i + seed) * 7919) % 257) - 128));
}

const parametersOf = (shapes: ReadonlyArray<readonly number[]>): fc.Arbitrary<CompositionParameter> =>
  fc.constantFrom(...shapes).chain(shape => {
    const size = shape.reduce((a, b) => a * b, 1);
    const list = integers(size);
    const zero = fc.constant(new Array<number>(size).fill(0));
    return fc.record({
      shape: fc.constant(shape),
      // Off the grid of the gradients, so that decay never cancels a gradient except for a rounding error.
      init: fc.oneof(
        {weight: 9, arbitrary: list.map(numbers => numbers.map(n => Math.fround(n / 64 + 1 / 300)))},
        {weight: 1, arbitrary: zero},
      ),
      doWd: fc.boolean(),
      gradients: fc.array(
        fc.oneof(
          {weight: 8, arbitrary: list.map(numbers => numbers.map(n => n / 64))},
          {weight: 1, arbitrary: zero},
          {weight: 1, arbitrary: fc.constant(null)},
        ),
        {minLength: MOST_STEPS, maxLength: MOST_STEPS},
      ),
    });
  });

/** None, down step by step, or to any of some values at any step. */
const schedules: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant(new Array<number>(MOST_STEPS).fill(1)),
  fc.constant(Array.from({length: MOST_STEPS}, (_, step) => 1 - step / 50)),
  fc.array(fc.constantFrom(1, 0.9, 0.5), {minLength: MOST_STEPS, maxLength: MOST_STEPS}),
);

function hypersOf(chain: Chain, groups: number): fc.Arbitrary<Composition['hypers']> {
  const {hypers, options, division} = chain;
  const oneEach = <T extends Scalar>(...values: readonly T[]) =>
    fc.array(fc.constantFrom(...values), {minLength: groups, maxLength: groups});
  const own = [...hypers.keys()].map(name => [name, oneEach(...present(HYPERS[name]))] as const);
  // In a partition the options of a part are set where its optimizer is made.
  const flags = FLAG_OPTIONS.filter(name => division === undefined && options.has(name)).map(
    name => [name, oneEach(true, false)] as const,
  );
  const some = fc.subarray(flags).chain(chosen => fc.record(Object.fromEntries(chosen)));
  return fc.tuple(fc.record(Object.fromEntries(own)), some).map(([a, b]) => ({...a, ...b}));
}

/**
 * Compositions of the package's callbacks and random ones, over random groups, shapes, hypers and schedules, with some
 * gradients missing.
 */
export const compositionsOver = (shapes: ReadonlyArray<readonly number[]>): fc.Arbitrary<RandomComposition> =>
  fc
    .record({
      list: callbackLists,
      groups: fc.array(fc.array(parametersOf(shapes), {minLength: 1, maxLength: 3}), {minLength: 1, maxLength: 3}),
      steps: fc.integer({min: 1, max: MOST_STEPS}),
      schedule: schedules,
      poison: fc.array(fc.boolean(), {minLength: MOST_STEPS, maxLength: MOST_STEPS}),
    })
    .chain(({list: divided, groups: clean, steps, schedule, poison}) => {
      const list = divided.map(([, each]) => each);
      const callbacks = list.map(({made}) => made);
      const partOf = divided.some(([part]) => part === 1) ? divided.map(([part]) => part) : undefined;
      const groups = list.some(({made}) => made.declaration.skips) ? poisoned(clean, poison) : clean;
      return fc
        .record({
          hypers: hypersOf(chainOfAll({callbacks, partOf}), groups.length),
          freezeTo: fc.integer({min: 0, max: groups.length - 1}),
        })
        .map(({hypers, freezeTo}) => ({
          callbacks,
          partOf,
          runsAloneOnGpus: list.some(({text}) => ALONE_ON_GPUS.test(text)),
          hypers,
          groups,
          freezeTo,
          steps,
          schedule,
          [fc.toStringMethod]: () =>
            fc.stringify({
              callbacks: list.map(({text, made}) => `${text} ${fc.stringify(made.options)}`),
              partOf,
              hypers,
              groups,
              freezeTo,
              steps,
              schedule,
            }),
        }));
    });

/** Few shapes, because tfjs compiles its programs for each. */
export const FEW_SHAPES = [[], [3], [2, 3], [4, 1, 2], [7, 5], [0, 3]];
/** Ranks from 0 to 6; sizes next to the four that a vector holds. */
export const SMALL_SHAPES = [
  [],
  [1],
  [0, 3],
  [3],
  [4],
  [5],
  [2, 4],
  [3, 3],
  [4, 1, 3],
  [13],
  [2, 2, 2, 2],
  [17],
  [1, 3, 1, 5, 1],
  [2, 1, 2, 1, 2, 2],
  [31],
];
/** Ranks from 0 to 6; around the tile of the CPU backend, and above 65,536: next to multiples of 4 and others. */
export const LARGE_SHAPES = [
  [],
  [8191],
  [8193],
  [65_537],
  [65_539],
  [257, 257],
  [3, 21_853],
  [6, 10, 1093],
  [5, 4, 4, 821],
  [2, 3, 5, 7, 313],
  [2, 1, 5, 1, 4, 1639],
];
