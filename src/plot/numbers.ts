/** A number as it is written beside a tick: with six digits at most, and an exponent where it is small or large. */
export function rounded(x: number): string {
  const short = Number(x.toPrecision(6));
  const size = Math.abs(short);
  return short !== 0 && (size < 1e-3 || size >= 1e5) ? short.toExponential() : String(short);
}
