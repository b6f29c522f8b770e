import {isPlain, shown} from './shown';

/**
 * Checks that settings are given in one object, which must be the last argument.
 * @param before the call as code, up to the settings, such as `lookahead(optimizer, `.
 * @param given the settings and all arguments after them.
 * @param usual a usual value of each setting, in the order in which other libraries take them one by one. The error
 *   writes arguments of the same types into the object.
 * @throws for anything else; the error says what to write.
 */
export function checkSettings(before: string, given: readonly unknown[], usual: object = {}): void {
  const [settings, ...more] = given;
  if ((settings === undefined || isPlain(settings)) && more.every(one => one === undefined)) return;
  const options = Object.entries(usual).slice(0, given.length);
  const fits = given.every((value, i) => typeof value === typeof options[i]?.[1]);
  const meant = isPlain(settings)
    ? settings
    : fits && Object.fromEntries(options.map(([name], i) => [name, given[i]]));
  throw new Error(
    `${before.slice(0, before.indexOf('('))} takes its settings in an object; got ${given.map(shown).join(', ')}. ` +
      `Write ${before}${meant === false ? '{…}' : shown(meant)}).`,
  );
}

/** @throws where values by name are not given in an object. @param before the call as code, up to the values. */
export function checkValues(before: string, values: unknown): void {
  checkSettings(before, [values ?? null]);
}
