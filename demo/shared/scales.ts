/** An axis: where a value is drawn, and which values have a mark. */
export interface Scale {
  readonly at: (value: number) => number;
  /** The value that is drawn there. */
  readonly valueAt: (pixel: number) => number;
  readonly ticks: readonly number[];
}

export type Range = readonly [from: number, to: number];

/** The approximate number of marks on an axis. */
const MARKS = 5;

/** A linear scale with these ends. */
export function linear([low, high]: Range, [from, to]: Range): Scale {
  return {
    at: value => from + ((value - low) / (high - low || 1)) * (to - from),
    valueAt: pixel => low + ((pixel - from) / (to - from || 1)) * (high - low),
    ticks: evenTicks(low, high),
  };
}

/** A logarithmic scale between positive ends. */
export function logarithmic([low, high]: Range, pixels: Range): Scale {
  const {at, valueAt} = linear([Math.log(low), Math.log(high)], pixels);
  return {
    at: value => at(Math.log(value)),
    valueAt: pixel => Math.exp(valueAt(pixel)),
    ticks: high / low < 10 ? evenTicks(low, high) : decadeTicks(low, high),
  };
}

function evenTicks(low: number, high: number): number[] {
  const step = niceStep((high - low || 1) / MARKS);
  return range(Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)).map(i => i * step);
}

function decadeTicks(low: number, high: number): number[] {
  const decades = range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)));
  const every = Math.ceil(decades.length / (MARKS + 2));
  const factors = decades.length > 3 ? [1] : [1, 2, 5];
  return decades
    .filter(decade => decade % every === 0)
    .flatMap(decade => factors.map(factor => Number(`${factor}e${decade}`)))
    .filter(tick => tick >= low * 0.999 && tick <= high * 1.001);
}

/** The smallest number that is 1, 2 or 5 times a power of ten and not below x. */
function niceStep(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  return power * ([1, 2, 5].find(factor => factor * power >= x) ?? 10);
}

function range(first: number, last: number): number[] {
  return Array.from({length: Math.max(0, last - first + 1)}, (_, i) => first + i);
}
