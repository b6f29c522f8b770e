import {serialization} from '@tensorflow/tfjs-core';

import {averageEqually} from '../callbacks/average';
import {checkOptions} from '../util/options';
import {Ema} from './ema';
import {ExtendedOptimizer} from './extended_optimizer';
import type {Optimizer} from './optimizer';
import {registering} from './registering';
import type {Registering} from './row';

/** Settings of `swa`. */
export interface SwaOptions {
  /** After how many steps averaging begins; a whole number from 0. Default 0. */
  readonly start?: number;
  /** Every how many steps the weights join the average; a whole number from 1. Default 1. */
  readonly every?: number;
}

/**
 * Stochastic weight averaging over another optimizer. See {@link swa}. It is saved as an `Ema`, and loaded as one.
 * @formula `average ← average + (p - average)/n`, where n counts the averaged weights
 * @example
 * ```ts
 * model.compile({optimizer: new Swa(sgd(0.1), {start: 100, every: 10}), loss: 'meanSquaredError'});
 * ```
 */
export class Swa<I extends Optimizer = Optimizer> extends ExtendedOptimizer<I> {
  static override get className(): string {
    return 'TfjsOptimEma';
  }

  constructor(inner: I, options: SwaOptions = {}, ...more: undefined[]) {
    checkOptions('swa', options, {start: 100, every: 10}, more, 'optimizer, ');
    const {start, every} = options;
    super(inner, averageEqually.with({swaStart: start, swaEvery: every}), 'swa');
    serialization.registerClass(Ema);
  }
}

function make<I extends Optimizer>(inner: I, options: SwaOptions = {}, ...more: undefined[]): Swa<I> {
  return new Swa(inner, options, ...more);
}

/** Makes {@link Swa}. */
export interface SwaFactory extends Registering {
  /**
   * @param inner the optimizer, which it takes over.
   * @throws where an option is out of range, and for scheduleFree, which has an average already.
   */
  <I extends Optimizer>(inner: I, options?: SwaOptions, ...more: undefined[]): Swa<I>;
}

/**
 * Stochastic weight averaging over another optimizer: its callbacks, then `averageEqually`. All averaged weights have
 * the same weight. It counts steps of the optimizer, not epochs: `swa(sgd(0.1), {start: 5 * stepsPerEpoch, every:
 * stepsPerEpoch})` averages the weights at the end of epochs. Let the learning rate be constant, or cyclic, after
 * `start`. `opt.eval()`, `withAverages` and `evaluateAverages()` show the averages; before the first one, they show the
 * trained weights. Source: Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018.
 * @formula `average ← average + (p - average)/n`, where n counts the averaged weights
 * @example
 * ```ts
 * model.compile({optimizer: swa(sgd(0.1, {mom: 0.9}), {start: 100, every: 10}), loss: 'meanSquaredError'});
 * ```
 */
export const swa: SwaFactory = /* @__PURE__ */ registering(Ema, make);
