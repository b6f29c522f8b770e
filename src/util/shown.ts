/** Whether a value is a plain object, as `{…}` makes it, and not an instance of a class. */
export function isPlain(x: unknown): x is Readonly<Record<string, unknown>> {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) return false;
  const prototype = Reflect.getPrototypeOf(x);
  // An object of another window has another `Object.prototype`, so nothing is compared with ours.
  return prototype === null || Reflect.getPrototypeOf(prototype) === null;
}

/** A value as errors show it: as code where it is short, otherwise what kind of thing it is. */
export function shown(x: unknown): string {
  return shownTo(2, x);
}

/** @param depth how far to show lists and objects in others. */
function shownTo(depth: number, x: unknown): string {
  const inner = (value: unknown) => shownTo(depth - 1, value);
  if (typeof x === 'string') return x.length > LONGEST ? `'${x.slice(0, LONGEST)}…'` : `'${x}'`;
  if (typeof x === 'function') return x.name === '' ? 'a function' : `the function ${x.name}`;
  if (Array.isArray(x)) return x.length > 4 || depth < 0 ? 'a list' : `[${x.map(inner).join(', ')}]`;
  if (isPlain(x)) {
    const names = Object.keys(x);
    const code = depth < 0 ? '' : `{${names.map(name => `${name}: ${inner(x[name])}`).join(', ')}}`;
    if (depth >= 0 && code.length <= LONGEST) return code;
    const others = names.length - 3;
    return `an object with ${names.slice(0, 3).join(', ')}${others > 0 ? ` and ${others} others` : ''}`;
  }
  if (typeof x !== 'object' || x === null) return String(x);
  const {name} = x.constructor;
  // `an HTMLElement` and `an SGDOptimizer`, as they are said.
  return name === '' || name === 'Object'
    ? 'an object'
    : `${/^([AEIO]|[FHLMNRSX][A-Z])/.test(name) ? 'an' : 'a'} ${name}`;
}

/** The number of characters that a text or an object can have. */
const LONGEST = 200;
