import {finitePoints, minimum, slide, steep, type SuggestionRule, valley} from './suggestions';

/** What each rule suggests (`undefined` where it had too few points), and the rate to take. */
export interface Agreement {
  /** A bit after the first third of the longest stretch in which the loss falls. */
  readonly valley: number | undefined;
  /** Before the steep fall that ends in the explosion of the loss. */
  readonly slide: number | undefined;
  /** A tenth of the rate at which the loss is lowest. */
  readonly minimum: number | undefined;
  /** Where the loss falls most steeply. */
  readonly steep: number | undefined;
  /**
   * The rate to take for `lrMax`: the geometric mean of the rules that agree, no higher than `minimum`. Undefined
   * where the curve gives too little evidence.
   */
  readonly suggestion: number | undefined;
  /** Why: which rules agree, or what is wrong with the curve. */
  readonly reason: string;
}

/** The loss curve that `lrFind` measured. */
interface Curve {
  /** The rate of each step. */
  readonly lrs: readonly number[];
  /** The smoothed loss after each step. */
  readonly losses: readonly number[];
  /** How many steps were asked for. */
  readonly numIt: number;
}

type Rules = Pick<Agreement, 'valley' | 'slide' | 'minimum' | 'steep'>;
type Found = readonly [name: keyof Rules, lr: number];

/** Rules agree where their rates differ by at most this factor. */
const NEAR = 10;
/** The number of points that `slide` needs. */
const FEWEST = 16;
/** The loss must fall by this share of its first value. */
const FLAT = 0.02;
/** How much the loss may rise on the way down in all, as a share of all that it falls. */
const NOISY = 0.5;

/** Applies every rule to the curve, and combines the rates that agree. */
export function agreementOf({lrs, losses, numIt}: Curve): Agreement {
  // The first steps, and the last ones, where the loss explodes, would mislead the rules.
  const trimmed = (values: readonly number[]) => values.slice(Math.floor(numIt / 10), -5);
  const by = (rule: SuggestionRule) => rule(trimmed(lrs), trimmed(losses))?.lr;
  const rules = {valley: by(valley), slide: by(slide), minimum: by(minimum), steep: by(steep)};
  const points = trimmed(losses);
  const finite = points.slice(0, finitePoints(points));
  const problem = problemOf(finite, losses, numIt);
  return {
    ...rules,
    ...(problem === undefined ? agreed(rules, isNoisy(finite)) : {suggestion: undefined, reason: problem}),
  };
}

/** Why the curve gives too little evidence; undefined where it gives enough. */
function problemOf(points: readonly number[], losses: readonly number[], numIt: number): string | undefined {
  const [first] = points;
  if (first === undefined || points.length < FEWEST) {
    const finite = finitePoints(losses);
    if (losses.length > finite) {
      return (
        `The loss was NaN or infinite from step ${finite + 1} on, which is too early for a suggestion. ` +
        'Begin at a lower startLr, and check the data and the loss function.'
      );
    }
    if (losses.length < numIt) {
      return (
        `The loss exploded, or the data ended, after ${losses.length} of ${numIt} steps, which is too early for a ` +
        'suggestion. Begin at a lower startLr.'
      );
    }
    return `${numIt} steps are too few for a suggestion. Set numIt to at least 25.`;
  }
  if (first - Math.min(...points) > FLAT * Math.abs(first)) return undefined;
  return Math.max(...points) - first > FLAT * Math.abs(first)
    ? 'The loss rises from the beginning and hardly falls at any rate. ' +
        'Begin at a lower startLr, or look for a mistake in the model or the data.'
    : `The curve is flat: the loss does not fall by ${100 * FLAT} % at any rate. ` +
        'Make more steps (numIt), or look for a mistake in the model or the data.';
}

/** Whether the loss goes up and down a lot before it reaches its lowest point. */
function isNoisy(points: readonly number[]): boolean {
  const lowest = Math.min(...points);
  let [risen, fallen] = [0, 0];
  let before: number | undefined;
  for (const loss of points) {
    if (before !== undefined) {
      risen += Math.max(0, loss - before);
      fallen += Math.max(0, before - loss);
    }
    if (loss === lowest) break;
    before = loss;
  }
  return risen > NOISY * fallen;
}

function agreed(rules: Rules, noisy: boolean): Pick<Agreement, 'suggestion' | 'reason'> {
  const found = (['valley', 'slide', 'minimum', 'steep'] as const)
    .flatMap((name): Found[] => (rules[name] === undefined ? [] : [[name, rules[name]]]))
    .sort(([, a], [, b]) => a - b);
  // The largest group of rules that agree. Of two groups of one size, the one at lower rates.
  const groups = found.map(([, lowest], i) => found.slice(i).filter(([, lr]) => lr <= lowest * NEAR));
  const together = groups.reduce((best, group) => (group.length > best.length ? group : best), []);
  const noise = noisy ? ' The curve is noisy: make more steps (numIt) or larger batches for a surer suggestion.' : '';
  const [first, ...others] = together;
  const last = others.at(-1);
  if (first === undefined || last === undefined)
    return {suggestion: undefined, reason: `No two rules agree within a factor of ${NEAR}.${noise}`};
  const mean = Math.exp(together.reduce((sum, [, lr]) => sum + Math.log(lr), 0) / together.length);
  const {minimum: most} = rules;
  const names = together.slice(0, -1).map(([name]) => name);
  const factor = (last[1] / first[1]).toPrecision(2);
  const agree = `${names.join(', ')} and ${last[0]} agree within a factor of ${factor}`;
  return most !== undefined && mean > most
    ? {
        suggestion: most,
        reason: `${agree}. Their geometric mean is above minimum, so the suggestion is minimum.${noise}`,
      }
    : {suggestion: mean, reason: `${agree}. The suggestion is their geometric mean.${noise}`};
}
