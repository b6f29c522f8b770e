import {type HyperValue, spread} from '../rule/slice';
import {checkOptions, checkPositive, checkShare, checkWhole} from '../util/options';
import {shown} from '../util/shown';
import {combine, constant, cos, lin, poly} from './constructors';
import type {Schedule, SchedulePolicy, Schedules} from './schedule';

/** Settings that all policies of this file take. */
interface LrOptions {
  /** The highest learning rate: one number, one per group, or a `slice`. Default: the `lr` of each group. */
  readonly lrMax?: HyperValue | undefined;
  /** The weight decay during the schedule. Default: it does not change. */
  readonly wd?: HyperValue | undefined;
}

/** Settings of one-cycle. */
export interface OneCycleOptions extends LrOptions {
  /** The rate starts at `lrMax/div`; positive. Default 25. */
  readonly div?: number;
  /** It ends at `lrMax/divFinal`; positive. Default 1e5. */
  readonly divFinal?: number;
  /** The share of the schedule in which the rate rises, in [0, 1]. Default 0.25. */
  readonly pctStart?: number;
  /**
   * `mom` at the start, at the highest rate and at the end. Default [0.95, 0.85, 0.95]. Without effect on an optimizer
   * without momentum.
   */
  readonly moms?: readonly [number, number, number];
}

/** Settings of flat-cosine. */
export interface FlatCosOptions extends LrOptions {
  /** It ends at `lrMax/divFinal`; positive. Default 1e5. */
  readonly divFinal?: number;
  /** The share of the schedule in which the rate stays flat, in [0, 1]. Default 0.75. */
  readonly pctStart?: number;
}

/** Settings of cosine annealing with warm restarts. */
export interface SgdrOptions extends LrOptions {
  /** The number of cycles, a whole number from 1. Default 3. */
  readonly cycles?: number;
  /** Each cycle is this many times as long as the one before; positive. Default 2. */
  readonly cycleMult?: number;
}

/** Settings of warm-up and cosine. */
export interface WarmupCosOptions extends LrOptions {
  /** The share of the schedule in which the rate rises from `lrStart`, in [0, 1]. Default 0.1. */
  readonly pctStart?: number;
  /** The rate at the start. Default 0. */
  readonly lrStart?: HyperValue;
  /** The rate at the end. Default 0. */
  readonly lrEnd?: HyperValue;
}

/** Settings of warm-up, stable rate, decay. */
export interface WsdOptions extends LrOptions {
  /** The share of the schedule in which the rate rises from `lrStart`, in [0, 1]. Default 0.1. */
  readonly pctStart?: number;
  /** The share of the schedule in which the rate falls to `lrEnd`, in [0, 1]. Default 0.2. */
  readonly pctDecay?: number;
  /** How it falls: `'1-sqrt'`, as `1 - √p` at the share p of the decay, or `'linear'`. Default `'1-sqrt'`. */
  readonly decay?: '1-sqrt' | 'linear';
  /** The rate at the start. Default 0. */
  readonly lrStart?: HyperValue;
  /** The rate at the end. Default 0. */
  readonly lrEnd?: HyperValue;
}

/** Usual values of what all policies take. */
const OF_ALL = {lrMax: 0.01, wd: 0.01};
/** Options of the callbacks of `fit`. The policies do not read them. */
const OF_FIT = {keep: true, stepsPerEpoch: 100, minutes: 1, seconds: 60};

type Hypers = Parameters<SchedulePolicy['schedulesFor']>[0];

/**
 * `lr` follows half a cosine from `lrMax/div` up to `lrMax`, and another one down to `lrMax/divFinal`. `mom` falls
 * where `lr` rises, and rises where `lr` falls. Source: Smith & Topin, Super-Convergence, 2018.
 */
export function oneCyclePolicy(options: OneCycleOptions = {}, more: readonly unknown[] = []): SchedulePolicy {
  checkOptions('oneCycle', options, {...OF_ALL, div: 25, divFinal: 1e5, pctStart: 0.25, moms: [], ...OF_FIT}, more);
  const {div = 25, divFinal = 1e5, pctStart = 0.25, moms = [0.95, 0.85, 0.95]} = options;
  const ownMoms = options.moms === undefined;
  checkPositive('div', div);
  checkPositive('divFinal', divFinal);
  checkShare('pctStart', pctStart);
  const [first, middle, last] = threeOf(moms);
  return {
    ownMoms,
    schedulesFor: hypers => {
      const lr = highest(options, hypers);
      return {
        lr: hill(pctStart, over(lr, div), lr, over(lr, divFinal)),
        ...(hypers.some(({mom}) => typeof mom === 'number' && mom !== 0)
          ? {mom: hill(pctStart, first, middle, last)}
          : {}),
        ...decay(options),
      };
    },
  };
}

/** `lr` stays at `lrMax`, and then follows half a cosine down to `lrMax/divFinal`. */
export function flatCosPolicy(options: FlatCosOptions = {}, more: readonly unknown[] = []): SchedulePolicy {
  checkOptions('flatCos', options, {...OF_ALL, divFinal: 1e5, pctStart: 0.75, ...OF_FIT}, more);
  const {divFinal = 1e5, pctStart = 0.75} = options;
  checkPositive('divFinal', divFinal);
  checkShare('pctStart', pctStart);
  return {
    schedulesFor: hypers => {
      const lr = highest(options, hypers);
      return {lr: combine([pctStart, 1 - pctStart], [constant(lr), cos(lr, over(lr, divFinal))]), ...decay(options)};
    },
  };
}

