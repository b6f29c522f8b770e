import {isPlain, shown} from './shown';

/**
 * Checks that settings are given in one object, which must be the last argument.
 * @param before the call as code, up to the settings, such as `lookahead(optimizer, `.
 * @param given the settings and all arguments after them.
 * @param names the names of settings, in the order in which other libraries take them one by one.
 * @throws for anything else; the error says what to write.
 */
export function checkSettings(before: string, given: readonly unknown[], names: readonly string[]): void {
  const [settings, ...more] = given;
  if ((settings === undefined || isPlain(settings)) && more.every(one => one === undefined)) return;
  const meant = isPlain(settings)
    ? settings
    : Object.fromEntries(names.slice(0, given.length).map((name, i) => [name, given[i]]));
  throw new Error(
    `${before.slice(0, before.indexOf('('))} takes its settings in an object; got ${given.map(shown).join(', ')}. ` +
      `Write ${before}${shown(meant)}).`,
  );
}
