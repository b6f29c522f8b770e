import {isPlain, shown} from './shown';

/**
 * Checks that settings are given in one object, after which nothing stands.
 * @param before the call with the arguments before the settings, such as `lookahead(optimizer, `.
 * @param given the settings and what stands after them.
 * @param names of settings, in the order in which other libraries take them one by one.
 * @throws where it is not so; the error says what to write.
 */
export function checkSettings(before: string, given: readonly unknown[], names: readonly string[]): void {
  const [settings, ...more] = given;
  if ((settings === undefined || isPlain(settings)) && more.every(one => one === undefined)) return;
  const meant = isPlain(settings)
    ? settings
    : Object.fromEntries(names.slice(0, given.length).map((name, i) => [name, given[i]]));
  throw new Error(
    `${before.split('(')[0] ?? ''} takes its settings in an object; got ${given.map(shown).join(', ')}. ` +
      `Write ${before}${shown(meant)}).`,
  );
}
