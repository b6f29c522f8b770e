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
  if (typeof x === 'function') return x.name === '' ? 'a function' : `the function ${x.name}`;
  if (Array.isArray(x)) return x.length > 4 ? 'a list' : `[${x.map(shown).join(', ')}]`;
  if (isPlain(x)) {
    const names = Object.keys(x);
    return names.length > MOST
      ? `an object with ${names.slice(0, 3).join(', ')} and ${names.length - 3} others`
      : `{${names.map(name => `${name}: ${shown(x[name])}`).join(', ')}}`;
  }
  if (typeof x !== 'object' || x === null) return String(x);
  const {name} = x.constructor;
  // `an HTMLElement` and `an SGDOptimizer`, as they are said.
  return name === 'Object' ? 'an object' : `a${/^([AEIO]|[FHLMNRSX][A-Z])/.test(name) ? 'n' : ''} ${name}`;
}

/** The number of properties that an object is shown with. */
const MOST = 12;
