import {isPlain, shown} from './shown';

/**
 * The options of a function, in the order in which other libraries take them one by one: with a usual value of each,
 * or their names alone.
 */
export type KnownOptions = Readonly<Record<string, unknown>> | readonly string[];

/**
 * Checks that settings are given in one object, which must be the last argument.
 * @param before the call as code, up to the settings, such as `lookahead(optimizer, `.
 * @param given the settings and all arguments after them.
 * @param known where usual values are known, the error writes arguments of the same types into the object.
 * @throws for anything else; the error says what to write.
 */
export function checkSettings(before: string, given: readonly unknown[], known: KnownOptions): void {
  const [settings, ...more] = given;
  if ((settings === undefined || isPlain(settings)) && more.every(one => one === undefined)) return;
  throw new Error(
    `${before.slice(0, before.indexOf('('))} takes its settings in an object; got ${given.map(shown).join(', ')}. ` +
      `${isPlain(settings) ? `Write ${before}${asCode(settings)}` : advice(before, given, known)}).`,
  );
}

/** @throws where a function that takes nothing is given something. */
export function checkNoArguments(what: string, given: readonly unknown[]): void {
  if (given.every(one => one === undefined)) return;
  throw new Error(`${what} takes no arguments; got ${given.map(shown).join(', ')}. Write ${what}().`);
}

/** An object as code, with `…` for values that are not. */
export function asCode(settings: object): string {
  return codeOf(Object.entries(settings));
}

function codeOf(settings: ReadonlyArray<readonly [name: string, value: unknown]>): string {
  const isCode = (value: unknown): boolean =>
    Array.isArray(value)
      ? value.length <= 4 && value.every(isCode)
      : ['number', 'boolean', 'string'].includes(typeof value);
  return `{${settings.map(([name, value]) => `${name}: ${isCode(value) ? shown(value) : '…'}`).join(', ')}}`;
}

function advice(before: string, given: readonly unknown[], known: KnownOptions): string {
  const options = entriesOf(known);
  const meant = given.flatMap((value, i) => (value === undefined ? [] : [{option: options[i], value}]));
  const fits = meant.every(({option, value}) => option !== undefined && typeof option[1] === typeof value);
  const settings: ReadonlyArray<readonly [string, unknown]> = fits
    ? meant.flatMap(({option, value}) => (option === undefined ? [] : [[option[0], value] as const]))
    : options.slice(0, 1);
  return `${fits ? 'Write' : 'For example:'} ${before}${codeOf(settings)}`;
}

function entriesOf(known: KnownOptions): ReadonlyArray<readonly [name: string, usual: unknown]> {
  return isNames(known) ? known.map(name => [name, undefined]) : Object.entries(known);
}

function isNames(known: KnownOptions): known is readonly string[] {
  return Array.isArray(known);
}

/** The names of the options. */
export function namesOf(known: KnownOptions): readonly string[] {
  return isNames(known) ? known : Object.keys(known);
}
