/** The number of last steps that the time left is computed from. */
const STEPS = 30;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How fast a training goes now. */
export class Pace {
  #ends: number[] = [];

  /** A training starts or goes on. @param now a time in milliseconds. */
  begin(now: number): void {
    this.#ends = [now];
  }

  /** A step has ended. */
  add(now: number): void {
    this.#ends.push(now);
    if (this.#ends.length > STEPS + 1) this.#ends.shift();
  }

  /** The estimated milliseconds of so many steps; undefined before the first step. */
  timeOf(steps: number): number | undefined {
    const [first, last] = [this.#ends[0], this.#ends.at(-1)];
    const n = this.#ends.length - 1;
    return first === undefined || last === undefined || n < 1 ? undefined : ((last - first) / n) * steps;
  }
}

/** A time that is estimated, in words: about 20 seconds. */
export function roughly(ms: number): string {
  if (ms < 5 * SECOND) return 'a few seconds';
  if (ms < 55 * SECOND) return `about ${5 * Math.round(ms / SECOND / 5)} seconds`;
  if (ms < 1.5 * MINUTE) return 'about a minute';
  if (ms < 55 * MINUTE) return `about ${Math.round(ms / MINUTE)} minutes`;
  if (ms < 1.5 * HOUR) return 'about an hour';
  return `about ${Math.round(ms / HOUR)} hours`;
}
