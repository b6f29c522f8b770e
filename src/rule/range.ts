/** The numbers that an option can be. */
export interface Range {
  /** The least of them. */
  readonly from?: number;
  /** The largest of them. */
  readonly to?: number;
  /** All numbers are below it. */
  readonly below?: number;
  /** Whether all are whole numbers. */
  readonly whole?: boolean;
}

/** @throws where a number is out of range. @param what names it in the error. */
export function checkRange(
  what: string,
  value: unknown,
  {from = -Infinity, to = Infinity, below = Infinity, whole = false}: Range = {},
): void {
  if (typeof value !== 'number') return;
  if (value >= from && value <= to && value < below && (!whole || Number.isInteger(value))) return;
  const bounds = [
    ...(from === -Infinity ? [] : [`from ${from}`]),
    ...(to === Infinity ? [] : [`to ${to}`]),
    ...(below === Infinity ? [] : [from === -Infinity ? `below ${below}` : `to below ${below}`]),
  ];
  throw new Error(`${what} must be ${[...(whole ? ['a whole number'] : []), ...bounds].join(' ')}; got ${value}.`);
}
