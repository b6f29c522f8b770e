// Reads configurations. Each function throws an error that names the key where its value is missing or of another type.
type Dict = Readonly<Record<string, unknown>>;

export function malformed(key: string): never {
  throw new Error(
    `This is not a configuration of a tfjs-optim optimizer, or it was altered: '${key}' is missing or malformed.`,
  );
}

export function isDict(x: unknown): x is Dict {
  return typeof x === 'object' && x !== null && !Array.isArray(x);
}

export function dict(from: Dict, key: string): Dict {
  const value = from[key];
  return isDict(value) ? value : malformed(key);
}

export function list(from: Dict, key: string): Array<Dict> {
  const value = from[key];
  return Array.isArray(value)
    ? Array.from(value, (entry: unknown) => (isDict(entry) ? entry : malformed(key)))
    : malformed(key);
}

export function numbers(from: Dict, key: string): number[] {
  const value = from[key];
  return Array.isArray(value)
    ? Array.from(value, (entry: unknown) => (typeof entry === 'number' ? entry : malformed(key)))
    : malformed(key);
}

export function number(from: Dict, key: string): number {
  const value = from[key];
  return typeof value === 'number' ? value : malformed(key);
}

export function flag(from: Dict, key: string): boolean {
  const value = from[key];
  return typeof value === 'boolean' ? value : malformed(key);
}

export function text(from: Dict, key: string): string {
  const value = from[key];
  return typeof value === 'string' ? value : malformed(key);
}

export function scalars(from: Dict): Record<string, number | boolean> {
  return Object.fromEntries(
    Object.entries(from)
      .filter(([key]) => key !== 'customObjects')
      .map(([key, value]) => [key, typeof value === 'number' || typeof value === 'boolean' ? value : malformed(key)]),
  );
}
