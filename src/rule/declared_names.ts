import {closest, didYouMean} from '../util/closest';

/**
 * A callback's function that throws where it reads a name that the callback does not declare. Without it, the name
 * would be `undefined`, and a product with it NaN.
 * @param who the callback's name, with that of its function.
 */
export function ofDeclaredNames<A extends object, R>(who: string, f: (at: A) => R): (at: A) => R {
  return at =>
    f(
      new Proxy(at, {
        get: (names, name): unknown => {
          if (typeof name === 'string' && !(name in names)) throw unknownName(who, name, Object.keys(names));
          return Reflect.get(names, name);
        },
      }),
    );
}

function unknownName(who: string, name: string, known: readonly string[]): Error {
  const hint = didYouMean(closest(name, known));
  return new Error(
    `${who} reads '${name}', which it does not declare; it can read ${known.join(', ')}.${hint} ` +
      'Declare more in `hypers`, `options`, `state` or another field of its declaration.',
  );
}
