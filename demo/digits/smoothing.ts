const SMOOTHING = 0.9;

/** For each value: the exponential moving average of the values up to it, debiased. */
export function smoothed(values: readonly number[]): number[] {
  let average = 0;
  return values.map((value, i) => {
    average = SMOOTHING * average + (1 - SMOOTHING) * value;
    return average / (1 - SMOOTHING ** (i + 1));
  });
}
