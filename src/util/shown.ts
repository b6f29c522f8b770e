/** Whether it is an object as it is written in braces, of no class. */
export function isPlain(x: unknown): x is Readonly<Record<string, unknown>> {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return false;
  const prototype = Reflect.getPrototypeOf(x);
  // Another window has an `Object` of its own.
  return prototype === null || Reflect.getPrototypeOf(prototype) === null;
}

/** What was given, for errors: as it would be written, or what kind of thing it is. */
export function shown(x: unknown): string {
  if (typeof x === 'string') return `'${x}'`;
  if (typeof x === 'function') return `the function ${x.name}`;
  if (Array.isArray(x)) return x.length > 4 ? 'a list' : `[${x.map(shown).join(', ')}]`;
  if (isPlain(x))
    return `{${Object.entries(x)
      .map(([name, value]) => `${name}: ${shown(value)}`)
      .join(', ')}}`;
  return typeof x === 'object' && x !== null ? `a ${x.constructor.name}` : String(x);
}
