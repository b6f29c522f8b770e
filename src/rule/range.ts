/** The numbers that a hyper or an option can be. What it leaves out does not limit them. */
export interface Range {
  /** The least of them. */
  readonly from?: number;
  /** All numbers are above it. */
  readonly above?: number;
  /** The largest of them. */
  readonly to?: number;
  /** All numbers are below it. */
  readonly below?: number;
  /** Whether all are whole numbers. */
  readonly whole?: boolean;
}

/** The ranges of hypers and options by name. A value must be in all of them. */
export type Ranges = ReadonlyMap<string, readonly Range[]>;

/** Whether a number is in the range. Infinity and NaN are in none. */
export function isIn(
  value: number,
  {from = -Infinity, above = -Infinity, to = Infinity, below = Infinity, whole = false}: Range,
): boolean {
  return value >= from && value > above && value <= to && value < below && (!whole || Number.isInteger(value));
}

/** The range in words, which come after "must be". */
export function inWords(range: Range): string {
  const {from, above = from, to, below = to, whole = false} = range;
  if (!whole && above !== undefined && below !== undefined)
    return `in ${above === from ? '[' : '('}${above}, ${below}${below === to ? ']' : ')'}`;
  const bounds = Object.entries(range).map(([bound, value]) =>
    typeof value === 'number' ? ` ${bound} ${value}` : '',
  );
  return `a ${whole ? 'whole ' : ''}number${bounds.join('')}`;
}

/** @throws where a number is out of range. @param what names it in the error. */
export function checkRange(what: string, value: number, range: Range = {}): void {
  if (!isIn(value, range)) throw new Error(`${what} must be ${inWords(range)}; got ${value}.`);
}
