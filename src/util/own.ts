/**
 * The value of an object's own property; undefined where it has none. Users' names may be those that every object
 * inherits, such as `constructor`.
 */
export function own<V>(of: Readonly<Record<string, V>>, name: string): V | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
