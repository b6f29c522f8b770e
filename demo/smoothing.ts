const SMOOTHING = 0.9;

/** The exponential moving average of each value and those before it, without the bias of its start. */
export function smoothed(values: readonly number[]): number[] {
  let average = 0;
  return values.map((value, i) => {
    average = SMOOTHING * average + (1 - SMOOTHING) * value;
    return average / (1 - SMOOTHING ** (i + 1));
  });
}
