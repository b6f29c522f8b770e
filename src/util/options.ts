import {closest, didYouMean} from './closest';
import {checkSettings} from './settings_check';
import {shown} from './shown';

/**
 * @param known the options; with usual values where users may give them one by one.
 * @param more the arguments after the options.
 * @param first the arguments before the options as errors write them, with a comma after each.
 * @throws for an unknown option, for options that are not in an object, and for arguments after the options.
 */
export function checkOptions(
  what: string,
  given: object,
  known: Readonly<Record<string, unknown>> | readonly string[],
  more: readonly unknown[] = [],
  first = '',
): void {
  const isNames = Array.isArray(known);
  checkSettings(`${what}(${first}`, [given, ...more], isNames ? {} : known);
  const names: readonly string[] = isNames ? known : Object.keys(known);
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    throw new Error(`${what} has no option '${name}'; it has ${names.join(', ')}.${didYouMean(closest(name, names))}`);
  }
}

/** @throws for arguments beyond those that a function takes. @param after where they would be, for the error. */
export function checkNoMore(what: string, given: readonly unknown[], after = ''): void {
  if (given.some(one => one !== undefined))
    throw new Error(`${what} takes no arguments${after}; got ${given.map(shown).join(', ')}.`);
}

/** @throws where the option is neither true nor false. */
export function checkSwitch(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new Error(`'${name}' must be true or false; got ${shown(value)}.`);
}

/** What a user's function says of a variable or layer. @throws where that is neither true nor false. */
export function answerOf(what: string, {name}: {readonly name: string}, answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer;
  throw new Error(`\`${what}\` must return true or false; for '${name}' it returned ${shown(answer)}.`);
}

/** @throws where the option is given and is not a function. */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function')
    throw new Error(`'${name}' must be a function; got ${shown(value)}.`);
}

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
  if (!(Number.isFinite(value) && value >= 0 && value <= 1))
    throw new Error(`'${name}' must be a share, from 0 to 1; got ${shown(value)}.`);
}
