/** A learning rate that a rule suggests, and the point of the loss curve that it goes by. */
export interface Suggestion {
  /** The rate. */
  readonly lr: number;
  /** The point of the curve. */
  readonly point: {readonly lr: number; readonly loss: number};
}

/**
 * Suggests a rate from losses at rising rates; `undefined` where there are too few points. From the first loss that is
 * NaN or infinite on, points don't count.
 */
export type SuggestionRule = (lrs: readonly number[], losses: readonly number[]) => Suggestion | undefined;

/**
 * In the longest stretch in which the loss falls, a bit after its first third. Source: ESRI's arcgis, by way of
 * fastai.
 */
export const valley = ofFinite((lrs, losses) => {
  // The longest decreasing subsequence, by the length of the one that ends at each point.
  const lengths: number[] = [];
  let end = 0;
  losses.forEach((loss, i) => {
    lengths.push(1 + Math.max(0, ...lengths.filter((_, j) => loss < (losses[j] ?? -Infinity))));
    if ((lengths[i] ?? 0) > (lengths[end] ?? 0)) end = i;
  });
  const start = end - (lengths[end] ?? 0);
  const third = (end - start) / 3;
  return at(lrs, losses, start + Math.floor(third) + Math.floor(third / 2));
});

/**
 * From the highest rate down, as long as the loss curve's slopes 15 points apart differ by more than 0.005: the rate
 * before it falls steeply and explodes. Needs 16 points. Source: Novetta Solutions, by way of fastai.
 */
export const slide = ofFinite((lrs, losses) => {
  const slopes = gradient(losses);
  let right = losses.length - 1;
  let left = right - 15;
  if (left < 0) return undefined;
  let found = left;
  while (left >= 0 && Math.abs((slopes[right] ?? 0) - (slopes[left] ?? 0)) > 0.005) {
    found = left;
    right--;
    left--;
  }
  return at(lrs, losses, found);
});

/** A tenth of the rate at which the loss is lowest. */
export const minimum = ofFinite((lrs, losses) => {
  const lowest = at(lrs, losses, indexOfLeast(losses));
  return lowest && {...lowest, lr: lowest.lr / 10};
});

/** The rate at which the loss falls most steeply over the logarithm of the rate. */
export const steep = ofFinite((lrs, losses) =>
  at(
    lrs,
    losses,
    indexOfLeast(
      losses
        .slice(1)
        .map((loss, i) => (loss - (losses[i] ?? NaN)) / (Math.log(lrs[i + 1] ?? NaN) - Math.log(lrs[i] ?? NaN))),
    ),
  ),
);

/** How many points there are before the first loss that is NaN or infinite. */
export function finitePoints(losses: readonly number[]): number {
  const first = losses.findIndex(loss => !Number.isFinite(loss));
  return first < 0 ? losses.length : first;
}

function ofFinite(rule: SuggestionRule): SuggestionRule {
  return (lrs, losses) => {
    const points = finitePoints(losses);
    return rule(lrs.slice(0, points), losses.slice(0, points));
  };
}

function at(lrs: readonly number[], losses: readonly number[], i: number): Suggestion | undefined {
  const lr = lrs[i];
  const loss = losses[i];
  return lr === undefined || loss === undefined ? undefined : {lr, point: {lr, loss}};
}

function indexOfLeast(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}

/** Central differences, one-sided at the ends. */
function gradient(values: readonly number[]): number[] {
  const last = values.length - 1;
  return values.map((_, i) => {
    const [from, to] = [Math.max(i - 1, 0), Math.min(i + 1, last)];
    return ((values[to] ?? 0) - (values[from] ?? 0)) / (to - from);
  });
}
