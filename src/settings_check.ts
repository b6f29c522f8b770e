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
  const named = (one: unknown, i: number) => [names[i] ?? '', one] as const;
  if ((settings === undefined || isPlain(settings)) && more.every(one => one === undefined)) return;
  const oneByOne = given.length <= names.length && given.every(one => typeof one !== 'object' && typeof one !== 'function');
  const write = isPlain(settings) ? settings : oneByOne ? Object.fromEntries(given.map(named)) : undefined;
  throw new Error(`${before.slice(0, before.indexOf('(')).replace('new ', '')} takes its settings in an object; got ${given.map(one => shown(one)).join(', ')}. ` +
    `Write ${before}${write === undefined ? `{${names[0] ?? ''}: …}` : shown(write)}).`);
}