/** `lr` follows half a cosine from `lrMax` to 0 in each cycle. Source: Loshchilov & Hutter, SGDR, 2017. */
export function sgdrPolicy(options: SgdrOptions = {}, more: readonly unknown[] = []): SchedulePolicy {
  checkOptions('sgdr', options, {...OF_ALL, cycles: 3, cycleMult: 2, ...OF_FIT}, more);
  const lengths = cycleLengths(options);
  const total = lengths.reduce((a, b) => a + b);
  return {
    schedulesFor: hypers => {
      const lr = highest(options, hypers);
      return {
        lr: combine(
          lengths.map(length => length / total),
          lengths.map(() => cos(lr, 0)),
        ),
        ...decay(options),
      };
    },
  };
}

/** `lr` rises linearly from `lrStart` to `lrMax`, and then follows half a cosine to `lrEnd`. */
export function warmupCosPolicy(options: WarmupCosOptions = {}, more: readonly unknown[] = []): SchedulePolicy {
  checkOptions('warmupCos', options, {...OF_ALL, pctStart: 0.1, lrStart: 0, lrEnd: 0, ...OF_FIT}, more);
  const {pctStart = 0.1, lrStart = 0, lrEnd = 0} = options;
  checkShare('pctStart', pctStart);
  return {
    schedulesFor: hypers => {
      const lr = highest(options, hypers);
      const [start, end] = [rates('lrStart', lrStart, hypers), rates('lrEnd', lrEnd, hypers)];
      return {lr: combine([pctStart, 1 - pctStart], [lin(start, lr), cos(lr, end)]), ...decay(options)};
    },
  };
}

/**
 * `lr` rises linearly from `lrStart` to `lrMax`, stays there, and then falls to `lrEnd`. Sources: Hu et al., MiniCPM,
 * 2024; Hägele et al., Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations, 2024 (`1-sqrt`).
 */
export function wsdPolicy(options: WsdOptions = {}, more: readonly unknown[] = []): SchedulePolicy {
  checkOptions(
    'wsd',
    options,
    {...OF_ALL, pctStart: 0.1, pctDecay: 0.2, decay: 'linear', lrStart: 0, lrEnd: 0, ...OF_FIT},
    more,
  );
  const {pctStart = 0.1, pctDecay = 0.2, decay: falls = '1-sqrt', lrStart = 0, lrEnd = 0} = options;
  checkShare('pctStart', pctStart);
  checkShare('pctDecay', pctDecay);
  const stable = 1 - pctStart - pctDecay;
  // The sum of two shares such as 0.9 and 0.1 may be above 1 by rounding.
  if (stable < -1e-9)
    throw new Error(`'pctStart' and 'pctDecay' must be 1 at most in sum; got ${pctStart} and ${pctDecay}.`);
  const fall = FALLS.get(falls);
  if (fall === undefined)
    throw new Error(`'decay' must be one of ${[...FALLS.keys()].map(shown).join(', ')}; got ${shown(falls)}.`);
  return {
    schedulesFor: hypers => {
      const lr = highest(options, hypers);
      const parts = [
        lin(rates('lrStart', lrStart, hypers), lr),
        constant(lr),
        fall(lr, rates('lrEnd', lrEnd, hypers)),
      ];
      return {lr: combine([pctStart, Math.max(0, stable), pctDecay], parts), ...decay(options)};
    },
  };
}

const FALLS: ReadonlyMap<unknown, (start: HyperValue, end: HyperValue) => Schedule> = new Map([
  ['1-sqrt', (start: HyperValue, end: HyperValue) => poly(start, end, 0.5)],
  ['linear', lin],
]);

/** The length of each cycle of SGDR, where the first has length 1. */
export function cycleLengths({cycles = 3, cycleMult = 2}: SgdrOptions): number[] {
  checkWhole('cycles', cycles, 1);
  checkPositive('cycleMult', cycleMult);
  return Array.from({length: cycles}, (_, i) => cycleMult ** i);
}

function hill(pct: number, start: HyperValue, middle: HyperValue, end: HyperValue): Schedule {
  return combine([pct, 1 - pct], [cos(start, middle), cos(middle, end)]);
}

function threeOf(moms: unknown): readonly [number, number, number] {
  const numbers = Array.isArray(moms)
    ? moms.filter(mom => typeof mom === 'number').filter(mom => Number.isFinite(mom))
    : [];
  const [first, middle, last, ...more] = numbers;
  if (first === undefined || middle === undefined || last === undefined || more.length > 0)
    throw new Error(`'moms' must be three numbers, such as [0.95, 0.85, 0.95]; got ${shown(moms)}.`);
  return [first, middle, last];
}

function highest({lrMax}: LrOptions, hypers: Hypers): number[] {
  if (lrMax !== undefined) return rates('lrMax', lrMax, hypers);
  return hypers.map(({lr}) => {
    if (typeof lr !== 'number')
      throw new Error("The schedule needs an optimizer with the hyper 'lr'; this optimizer has no 'lr'.");
    return lr;
  });
}

/** A rate for each group. @throws under the name of the option, where one is not a number. */
function rates(name: string, value: HyperValue, {length}: Hypers): number[] {
  return spread(name, value, length).map(rate => {
    if (typeof rate !== 'number' || !Number.isFinite(rate))
      throw new Error(`'${name}' must be a finite number; got ${shown(rate)}.`);
    return rate;
  });
}

function over(values: readonly number[], divisor: number): number[] {
  return values.map(value => value / divisor);
}

function decay({wd}: LrOptions): Schedules {
  return wd === undefined ? {} : {wd: constant(wd)};
}
