import {at} from '../../examples/support/lookup';
import {short} from '../shared/numbers';
import {distance, type LandscapeFunction, type Point2} from './functions';
import type {Descent, Race} from './race';

/** Within this share of the map's width, a point counts as being at a minimum. */
const NEAR = 0.01;
/** The number of last steps that say where an optimizer is going. */
const LAST = 30;

/** How an optimizer does, as a clause without the subject. */
export function howItDoes(f: LandscapeFunction, {path, at: now}: Descent): string {
  if (path.length === 1) return 'is at the start';
  if (!now.every(Number.isFinite)) return 'has diverged: its numbers are infinite';
  const [left, right] = f.x;
  const near = NEAR * (right - left);
  const away = distance(f, now);
  const recent = path.slice(-LAST).map(point => distance(f, point));
  const before = at(recent, 0);
  if (recent.length === LAST && recent.every(far => far <= near)) return 'has reached the minimum';
  if (!isInside(f, now)) return 'has left the map';
  if (away <= near) return 'is at the minimum';
  if (recent.some(far => far <= near)) return 'swings around the minimum';
  if (away < 0.97 * before) return 'is on its way';
  const nearest = path.reduce((least, point) => Math.min(least, distance(f, point)), Infinity);
  if (nearest <= near) return 'was at the minimum, and has gone past it';
  const moved = path
    .slice(-LAST)
    .reduce((sum, point, i, all) => sum + (i === 0 ? 0 : length(at(all, i - 1), point)), 0);
  return moved > 20 * near ? 'swings to and fro' : 'hardly gets nearer';
}

/** Whether the map shows a point. */
export function isInside({x: [left, right], y: [bottom, top]}: LandscapeFunction, [x, y]: Point2): boolean {
  return x >= left && x <= right && y >= bottom && y <= top;
}

/** Where the race is, in sentences: for the status line, which screen readers read. The nearest comes first. */
export function report(race: Race): string {
  const {f, step, setup} = race;
  if (step === 0) return `Ready: ${race.descents.length} optimizers at the start.`;
  const sentences = ranked(race).map(descent => {
    const away = distance(f, descent.at);
    const where = Number.isFinite(away) ? `, ${short(away)} from it` : '';
    const how = howItDoes(f, descent);
    return `${descent.name} ${how}${/minimum/.test(how) ? where : where.replace('it', 'the minimum')}.`;
  });
  return `Step ${step} of ${setup.steps}. ${sentences.join(' ')}`;
}

/** The optimizers, the one that is nearest to a minimum first. */
export function ranked({descents, f}: Race): readonly Descent[] {
  const away = (descent: Descent) => {
    const far = distance(f, descent.at);
    return Number.isNaN(far) ? Infinity : far;
  };
  return [...descents].sort((a, b) => (away(a) === away(b) ? 0 : away(a) - away(b)));
}

function length([x0, y0]: Point2, [x1, y1]: Point2): number {
  return Math.hypot(x1 - x0, y1 - y0);
}
