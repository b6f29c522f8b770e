/** A number with two digits, such as 0.0035 or 3.5e-7. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return '–';
  if (x === 0) return '0';
  const size = Math.abs(x);
  return size < 1e-3 || size >= 1e4
    ? x.toExponential(1).replace('.0e', 'e').replace('e+', 'e')
    : String(Number(x.toPrecision(2)));
}

/** Milliseconds: 0.34, 4.1 or 120. */
export function milliseconds(ms: number): string {
  return ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}

/** A share as a percentage with one decimal. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A number and what it counts: 1 epoch, 2 epochs. */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
