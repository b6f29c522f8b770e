import {serialization} from '@tensorflow/tfjs-core';

import {lookaheadSync} from '../callbacks/sync';
import {checkOptions} from '../util/options';
import {ExtendedOptimizer} from './extended_optimizer';
import type {Optimizer} from './optimizer';
import {registering} from './registering';
import type {Registering} from './row';

/** Settings of Lookahead. */
export interface LookaheadOptions {
  /** Every how many steps to synchronize; a whole number from 1. Default 6. */
  readonly k?: number;
  /** How far the slow weights go towards the fast ones, from 0 to 1. Default 0.5. */
  readonly alpha?: number;
}

/**
 * Lookahead over another optimizer: its callbacks, then `lookaheadSync`. It takes over the parameters, hypers and
 * state of the optimizer that it is given, which can't be used by itself afterwards.
 * @throws where k or alpha is out of range.
 * @formula every k-th step: `slow ← slow + alpha·(p - slow)`, `p ← slow`
 * @example
 * ```ts
 * model.compile({optimizer: new Lookahead(adam(1e-3), {k: 6, alpha: 0.5}), loss: 'meanSquaredError'});
 * ```
 */
export class Lookahead<I extends Optimizer = Optimizer> extends ExtendedOptimizer<I> {
  static override get className(): string {
    return 'TfjsOptimLookahead';
  }

  constructor(inner: I, options: LookaheadOptions = {}, ...more: undefined[]) {
    checkOptions('lookahead', options, {k: 6, alpha: 0.5}, more, 'optimizer, ');
    const {k = 6, alpha = 0.5} = options;
    super(inner, lookaheadSync.with({k, alpha}));
    serialization.registerClass(Lookahead);
  }
}

function make<I extends Optimizer>(inner: I, options: LookaheadOptions = {}, ...more: undefined[]): Lookahead<I> {
  return new Lookahead(inner, options, ...more);
}

/** Makes {@link Lookahead} over an optimizer. */
export interface LookaheadFactory extends Registering {
  /**
   * @param inner the optimizer, which it takes over.
   * @throws where k or alpha is out of range.
   */
  <I extends Optimizer>(inner: I, options?: LookaheadOptions, ...more: undefined[]): Lookahead<I>;
}

/**
 * Makes {@link Lookahead} over an optimizer, which it takes over.
 * @formula every k-th step: `slow ← slow + alpha·(p - slow)`, `p ← slow`
 * @example
 * ```ts
 * model.compile({optimizer: lookahead(adam(1e-3), {k: 6, alpha: 0.5}), loss: 'meanSquaredError'});
 * ```
 */
export const lookahead: LookaheadFactory = /* @__PURE__ */ registering(Lookahead, make);
