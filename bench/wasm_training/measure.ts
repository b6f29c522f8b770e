import {at, defined} from '../../examples/support/lookup';

/** Milliseconds of several runs. */
export interface Measured {
  readonly median: number;
  /** The first quartile. */
  readonly low: number;
  /** The third quartile. */
  readonly high: number;
  readonly runs: number;
}

function quantile(sorted: readonly number[], part: number): number {
  return at(sorted, Math.min(sorted.length - 1, Math.floor(part * sorted.length)));
}

/** The middle value. For an even number of values: the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
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

/** The milliseconds that `act` takes. */
export function timeOf(act: () => void): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

/**
 * Runs every contestant once per round, so that a machine that is busy for a while slows all of them. The first round
 * only warms up.
 */
export function compared(
  contestants: Readonly<Record<string, () => number>>,
  rounds: number,
): ReadonlyMap<string, Measured> {
  return new Map(inTurn(contestants, rounds).map(({name, times}) => [name, summary(times)]));
}

/** As `compared`, with the ratio of the first contestant's time to the second's in the same round. */
export function pairCompared(
  first: () => number,
  second: () => number,
  rounds: number,
): {readonly first: Measured; readonly second: Measured; readonly ratio: Measured} {
  const [a, b] = inTurn({first, second}, rounds).map(({times}) => times);
  const [firsts, seconds] = [defined(a, 'first contestant'), defined(b, 'second contestant')];
  return {
    first: summary(firsts),
    second: summary(seconds),
    ratio: summary(firsts.map((time, round) => time / at(seconds, round))),
  };
}

function inTurn(
  contestants: Readonly<Record<string, () => number>>,
  rounds: number,
): ReadonlyArray<{readonly name: string; readonly times: readonly number[]}> {
  const records = Object.entries(contestants).map(([name, run]) => ({name, run, times: new Array<number>()}));
  for (let round = 0; round <= rounds; round++) {
    for (const {run, times} of records) {
      const time = run();
      if (round > 0) times.push(time);
    }
  }
  return records;
}

/** The measurement of a contestant. @throws where it was not measured. */
export function measurementOf(measurements: ReadonlyMap<string, Measured>, name: string): Measured {
  return defined(measurements.get(name), `measurement of '${name}'`);
}
