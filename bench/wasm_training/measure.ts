/** Milliseconds of several runs. */
export interface Measured {
  readonly median: number;
  /** A quarter of the runs were faster, a quarter slower, than these. */
  readonly low: number;
  readonly high: number;
  readonly runs: number;
}

function quantile(sorted: readonly number[], part: number): number {
  const found = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  if (found === undefined) throw new Error('Nothing was measured.');
  return found;
}

export function summary(numbers: readonly number[]): Measured {
  const sorted = [...numbers].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    runs: sorted.length,
  };
}

export function timeOf(act: () => void): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

/**
 * Runs every contestant in turn, round after round, so that a machine that is busy for a while slows all of them; the
 * first round warms up.
 */
export function compared(
  contestants: Readonly<Record<string, () => number>>,
  rounds: number,
): ReadonlyMap<string, Measured> {
  const times = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const time = run();
      if (round > 0) times.set(name, [...(times.get(name) ?? []), time]);
    }
  }
  return new Map([...times].map(([name, numbers]) => [name, summary(numbers)]));
}
