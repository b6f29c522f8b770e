import type {HyperValue} from '../rule/slice';
import {checkPositive} from '../util/options';
import {checkShares} from './functions';
import {installSchedules} from './install_schedules';
import type {Schedule} from './schedule';

/**
 * Linear from `start` to `end`: `start + pos·(end - start)`. Values, here and below: one number, one per group, or a
 * `slice`.
 * @example
 * ```ts
 * scheduleAt(lin(1, 0), 0.25); // → [0.75]
 * ```
 */
export function lin(start: HyperValue, end: HyperValue): Schedule {
  installSchedules();
  return {kind: 'lin', start, end};
}

/**
 * Half a cosine from `start` to `end`: `start + (1 + cos(π·(1 - pos)))·(end - start)/2`. Source: Loshchilov & Hutter,
 * SGDR, 2017.
 * @example
 * ```ts
 * scheduleAt(cos(1, 0), 0.5); // → [0.5]
 * ```
 */
export function cos(start: HyperValue, end: HyperValue): Schedule {
  installSchedules();
  return {kind: 'cos', start, end};
}

/**
 * Exponential from `start` to `end`: `start·(end/start)^pos`. Both must be positive; where they are not, the function
 * that uses the schedule throws.
 * @example
 * ```ts
 * scheduleAt(exp(1, 0.01), 0.5); // → [0.1]
 * ```
 */
export function exp(start: HyperValue, end: HyperValue): Schedule {
  installSchedules();
  return {kind: 'exp', start, end};
}

/**
 * Polynomial from `start` to `end`: `start + (end - start)·pos^power`.
 * @throws where `power` is not positive.
 * @example
 * ```ts
 * scheduleAt(poly(1, 0, 2), 0.5); // → [0.75]
 * ```
 */
export function poly(start: HyperValue, end: HyperValue, power: number): Schedule {
  installSchedules();
  checkPositive('power', power);
  return {kind: 'poly', start, end, power};
}

/**
 * Stays at one value.
 * @formula `value` at every position
 * @example
 * ```ts
 * scheduleAt(constant(1e-3), 0.5); // → [0.001]
 * ```
 */
export function constant(value: HyperValue): Schedule {
  installSchedules();
  return {kind: 'no', start: value, end: value};
}

/**
 * One schedule after another.
 * @param pcts the share of each schedule: not negative, and 1 in sum.
 * @throws where the shares are not valid, or their number is not that of the schedules.
 * @formula `part(pos)`, where part is the last one whose start is reached, and pos goes from 0 to 1 within it
 * @example
 * ```ts
 * const rising = combine([0.3, 0.7], [lin(0, 1e-3), cos(1e-3, 0)]);
 * scheduleAt(rising, 0.3); // → [0.001]
 * ```
 */
export function combine(pcts: readonly number[], parts: readonly Schedule[]): Schedule {
  installSchedules();
  checkShares(pcts, parts);
  return {kind: 'combined', pcts: [...pcts], parts: [...parts]};
}
