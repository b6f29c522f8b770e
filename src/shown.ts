/** Whether it is an object as it is written in braces, of no class. */
export function isPlain(x: unknown): x is Readonly<Record<string, unknown>> {
  if (typeof x !== 'object' || x === null) return false;
  const prototype = Reflect.getPrototypeOf(x);
  // Another window has an `Object` of its own.
  return prototype === null || (Reflect.getPrototypeOf(prototype) === null && !Array.isArray(x));
}

/** The members where it is a list, else none. */
export function listOf(x: unknown): readonly unknown[] {
  return Array.isArray(x) ? x : [];
}

/** What was given, for errors: as it would be written where that is short, else what kind of thing it is. */
export function shown(x: unknown, depth = 0): string {
  if (typeof x === 'string') return `'${x}'`;
  if (typeof x === 'function') return x.name === '' ? 'a function' : `the function ${x.name}`;
  if (typeof x !== 'object' || x === null) return String(x);
  const members = (list: readonly string[]) => depth > 1 ? '…' : list.length > 5 ? `${list.slice(0, 5).join(', ')}, …` : list.join(', ');
  if (Array.isArray(x)) return `[${members(x.slice(0, 6).map((one: unknown) => shown(one, depth + 1)))}]`;
  if (isPlain(x)) return `{${members(Object.entries(x).map(([name, value]) => `${name}: ${shown(value, depth + 1)}`))}}`;
  return `a ${x.constructor.name}`;
}
