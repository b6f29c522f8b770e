import type {HyperValue} from '../../../src';
import type {ModernCase} from '../golden_modern.mjs';

/**
 * The hypers of a recorded run, by their original names. What an adapter does not ask for is an error, so that no
 * hyper of a recorded run is ignored.
 */
export class RecordedHypers {
  readonly #groups: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly #asked = new Set<string>();

  readonly #given: Readonly<Record<string, unknown>>;

  /** @param given what the constructor was given. Groups can have other values. */
  constructor(groups: ReadonlyArray<Readonly<Record<string, unknown>>>, given: Readonly<Record<string, unknown>>) {
    this.#groups = groups;
    this.#given = given;
  }

  /** The hypers of the recorded class. */
  static of({hypers, groups, group_hypers: own, inner}: ModernCase): RecordedHypers {
    // Around another rule, the hypers of groups belong to that rule.
    return new RecordedHypers(
      inner === undefined ? groups.map((_, i) => ({...hypers, ...own?.[i]})) : [hypers],
      hypers,
    );
  }

  /** The hypers of the rule inside. */
  static inside({inner, groups, group_hypers: own}: ModernCase): RecordedHypers {
    if (inner === undefined) throw new Error('There is no rule inside.');
    return new RecordedHypers(
      groups.map((_, i) => ({...inner.hypers, ...own?.[i]})),
      inner.hypers,
    );
  }

  /** Whether a hyper was given to any group. */
  has(name: string): boolean {
    return this.#groups.some(group => Object.hasOwn(group, name));
  }

  /** A number: one, or one per group where they differ. @param fallback the recorded class's default. */
  number(name: string, fallback?: number): HyperValue {
    return joined(this.#values(name, fallback).map(value => checked(name, value, 'number')));
  }

  /** The number at a place of a tuple, such as `betas`. @param fallback the recorded class's default of the tuple. */
  element(name: string, place: number, fallback?: readonly number[]): HyperValue {
    const lists = this.#values(name, fallback);
    return joined(
      lists.map(list => checked(name, Array.isArray(list) ? Array.from<unknown>(list)[place] : undefined, 'number')),
    );
  }

  /** A number as the constructor was given it, whatever the groups have. */
  constructed(name: string): number {
    this.#asked.add(name);
    return checked(name, this.#given[name], 'number');
  }

  /** A number that all groups share. */
  single(name: string, fallback?: number): number {
    return checked(name, only(name, this.#values(name, fallback)), 'number');
  }

  /** A number that all groups share, and undefined where it is `null`. */
  optional(name: string, fallback: number): number | undefined {
    const value = only(name, this.#values(name, fallback));
    return value === null ? undefined : checked(name, value, 'number');
  }

  /** A boolean that all groups share. */
  flag(name: string, fallback: boolean): boolean {
    return checked(name, only(name, this.#values(name, fallback)), 'boolean');
  }

  /** A number times a factor: one, or one per group where they differ. */
  scaled(name: string, by: number): HyperValue {
    return joined(this.#values(name, undefined).map(value => by * checked(name, value, 'number')));
  }

  /** A boolean per group. */
  flags(name: string, fallback: boolean): boolean[] {
    return this.#values(name, fallback).map(value => checked(name, value, 'boolean'));
  }

  /** A word per group. `null` is the fallback. */
  words(name: string, fallback: string): string[] {
    return this.#values(name, fallback).map(value => checked(name, value ?? fallback, 'string'));
  }

  /** A word that all groups share. `null` is the fallback. */
  word(name: string, fallback: string): string {
    return checked(
      name,
      only(
        name,
        this.#values(name, fallback).map(value => value ?? fallback),
      ),
      'string',
    );
  }

  /** The hypers that nobody has asked for. */
  get unknown(): string[] {
    return [...new Set(this.#groups.flatMap(group => Object.keys(group)))].filter(name => !this.#asked.has(name));
  }

  #values(name: string, fallback: unknown): unknown[] {
    this.#asked.add(name);
    return this.#groups.map(group => {
      const value = Object.hasOwn(group, name) ? group[name] : fallback;
      if (value === undefined) throw new Error(`The recorded run has no '${name}'.`);
      return value;
    });
  }
}

interface Kinds {
  readonly number: number;
  readonly boolean: boolean;
  readonly string: string;
}

function checked<K extends keyof Kinds>(name: string, value: unknown, kind: K): Kinds[K] {
  if (isKind(value, kind)) return value;
  throw new Error(`The recorded '${name}' must be a ${kind}; it is ${String(value)}.`);
}

function isKind<K extends keyof Kinds>(value: unknown, kind: K): value is Kinds[K] {
  return typeof value === kind;
}

function only(name: string, values: readonly unknown[]): unknown {
  const [first, ...others] = values;
  if (others.some(other => other !== first)) throw new Error(`The groups have different values of '${name}'.`);
  return first;
}

function joined(values: readonly number[]): HyperValue {
  const [first, ...others] = values;
  return first !== undefined && others.every(other => other === first) ? first : [...values];
}
