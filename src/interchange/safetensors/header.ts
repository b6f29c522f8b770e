/** A tensor as the header lists it. */
export interface Listed {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its data begins and ends, from the end of the header. */
  readonly offsets: readonly number[];
}

export interface Header {
  readonly listed: readonly Listed[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The key of the header under which metadata is. */
export const METADATA = '__metadata__';

/** @throws that a file is damaged, or not of this format. */
export function malformed(why: string): never {
  throw new Error(`This is not a valid safetensors file: ${why}.`);
}

const TOKEN = /[ \t\n\r]*(?:("(?:[^"\\]|\\.)*")|(0|[1-9]\d*)(?![\d.eE])|([{}[\]:,]))/y;

/**
 * Reads JSON of exactly the format's structure. `JSON.parse` would hide names that are there twice, and it rounds
 * numbers that are too large.
 */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  object<T>(what: string, entry: (key: string) => T): Map<string, T> {
    const entries = new Map<string, T>();
    this.#punctuation('{');
    if (this.#takes('}')) return entries;
    do {
      const key = this.string();
      if (entries.has(key)) malformed(`${what} has the name '${key}' twice`);
      this.#punctuation(':');
      entries.set(key, entry(key));
    } while (this.#takes(','));
    this.#punctuation('}');
    return entries;
  }

  list(): number[] {
    const numbers: number[] = [];
    this.#punctuation('[');
    if (this.#takes(']')) return numbers;
    do numbers.push(this.#number());
    while (this.#takes(','));
    this.#punctuation(']');
    return numbers;
  }

  string(): string {
    const {text, literal} = this.#next();
    if (literal === undefined) return malformed(`its header must have a string at character ${this.#at}; got ${text}`);
    this.#at += text.length;
    let value: unknown;
    try {
      value = JSON.parse(literal);
    } catch {
      return malformed(`its header has the string ${literal}, which is not JSON`);
    }
    if (typeof value !== 'string' || /\p{Surrogate}/u.test(value))
      return malformed(`its header has the string ${literal}, which is not Unicode`);
    return value;
  }

  /** The format pads the header with spaces. */
  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') malformed('its header has text after the last brace');
  }

  #number(): number {
    const {text, digits} = this.#next();
    const value = Number(digits);
    if (!Number.isSafeInteger(value))
      malformed(`its header must have an integer from 0 at character ${this.#at}; got ${text.trim()}`);
    this.#at += text.length;
    return value;
  }

  #punctuation(mark: string): void {
    if (!this.#takes(mark))
      malformed(`its header must have '${mark}' at character ${this.#at}; got ${this.#next().text.trim()}`);
  }

  #takes(mark: string): boolean {
    const next = this.#next();
    if (next.mark !== mark) return false;
    this.#at += next.text.length;
    return true;
  }

  #next(): {text: string; literal?: string | undefined; digits?: string | undefined; mark?: string | undefined} {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match !== null) return {text: match[0], literal: match[1], digits: match[2], mark: match[3]};
    return {text: this.#text.slice(this.#at, this.#at + 20) || 'its end'};
  }
}

/** @throws where the text is not a header of the format. */
export function parseHeader(text: string): Header {
  if (!text.startsWith('{')) malformed("its header must begin with '{'");
  const reader = new Reader(text);
  let metadata: ReadonlyMap<string, string> = new Map();
  const tensors = reader.object('the header', name => {
    if (name !== METADATA) return tensor(reader, name);
    metadata = reader.object('the metadata', () => reader.string());
    return undefined;
  });
  reader.end();
  return {
    listed: [...tensors.values()].filter(one => one !== undefined),
    metadata: Object.fromEntries(metadata),
  };
}

function tensor(reader: Reader, name: string): Listed {
  const what = `the tensor '${name}'`;
  let dtype: string | undefined;
  const lists = new Map<string, number[]>();
  const read = reader.object(what, key => {
    if (key === 'dtype') dtype = reader.string();
    else if (key === 'shape' || key === 'data_offsets') lists.set(key, reader.list());
    else malformed(`${what} has '${key}'; it must have dtype, shape and data_offsets only`);
    return key;
  });
  const shape = lists.get('shape');
  const offsets = lists.get('data_offsets');
  if (dtype === undefined || shape === undefined || offsets === undefined)
    return malformed(
      `${what} must have dtype, shape and data_offsets; it has ${[...read.keys()].join(', ') || 'none'}`,
    );
  if (offsets.length !== 2) malformed(`${what} must have two data_offsets; it has ${offsets.length}`);
  return {name, dtype, shape, offsets};
}
