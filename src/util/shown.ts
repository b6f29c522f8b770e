/** Whether a value is a plain object, as `{…}` makes it, and not an instance of a class. */
export function isPlain(x: unknown): x is Readonly<Record<string, unknown>> {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return false;
  const prototype = Reflect.getPrototypeOf(x);
  // An object of another window has another `Object.prototype`, so nothing is compared with ours.
  return prototype === null || Reflect.getPrototypeOf(prototype) === null;
}

/** A value as errors show it: as code where it is short, otherwise what kind of thing it is. */
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
