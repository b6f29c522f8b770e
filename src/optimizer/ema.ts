import {serialization} from '@tensorflow/tfjs-core';

import {averageRising, averageWeights} from '../callbacks/average';
import type {Callback} from '../rule/declaration';
import {checkOptions, checkPositive, checkSwitch} from '../util/options';
import {ExtendedOptimizer} from './extended_optimizer';
import type {Optimizer} from './optimizer';
import {registering} from './registering';
import type {Registering} from './row';

/** Settings of `Ema`. */
export interface EmaOptions {
  /** The share of the average that each step keeps, from 0 to below 1. Default 0.999. */
  readonly decay?: number;
  /**
   * Whether the decay rises with the number s of averaged steps, as `1 - (1 + s/warmupGamma)^-warmupPower`, up to
   * `decay`. Then the average soon forgets the first weights. Default false.
   */
  readonly warmup?: boolean;
  /** How slowly the decay rises, above 0. Only with `warmup`. Default 1. */
  readonly warmupGamma?: number;
  /** The exponent of the rise, from 0. Only with `warmup`. Default 2/3, for a million steps or more; 3/4 for fewer. */
  readonly warmupPower?: number;
  /** The smallest decay, from 0 to below 1. Only with `warmup`. Default 0. */
  readonly minDecay?: number;
  /**
   * The average starts as a copy of the weights after step `startAfter` + 1; a whole number from 0. Until then, it is a
   * copy of the present weights. Default: with `warmup` 0; without it, it starts as the weights before the first step.
   */
  readonly startAfter?: number;
}

const RISING = ['warmupGamma', 'warmupPower', 'minDecay'] as const;

/**
 * Weight averaging over another optimizer: its callbacks, then `averageWeights`, or `averageRising` with `warmup` or
 * `startAfter`. `opt.eval()` shows the averages and `opt.train()` puts the trained weights back; `withAverages` does
 * both around a function, and in `fit`, `evaluateAverages()` does both around validation. It takes over the optimizer
 * that it is given, as `Lookahead` does.
 * @throws where an option is out of range; where an option needs `warmup`; where the optimizer has a hyper called
 *   `decay`: wrap an Adamax with `{hpMap: {decay: 'lrDecay'}}`; with `warmup` or `startAfter`, for `mars`, which has a
 *   hyper called `gamma`; and for scheduleFree, which has an average already.
 * @formula `average ← decay·average + (1 - decay)·p`
 * @example
 * ```ts
 * model.compile({optimizer: new Ema(adam(1e-3), {decay: 0.99}), loss: 'meanSquaredError'});
 * ```
 */
export class Ema<I extends Optimizer = Optimizer> extends ExtendedOptimizer<I> {
  static override get className(): string {
    return 'TfjsOptimEma';
  }

  constructor(inner: I, options: EmaOptions = {}, ...more: undefined[]) {
    checkOptions(
      'ema',
      options,
      {decay: 0.999, warmup: true, warmupGamma: 1, warmupPower: 1, minDecay: 0, startAfter: 0},
      more,
      'optimizer, ',
    );
    super(inner, averageOf(options));
    serialization.registerClass(Ema);
  }
}

function averageOf({decay = 0.999, warmup = false, startAfter, ...rise}: EmaOptions): Callback {
  checkSwitch('warmup', warmup);
  for (const name of RISING)
    if (!warmup && rise[name] !== undefined)
      throw new Error(`ema: '${name}' needs warmup: true; set it, or leave '${name}' out.`);
  if (!warmup && startAfter === undefined) return averageWeights.with({decay});
  const {warmupGamma: gamma = 1, warmupPower: power, minDecay} = rise;
  checkPositive('warmupGamma', gamma);
  return averageRising.with({decay, rising: warmup, gamma, power, minDecay, startAfter});
}

function make<I extends Optimizer>(inner: I, options: EmaOptions = {}, ...more: undefined[]): Ema<I> {
  return new Ema(inner, options, ...more);
}

/** Makes {@link Ema} over an optimizer. */
export interface EmaFactory extends Registering {
  /**
   * @param inner the optimizer, which it takes over.
   * @throws as {@link Ema} does.
   */
  <I extends Optimizer>(inner: I, options?: EmaOptions, ...more: undefined[]): Ema<I>;
}

/**
 * Makes `Ema` over an optimizer, which it takes over.
 * @formula `average ← decay·average + (1 - decay)·p`
 * @example
 * ```ts
 * const opt = ema(adam(1e-3), {decay: 0.99});
 * model.compile({optimizer: opt, loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {epochs: 3});
 * const score = withAverages(opt, () => model.evaluate(xs, ys));
 * ```
 */
export const ema: EmaFactory = /* @__PURE__ */ registering(Ema, make);
