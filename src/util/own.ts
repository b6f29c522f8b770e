/**
 * The value under a name where the object itself has it: names that every object inherits, such as `constructor`, are
 * ordinary ones.
 */
export function own<V>(of: Readonly<Record<string, V>>, name: string): V | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
