/** Which numbers an option can be. */
export interface Range {
  /** The least. */
  readonly from?: number;
  /** The largest. */
  readonly to?: number;
  /** All are below it. */
  readonly below?: number;
  /** Whether they are whole. */
  readonly whole?: boolean;
}

/** @throws where a number is out of its range. */
export function checkRange(
  what: string,
  value: unknown,
  {from = -Infinity, to = Infinity, below = Infinity, whole = false}: Range,
): void {
  if (typeof value !== 'number') return;
  if (value >= from && value <= to && value < below && (!whole || Number.isInteger(value))) return;
  const bounds = [
    ...(from === -Infinity ? [] : [`from ${from}`]),
    ...(to === Infinity ? [] : [`to ${to}`]),
    ...(below === Infinity ? [] : [from === -Infinity ? `below ${below}` : `to below ${below}`]),
  ];
  throw new Error(`${what} is ${[...(whole ? ['a whole number'] : []), ...bounds].join(' ')}; got ${value}.`);
}
