/** The mean. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** The sample standard deviation (divided by n - 1); NaN for fewer than two values. */
export function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Mean and standard deviation of shares, in percent, such as `83.10 ± 2.40`. */
export function meanAndDeviation(shares: readonly number[]): string {
  return `${(100 * meanOf(shares)).toFixed(2)} ± ${(100 * deviationOf(shares)).toFixed(2)}`;
}
