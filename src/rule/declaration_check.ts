import {closest} from '../util/closest';
import {own} from '../util/own';
import {isPlain, shown} from '../util/shown';
import {haveCommon} from './common_ranges';
import type {GivenDeclaration, HyperSpec} from './declaration';
import {checkRange, type Range} from './range';
import {required} from './required';

/**
 * Names that no entry can have: callbacks are given or return something by them, or they are settings of optimizers.
 */
const RESERVED = new Set([
  'p',
  'update',
  'grad',
  'doWd',
  'forceTrain',
  'stop',
  'total',
  'shared',
  'skip',
  'skipNonFinite',
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
const KINDS = ['hypers', 'state', 'reads', 'needs', 'options', 'groupState', 'shared'] as const;
const SWITCHES = ['everyParameter', 'takesUpdate', 'isStep', 'skips', 'everyGroup', 'needsTensors'] as const;
const FUNCTIONS = ['total', 'evaluate'] as const;
/** The fields of a range, with what each must be. */
const RANGE = {from: 'number', above: 'number', to: 'number', below: 'number', whole: 'boolean'} as const satisfies {
  readonly [F in keyof Range]-?: 'number' | 'boolean';
};
// Bundlers keep a spread that nothing uses, because it may have effects.
const FIELDS: ReadonlySet<string> = /* @__PURE__ */ new Set<string>(
  /* @__PURE__ */ [KINDS, SWITCHES, FUNCTIONS, ['decays', 'ranges', 'restarts', 'group', 'run']].flat(),
);

/** @throws for a malformed name, an unknown field, a value of the wrong kind, or a name that is declared twice. */
export function checkDeclaration(name: string, declaration: Partial<GivenDeclaration>, run: unknown): void {
  if (!NAME.test(name))
    throw new Error(`A callback's name must be camelCase letters and digits (${NAME.source}); got '${name}'.`);
  if (typeof run !== 'function')
    throw new Error(`${name}: the last argument must be the function of the callback; got ${shown(run)}.`);
  if (!isPlain(declaration))
    throw new Error(
      `${name}: the declaration must be an object such as {hypers: {lr: 0.1}}; got ${shown(declaration)}.`,
    );
  for (const field of Object.keys(declaration)) {
    if (FIELDS.has(field)) continue;
    const meant = closest(field, FIELDS);
    throw new Error(
      `${name}: '${field}' is not a field of a declaration; ` +
        (meant === undefined ? `use ${[...FIELDS].slice(0, -1).join(', ')}.` : `did you mean '${meant}'?`),
    );
  }
  for (const field of SWITCHES) {
    const value: unknown = declaration[field];
    if (value !== undefined && typeof value !== 'boolean')
      throw new Error(`${name}: ${field} must be true or false; got ${shown(value)}.`);
  }
  const {decays, options = {}} = declaration;
  if (decays !== undefined && typeof decays !== 'boolean' && typeof own(options, decays) !== 'boolean')
    throw new Error(
      `${name}: decays must be true, false, or the name of an option that is true or false; got ${shown(decays)}.`,
    );
  for (const field of FUNCTIONS) {
    const value: unknown = declaration[field];
    if (value !== undefined && typeof value !== 'function')
      throw new Error(`${name}: ${field} must be a function; got ${shown(value)}.`);
  }
  for (const field of [...KINDS, 'ranges'] as const) {
    const value: unknown = declaration[field];
    if (value !== undefined && !isPlain(value))
      throw new Error(`${name}: ${field} must be an object with a value per name; got ${shown(value)}.`);
  }
  const {restarts}: {readonly restarts?: unknown} = declaration;
  if (restarts !== undefined && !Array.isArray(restarts))
    throw new Error(`${name}: restarts must be a list of entries of state; got ${shown(restarts)}.`);
  checkRanges(name, declaration);
  const seen = new Map<string, string>();
  // What a declaration leaves out is empty.
  for (const kind of KINDS) {
    for (const [entry, value] of Object.entries(declaration[kind] ?? {})) {
      checkEntryName(name, kind, entry);
      const before = seen.get(entry);
      if (before !== undefined)
        throw new Error(`${name}: '${entry}' is declared in ${before} and in ${kind}; declare it once.`);
      seen.set(entry, kind);
      checkValue(name, kind, entry, value);
    }
  }
  const hasNumbers = Object.keys(declaration.groupState ?? {}).length > 0;
  const {group}: {readonly group?: unknown} = declaration;
  if (hasNumbers ? typeof group !== 'function' : group !== undefined)
    throw new Error(
      `${name}: groupState and group belong together; write {groupState: {k: 0}, group: ({k}) => ({k: k + 1})}.`,
    );
  for (const entry of declaration.restarts ?? []) {
    const start = own(declaration.state ?? {}, entry);
    if (typeof start === 'function' && start.space === 'weight') continue;
    throw new Error(
      `${name}: restarts names '${entry}', which must be an entry of state in weight space; ` +
        "start it with copy, or with startAt(f, {space: 'weight'}).",
    );
  }
}

function checkRanges(name: string, {ranges, options, hypers}: Partial<GivenDeclaration>): void {
  for (const [option, range] of Object.entries<unknown>(ranges ?? {})) {
    if (range === undefined) continue;
    if (Object.hasOwn(hypers ?? {}, option))
      throw new Error(
        `${name}: ranges names the hyper '${option}'; it must name options. ` +
          `Write the range at the hyper, as in {hypers: {${option}: {default: 5, from: 1}}}.`,
      );
    if (typeof own(options ?? {}, option) !== 'number')
      throw new Error(`${name}: ranges names '${option}', which must be an option that is a number.`);
    const where = `${name}: ranges.${option}`;
    if (!isPlain(range))
      throw new Error(`${where} must be an object such as {from: 1, whole: true}; got ${shown(range)}.`);
    checkBounds(where, range);
  }
}

/** @param others the fields that may come with the bounds. */
function checkBounds(where: string, range: Readonly<Record<string, unknown>>, others: readonly string[] = []): void {
  const fields = [...others, ...Object.keys(RANGE)];
  for (const [bound, value] of Object.entries(range)) {
    if (!fields.includes(bound)) {
      const meant = closest(bound, fields);
      throw new Error(
        `${where} has '${bound}', which it must not have; ` +
          (meant === undefined ? `use ${fields.join(', ')}.` : `did you mean '${meant}'?`),
      );
    }
    const right = own<'number' | 'boolean'>(RANGE, bound);
    if (right !== undefined && value !== undefined && typeof value !== right)
      throw new Error(
        `${where}.${bound} must be ${right === 'number' ? 'a number' : 'true or false'}; got ${shown(value)}.`,
      );
  }
  if (!haveCommon([range])) throw new Error(`${where} must leave a number; none is in the range ${shown(range)}.`);
}

/** @throws where a hyper is not declared by a default, `required`, or one of these with a range that it is in. */
function checkHyperSpec(name: string, hyper: string, declared: unknown): void {
  if (declared === required) return;
  const where = `${name}: hypers.${hyper}`;
  if (!isPlain(declared))
    throw new Error(
      `${where} must be a number, \`required\`, or an object such as {default: 5, from: 1, whole: true}; ` +
        `got ${shown(declared)}.`,
    );
  checkBounds(where, declared, ['default' satisfies keyof HyperSpec]);
  const {default: fallback, ...range} = declared;
  if (fallback === required) return;
  if (typeof fallback !== 'number' || !Number.isFinite(fallback))
    throw new Error(`${where}.default must be a finite number or \`required\`; got ${shown(fallback)}.`);
  checkRange(`${name}: the default of '${hyper}'`, fallback, range);
}

/** @throws where an entry can't have this name. */
export function checkEntryName(name: string, kind: string, entry: string): void {
  if (!NAME.test(entry) || RESERVED.has(entry)) {
    throw new Error(
      `${name}: '${entry}' can't name an entry of ${kind}; use camelCase letters and digits, ` +
        `and none of ${[...RESERVED].join(', ')}.`,
    );
  }
}

function checkValue(name: string, kind: (typeof KINDS)[number], entry: string, value: unknown): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`${name}: ${kind}.${entry} must be finite; got ${value}.`);
    return;
  }
  if (kind === 'hypers') {
    checkHyperSpec(name, entry, value);
    return;
  }
  const fits =
    kind === 'groupState' || kind === 'shared'
      ? false
      : kind === 'options'
        ? typeof value === 'boolean'
        : typeof value === 'function';
  if (!fits) {
    const right =
      kind === 'groupState' || kind === 'shared'
        ? 'a number'
        : kind === 'options'
          ? 'a number or a boolean'
          : 'a number or a start (zeros, copy, scalar, startAt(f))';
    throw new Error(`${name}: ${kind}.${entry} must be ${right}; got ${shown(value)}.`);
  }
}
