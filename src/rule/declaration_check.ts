import type {Declaration} from './declaration';

/**
 * What a callback is given and returns by these names, and the settings of an optimizer: no entry can be called so.
 */
const RESERVED = new Set([
  'p',
  'update',
  'grad',
  'doWd',
  'forceTrain',
  'stop',
  'total',
  'params',
  'callbacks',
  'after',
  'trainBn',
  'wdBnBias',
  'noWd',
  'name',
  'iter',
]);
const NAME = /^[a-z][A-Za-z0-9]*$/;
const KINDS = ['hypers', 'state', 'reads', 'needs', 'options'] as const;

/** @throws where a callback's declaration is malformed: names, kinds of values, a name that stands for two things. */
export function checkDeclaration(name: string, declaration: Partial<Declaration>, run: unknown): void {
  if (!NAME.test(name))
    throw new Error(`A callback's name is camelCase letters and digits (${NAME.source}); got '${name}'.`);
  if (typeof run !== 'function')
    throw new Error(`${name}: the last argument is the function that computes the update.`);
  const seen = new Map<string, string>();
  for (const kind of KINDS) {
    for (const [entry, value] of Object.entries(declaration[kind] ?? {})) {
      checkEntryName(name, kind, entry);
      const before = seen.get(entry);
      if (before !== undefined)
        throw new Error(`${name}: '${entry}' is declared in ${before} and in ${kind}; a name stands for one thing.`);
      seen.set(entry, kind);
      checkValue(name, kind, entry, value);
    }
  }
  for (const entry of declaration.restarts ?? []) {
    const start = Object.hasOwn(declaration.state ?? {}, entry) ? declaration.state?.[entry] : undefined;
    if (typeof start === 'function' && start.space === 'weight') continue;
    throw new Error(
      `${name}: restarts names '${entry}', which must be an entry of state in weight space: ` +
        "one that starts as copy, or as startAt(f, {space: 'weight'}).",
    );
  }
}

/** @throws where something can't be called so. */
export function checkEntryName(name: string, kind: string, entry: string): void {
  if (!NAME.test(entry) || RESERVED.has(entry)) {
    throw new Error(
      `${name}: '${entry}' can't name an entry of ${kind}; use camelCase letters and digits, and none of ${[...RESERVED].join(', ')}.`,
    );
  }
}

function checkValue(name: string, kind: (typeof KINDS)[number], entry: string, value: unknown): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`${name}: ${kind}.${entry} must be finite, got ${value}.`);
    return;
  }
  const fits =
    kind === 'hypers'
      ? typeof value === 'object'
      : kind === 'options'
        ? typeof value === 'boolean'
        : typeof value === 'function';
  if (!fits) {
    const right =
      kind === 'hypers'
        ? 'a number or `required`'
        : kind === 'options'
          ? 'a number or a boolean'
          : 'a number or a start (zeros, copy, scalar, startAt(f))';
    throw new Error(`${name}: ${kind}.${entry} must be ${right}, got ${String(value)}.`);
  }
}
