import {at} from '../util/at';
import {checkNoMore} from '../util/options';
import {shown} from '../util/shown';

/** A learning rate that a rule suggests, with the point of the loss curve that it is based on. */
export interface Suggestion {
  /** The rate. */
  readonly lr: number;
  /** The point of the curve. */
  readonly point: {readonly lr: number; readonly loss: number};
}

/**
 * Suggests a rate from losses at rising rates, one rate per loss; `undefined` where there are too few points. The
 * first loss that is NaN or infinite, and all points after it, do not count.
 */
export type SuggestionRule = (lrs: readonly number[], losses: readonly number[]) => Suggestion | undefined;

type Point = Suggestion['point'];

/**
 * Takes a point in the longest stretch in which the loss falls, shortly after its first third. Source: ESRI's arcgis,
 * by way of fastai.
 * @formula `lrs[i]` at about half of the longest falling stretch: its start + `⌊n/3⌋ + ⌊n/6⌋`, n its length
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * const {lrs, losses} = await lrFind(model, xs, ys, {numIt: 20});
 * const found = valley(lrs, losses)?.lr;
 * ```
 */
export const valley = ofFinite('valley', points => {
  // The length of the longest falling subsequence that ends at each point.
  const lengths: number[] = [];
  let longest = 0;
  let end = 0;
  points.forEach(({loss}, i) => {
    const length = 1 + Math.max(0, ...lengths.filter((_, j) => loss < at(points, j).loss));
    lengths.push(length);
    if (length <= longest) return;
    longest = length;
    end = i;
  });
  const third = longest / 3;
  return suggestion(points[end - longest + Math.floor(third) + Math.floor(third / 2)]);
});

/**
 * Starts at the highest rate and goes down as long as the slopes of the loss curve at two points, 15 points apart,
 * differ by more than 0.005. This finds the rate before the loss falls steeply and explodes. Needs 16 points. Source:
 * Novetta Solutions, by way of fastai.
 * @formula `lrs[i]` of the first point, from the right, where `|slope(i + 15) - slope(i)| ≤ 0.005`
 * @example
 * ```ts
 * model.compile({optimizer: adam(1e-3), loss: 'meanSquaredError'});
 * const {lrs, losses} = await lrFind(model, xs, ys, {numIt: 20});
 * const found = slide(lrs, losses)?.lr;
 * ```
 */
export const slide = ofFinite('slide', points => {
  const slopes = gradient(points.map(({loss}) => loss));
  let right = points.length - 1;
  let left = right - 15;
  if (left < 0) return undefined;
  let found = left;
  while (left >= 0 && Math.abs(at(slopes, right) - at(slopes, left)) > 0.005) {
    found = left;
    right--;
    left--;
  }
  return suggestion(points[found]);
});

/**
 * Takes a tenth of the rate at which the loss is lowest.
 * @formula `lrs[argmin(losses)]/10`
 * @example
 * ```ts
 * minimum([1e-3, 1e-2, 1e-1], [3, 1, 2])?.lr; // → 0.001
 * ```
 */
export const minimum = ofFinite('minimum', points => {
  const lowest = suggestion(points[indexOfLeast(points.map(({loss}) => loss))]);
  return lowest && {...lowest, lr: lowest.lr / 10};
});

/**
 * Takes the rate at which the loss falls most steeply over the logarithm of the rate.
 * @formula `lrs[argmin((lossᵢ₊₁ - lossᵢ)/(log lrᵢ₊₁ - log lrᵢ))]`
 * @example
 * ```ts
 * steep([1e-3, 1e-2, 1e-1], [3, 2.5, 1])?.lr; // → 0.01
 * ```
 */
export const steep = ofFinite('steep', points => {
  const slopes = points.slice(1).map(({lr, loss}, i) => {
    const before = at(points, i);
    return (loss - before.loss) / (Math.log(lr) - Math.log(before.lr));
  });
  return suggestion(points[indexOfLeast(slopes)]);
});

/** The number of points before the first loss that is NaN or infinite. */
export function finitePoints(losses: readonly number[]): number {
  const first = losses.findIndex(loss => !Number.isFinite(loss));
  return first < 0 ? losses.length : first;
}

function ofFinite(name: string, rule: (points: readonly Point[]) => Suggestion | undefined): SuggestionRule {
  return (lrs, losses, ...more: undefined[]) => {
    checkNoMore(name, more, ' after the losses');
    for (const given of [lrs, losses])
      if (!Array.isArray(given))
        throw new Error(
          `${name} takes a list of rates and a list of losses; got ${shown(lrs)} and ${shown(losses)}. ` +
            `For a result of lrFind, write ${name}(result.lrs, result.losses).`,
        );
    if (lrs.length !== losses.length)
      throw new Error(`A rule needs one learning rate per loss; got ${lrs.length} rates and ${losses.length} losses.`);
    return rule(losses.slice(0, finitePoints(losses)).map((loss, i) => ({lr: at(lrs, i), loss})));
  };
}

/** @param point undefined where there are too few points. */
function suggestion(point: Point | undefined): Suggestion | undefined {
  return point && {lr: point.lr, point};
}

/** -1 for an empty list. */
function indexOfLeast(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}

/** Central differences, one-sided at the ends. */
function gradient(values: readonly number[]): number[] {
  const last = values.length - 1;
  return values.map((_, i) => {
    const [from, to] = [Math.max(i - 1, 0), Math.min(i + 1, last)];
    return (at(values, to) - at(values, from)) / (to - from);
  });
}
