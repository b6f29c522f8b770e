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

/** Whether a range has a bound or says what is whole. */
export function limits(range: Range): boolean {
  return Object.values(range).some(bound => bound !== undefined);
}

/** The numbers that are in all of the ranges. */
export function meet(ranges: readonly Range[]): Required<Range> {
  return {
    from: Math.max(...ranges.map(({from = -Infinity}) => from)),
    above: Math.max(...ranges.map(({above = -Infinity}) => above)),
    to: Math.min(...ranges.map(({to = Infinity}) => to)),
    below: Math.min(...ranges.map(({below = Infinity}) => below)),
    whole: ranges.some(({whole = false}) => whole),
  };
}

/** Whether no number is in the range. Also true where a bound is NaN. */
export function isEmpty(range: Range): boolean {
  const {least, most, isOpen, isOpenAbove} = endsOf(range);
  return !(least < most || (least === most && !isOpen && !isOpenAbove));
}

/** The range in words, which come after "must be". */
export function inWords(range: Range): string {
  const {least, most, isOpen, isOpenAbove, whole} = endsOf(range);
  const hasLeast = least > -Infinity;
  const hasMost = most < Infinity;
  if (whole)
    return `a whole number${hasLeast ? ` from ${least}` : ''}${hasMost ? `${hasLeast ? '' : ' up'} to ${most}` : ''}`;
  if (hasLeast && hasMost) return `in ${isOpen ? '(' : '['}${least}, ${most}${isOpenAbove ? ')' : ']'}`;
  if (hasLeast) return `${isOpen ? 'above' : 'at least'} ${least}`;
  return hasMost ? `${isOpenAbove ? 'below' : 'at most'} ${most}` : 'any number';
}

/** @throws where a number is out of range. @param what names it in the error. */
export function checkRange(what: string, value: unknown, range: Range = {}): void {
  if (typeof value !== 'number') return;
  const {from, above, to, below, whole} = meet([range]);
  if (value >= from && value > above && value <= to && value < below && (!whole || Number.isInteger(value))) return;
  throw new Error(`${what} must be ${inWords(range)}; got ${value}.`);
}

/** The ends of a range. Open ends are not in it. Those of whole numbers are whole and not open. */
function endsOf(range: Range): {
  readonly least: number;
  readonly most: number;
  readonly isOpen: boolean;
  readonly isOpenAbove: boolean;
  readonly whole: boolean;
} {
  const {from, above, to, below, whole} = meet([range]);
  return whole
    ? {
        least: Math.max(Math.ceil(from), Math.floor(above) + 1),
        most: Math.min(Math.floor(to), Math.ceil(below) - 1),
        isOpen: false,
        isOpenAbove: false,
        whole,
      }
    : {
        least: Math.max(from, above),
        most: Math.min(to, below),
        isOpen: above >= from,
        isOpenAbove: below <= to,
        whole,
      };
}
