// Apart from what every optimizer needs: only users' callbacks have ranges that can contradict others.
import type {Callback} from './declaration';
import {inWords, isIn, type Range} from './range';

/** Whether some finite number is in all of the ranges. */
export function haveCommon(ranges: readonly Range[]): boolean {
  const least = Math.max(...ranges.flatMap(({from = -Infinity, above = -Infinity}) => [from, above]));
  const most = Math.min(...ranges.flatMap(({to = Infinity, below = Infinity}) => [to, below]));
  // If any number is in all of them, one of these is.
  return [
    0,
    least,
    least / 2 + most / 2,
    Math.floor(least) + 1,
    Math.ceil(least),
    Math.ceil(most) - 1,
    Math.floor(most),
  ].some(value => ranges.every(range => isIn(value, range)));
}

/** @throws where callbacks declare a hyper or an option with ranges that have no number in common. */
export function checkCommonRanges(callbacks: readonly Callback[]): void {
  const declared = new Map<string, Array<{readonly range: Range; readonly by: string}>>();
  for (const {name: by, declaration} of callbacks) {
    for (const [entry, range] of Object.entries(declaration.ranges)) {
      if (range === undefined) continue;
      const all = [...(declared.get(entry) ?? []), {range, by}];
      if (!haveCommon(all.map(one => one.range)))
        throw new Error(
          `No value of '${entry}' suits all callbacks: it must be ` +
            `${all.map(one => `${inWords(one.range)} for ${one.by}`).join(' and ')}. ` +
            'Change one of the ranges, or rename it in one callback.',
        );
      declared.set(entry, all);
    }
  }
}
