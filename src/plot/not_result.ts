import {shown} from '../util/shown';

/**
 * The error for an argument that is not the result of a call.
 * @param what the function that was called, and `place` the place of the argument.
 * @param result the result in words, and `call` the call that resolves to it, as code.
 */
export function notResult(
  {what, place}: {readonly what: string; readonly place: string},
  result: string,
  call: string,
  given: unknown,
): Error {
  const got = given instanceof Promise ? `a Promise. Write await ${call}` : `${shown(given)}. Pass all of it`;
  return new Error(`${what} takes ${result} ${place}; got ${got}.`);
}
