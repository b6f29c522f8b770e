import type {LrFindResult} from '../fit/lr_find';
import {at} from '../util/at';
import {notResult} from './not_result';

/** What `lrFind` found, or the curve and some of the rates. */
export type FoundRates = Pick<LrFindResult, 'lrs' | 'losses'> & Partial<LrFindResult>;

interface CurvePoint {
  readonly lr: number;
  readonly loss: number;
}

/** The curve of the finder, and the suggested rates with the nearest point of the curve. */
export interface FinderCurve {
  readonly curve: readonly CurvePoint[];
  /** `nearest` is undefined where the curve has no point. */
  readonly suggested: ReadonlyArray<{
    readonly rule: string;
    readonly lr: number;
    readonly nearest: CurvePoint | undefined;
  }>;
}

/** @param place of the argument in the call `what`. @throws where it is not what `lrFind` resolves to. */
export function checkFound(what: string, place: string, given: unknown): asserts given is FoundRates {
  if (!isFound(given)) throw notResult({what, place}, 'what lrFind resolves to', 'lrFind(…)', given);
}

/**
 * The curve without losses that are NaN or infinite. Where it has more than ten points, the last five are left out: the
 * loss explodes there, and the rest of the curve would look flat.
 */
export function finderCurve({lrs, losses, ...rates}: FoundRates): FinderCurve {
  const curve = lrs
    .map((lr, i) => ({lr, loss: at(losses, i)}))
    .slice(0, lrs.length > 10 ? -5 : undefined)
    .filter(({loss}) => Number.isFinite(loss));
  const suggested = Object.entries(rates).flatMap(([rule, lr]) =>
    typeof lr === 'number' ? [{rule, lr, nearest: nearestTo(curve, lr)}] : [],
  );
  return {curve, suggested};
}

function nearestTo(curve: readonly CurvePoint[], lr: number): CurvePoint | undefined {
  const distance = (point: CurvePoint) => Math.abs(Math.log10(point.lr) - Math.log10(lr));
  const [nearest] = [...curve].sort((a, b) => distance(a) - distance(b));
  return nearest;
}

function isFound(x: unknown): x is FoundRates {
  return (
    typeof x === 'object' &&
    x !== null &&
    'lrs' in x &&
    'losses' in x &&
    Array.isArray(x.lrs) &&
    Array.isArray(x.losses) &&
    x.lrs.length === x.losses.length
  );
}
