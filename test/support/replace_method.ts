type Method = (...values: unknown[]) => unknown;

/** Replaces a method by another function. @returns what undoes that. */
export function replaceMethod(object: object, name: string, by: (original: Method) => Method): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  const method: unknown = Reflect.get(object, name);
  if (typeof method !== 'function') throw new Error(`There is no method ${name}.`);
  const original: Method = (...values) => {
    const result: unknown = Reflect.apply(method, object, values);
    return result;
  };
  Object.defineProperty(object, name, {value: by(original), configurable: true, writable: true});
  return () => {
    Reflect.deleteProperty(object, name);
    if (own !== undefined) Object.defineProperty(object, name, own);
  };
}

/** How often methods are called while `act` runs. */
export function methodCalls(object: object, methods: readonly string[], act: () => void): number {
  let calls = 0;
  const restore = methods.map(method =>
    replaceMethod(object, method, original => (...values) => {
      calls++;
      return original(...values);
    }),
  );
  try {
    act();
  } finally {
    restore.forEach(undo => {
      undo();
    });
  }
  return calls;
}
