/** Calls a function with arguments that TypeScript would refuse. */
export function call(fn: (...args: never[]) => unknown, ...args: unknown[]): unknown {
  const result: unknown = Reflect.apply(fn, undefined, args);
  return result;
}
