import type {HyperValue} from '../rule/slice';
import {checkShares} from './functions';
import {installSchedules} from './install_schedules';
import {checkPositive} from './options';
import type {Schedule} from './schedule';

/**
 * Linear from `start` to `end`: `start + pos·(end - start)`. Values, here and below: one number, one per group, or a
 * `slice`.
 */
export function lin(start: HyperValue, end: HyperValue): Schedule {
  installSchedules();
  return {kind: 'lin', start, end};
}

/**
 * Half a cosine from `start` to `end`: `start + (1 + cos(π·(1 - pos)))·(end - start)/2`. Source: Loshchilov & Hutter,
 * SGDR, 2017.
 */
export function cos(start: HyperValue, end: HyperValue): Schedule {
  installSchedules();
  return {kind: 'cos', start, end};
}

/**
 * Exponential from `start` to `end`: `start·(end/start)^pos`. Both must be positive; where they are not, the function
 * that uses the schedule throws.
 */
export function exp(start: HyperValue, end: HyperValue): Schedule {
  installSchedules();
  return {kind: 'exp', start, end};
}

/** Polynomial from `start` to `end`: `start + (end - start)·pos^power`. @throws where `power` is not positive. */
export function poly(start: HyperValue, end: HyperValue, power: number): Schedule {
  installSchedules();
  checkPositive('power', power);
  return {kind: 'poly', start, end, power};
}

/** Stays at one value. */
export function constant(value: HyperValue): Schedule {
  installSchedules();
  return {kind: 'no', start: value, end: value};
}

/**
 * One schedule after another.
 * @param pcts the share of each schedule: not negative, and 1 in sum.
 * @throws where the shares are not valid, or their number is not that of the schedules.
 */
export function combine(pcts: readonly number[], parts: readonly Schedule[]): Schedule {
  installSchedules();
  checkShares(pcts, parts.length);
  return {kind: 'combined', pcts: [...pcts], parts: [...parts]};
}
