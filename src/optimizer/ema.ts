import {averageWeights} from '../callbacks/average';
import {checkOptions} from '../schedule/options';
import {ExtendedOptimizer} from './extended_optimizer';
import type {Optimizer} from './optimizer';

/** Settings of `Ema`. */
export interface EmaOptions {
  /** The share of the average that each step keeps, from 0 to below 1. Default 0.999. */
  readonly decay?: number;
}

/**
 * Weight averaging over another optimizer: its callbacks, then `averageWeights`. `opt.eval()` shows the averages and
 * `opt.train()` puts the trained weights back; in `fit`, `evaluateAverages()` does both around validation. It takes
 * over the optimizer that it is given, as `Lookahead` does.
 * @throws where decay is out of range, and where the optimizer has a hyper called `decay`: wrap an Adamax with
 *   `{hpMap: {decay: 'lrDecay'}}`.
 */
export class Ema<I extends Optimizer = Optimizer> extends ExtendedOptimizer<I> {
  static override get className(): string {
    return 'TfjsOptimEma';
  }

  constructor(inner: I, options: EmaOptions = {}, ...more: undefined[]) {
    checkOptions('ema', options, ['decay'], more, 'optimizer, ');
    const {decay = 0.999} = options;
    super(inner, averageWeights.with({decay}));
  }
}

/** Makes `Ema` over an optimizer, which it takes over. */
export function ema<I extends Optimizer>(inner: I, options: EmaOptions = {}, ...more: undefined[]): Ema<I> {
  return new Ema(inner, options, ...more);
}
