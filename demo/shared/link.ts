/** The settings of a link by name, as text. */
export type Fields = ReadonlyMap<string, string>;

/** The settings in the part of an address from '#' on. A field that occurs twice counts once, as it was last. */
export function fieldsOf(hash: string): Fields {
  const parts = hash
    .replace(/^#/, '')
    .split('&')
    .filter(part => part !== '');
  return new Map(
    parts.map((part): [string, string] => {
      const [name = '', ...value] = part.split('=');
      return [name, decoded(value.join('='))];
    }),
  );
}

/** The part of an address from '#' on that holds these settings. */
export function linkOf(fields: Fields): string {
  return `#${[...fields].map(([name, value]) => `${name}=${value}`).join('&')}`;
}

/** An optimizer in a link, with its hypers. */
export interface LinkedOptimizer {
  readonly name: string;
  readonly hypers: Readonly<Record<string, number>>;
}

/** Optimizers as a link holds them: `adam:lr=0.1:mom=0.9,sgd:lr=0.01`. */
export function optimizersText(optimizers: readonly LinkedOptimizer[]): string {
  return optimizers
    .map(({name, hypers}) => [name, ...Object.entries(hypers).map(([hyper, x]) => `${hyper}=${x}`)].join(':'))
    .join(',');
}

/** Reads the settings of a link. What cannot be used is ignored, and noted. */
export class LinkReader {
  /** What was ignored, in words. */
  readonly notes: string[] = [];
  readonly #fields: Map<string, string>;

  constructor(fields: Fields) {
    this.#fields = new Map(fields);
    this.#fields.delete('view');
  }

  /** The text of a field; undefined where the link does not have it. */
  text(name: string): string | undefined {
    const text = this.#fields.get(name);
    this.#fields.delete(name);
    return text;
  }

  /** A number from `least` to `most`. */
  number(
    name: string,
    usual: number,
    {least, most, whole = false}: {readonly least: number; readonly most: number; readonly whole?: boolean},
  ): number {
    const text = this.text(name);
    if (text === undefined) return usual;
    const x = numberIn(text);
    if (x >= least && x <= most && (!whole || Number.isInteger(x))) return x;
    this.#refuse(`${name}=${text}`, `it must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
    return usual;
  }

  /** One of several texts. */
  choice<T extends string>(name: string, usual: T, choices: readonly T[]): T {
    const text = this.text(name);
    if (text === undefined) return usual;
    const found = choices.find(choice => choice === text);
    if (found === undefined) this.#refuse(`${name}=${text}`, `it must be one of ${choices.join(', ')}`);
    return found ?? usual;
  }

  /** Two numbers with a comma between them. */
  pair(name: string, usual: readonly [number, number], most: number): readonly [number, number] {
    const text = this.text(name);
    if (text === undefined) return usual;
    const [x = NaN, y = NaN, ...more] = text.split(',').map(numberIn);
    if (Math.abs(x) <= most && Math.abs(y) <= most && more.length === 0) return [x, y];
    this.#refuse(`${name}=${text}`, `it must be two numbers from -${most} to ${most}, such as 1.5,-2`);
    return usual;
  }

  /**
   * A list of optimizers; undefined where the link has none, or none that is known.
   * @param isAllowed whether an optimizer has a hyper, and may have this value of it.
   */
  optimizers(
    names: readonly string[],
    isAllowed: (name: string, hyper: string, x: number) => boolean,
  ): LinkedOptimizer[] | undefined {
    const text = this.text('opts');
    if (text === undefined) return undefined;
    const found = text.split(',').flatMap(one => {
      const [name = '', ...pairs] = one.split(':');
      if (!names.includes(name)) {
        this.#refuse(name, 'there is no such optimizer');
        return [];
      }
      const hypers: Record<string, number> = {};
      for (const pair of pairs) {
        const [hyper = '', value = ''] = pair.split('=');
        const x = numberIn(value);
        if (isAllowed(name, hyper, x)) hypers[hyper] = x;
        else this.#refuse(`${name}:${pair}`, 'the optimizer has no such setting here, or the value is out of range');
      }
      return [{name, hypers}];
    });
    return found.length === 0 ? undefined : found;
  }

  /** Notes the fields that nobody read. */
  end(): void {
    for (const [name, value] of this.#fields) this.#refuse(`${name}=${value}`, 'there is no such setting');
  }

  #refuse(what: string, why: string): void {
    this.notes.push(`${what} (${why})`);
  }
}

function numberIn(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The text has a '%' that encodes nothing. Whoever reads the field refuses it, or takes it as it is.
    return text;
  }
}
