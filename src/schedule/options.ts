import {shown} from '../util/shown';

export {checkOptions, checkSwitch} from '../util/options';

/** @throws where the option is not a positive number. */
export function checkPositive(name: string, value: unknown): asserts value is number {
  if (!(typeof value === 'number' && Number.isFinite(value) && value > 0))
    throw new Error(`'${name}' must be a positive number; got ${shown(value)}.`);
}

/** @throws where the option is not a whole number from `least`. */
export function checkWhole(name: string, value: unknown, least: number): asserts value is number {
  if (!(typeof value === 'number' && Number.isSafeInteger(value) && value >= least))
    throw new Error(`'${name}' must be a whole number from ${least}; got ${shown(value)}.`);
}

/** @throws where the option is not from 0 to 1. */
export function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new Error(`'${name}' must be a share, from 0 to 1; got ${String(value)}.`);
}
