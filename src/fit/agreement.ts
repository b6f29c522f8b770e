import {finitePoints, minimum, slide, steep, type SuggestionRule, valley} from './suggestions';

/** What the rules suggest, `undefined` where a rule had too few points, and what to take. */
export interface Agreement {
  /** In the longest stretch in which the loss falls, a bit after its first third. */
  readonly valley: number | undefined;
  /** Before the loss falls steeply and explodes. */
  readonly slide: number | undefined;
  /** A tenth of the rate at which the loss is lowest. */
  readonly minimum: number | undefined;
  /** Where the loss falls most steeply. */
  readonly steep: number | undefined;
  /**
   * The rate to take for `lrMax`: the geometric mean of the rules that agree, no higher than `minimum`. Undefined
   * where the curve says too little.
   */
  readonly suggestion: number | undefined;
  /** Why, in a sentence: which rules agree, or what is wrong with the curve. */
  readonly reason: string;
}

/** A curve of `lrFind`. */
export interface Curve {
  /** The rate of each step. */
  readonly lrs: readonly number[];
  /** The smoothed loss after each step. */
  readonly losses: readonly number[];
  /** How many steps were to be made. */
  readonly numIt: number;
}

type Rules = Pick<Agreement, 'valley' | 'slide' | 'minimum' | 'steep'>;
type Found = readonly [name: keyof Rules, lr: number];

/** Rates that differ by at most this factor agree. */
const NEAR = 10;
/** As many points as `slide` needs. */
const FEWEST = 16;
/** The share of the loss that it has to fall by. */
const FLAT = 0.02;
/** How much the loss may rise in between, as a share of all that it falls. */
const NOISY = 0.5;

/** What a curve suggests. */
export function agreementOf({lrs, losses, numIt}: Curve): Agreement {
  // The first steps and the last, where it explodes, would mislead the rules.
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

/** Why the curve says too little. */
function problemOf(points: readonly number[], losses: readonly number[], numIt: number): string | undefined {
  if (points.length < FEWEST) {
    const finite = finitePoints(losses);
    if (losses.length - finite > 0)
      return (
        `The loss was NaN or infinite from step ${finite + 1} on, too early to tell. Start at a lower ` +
        'startLr, and look at the data and the loss.'
      );
    if (losses.length < numIt)
      return (
        `The loss exploded, or the data ended, after ${losses.length} of ${numIt} steps, too early to tell. ` +
        'Start at a lower startLr.'
      );
    return `${numIt} steps are too few to tell: set numIt to 25 at least.`;
  }
  const first = points[0] ?? NaN;
  if (first - Math.min(...points) > FLAT * Math.abs(first)) return undefined;
  return Math.max(...points) - first > FLAT * Math.abs(first)
    ? 'The loss rises from the beginning and hardly falls at any rate. Start at a lower startLr, or look for a ' +
        'mistake in the model or the data.'
    : `The curve is flat: the loss falls by less than ${100 * FLAT} % at every rate. Make more steps (numIt), or ` +
        'look for a mistake in the model or the data.';
}

/** Whether the loss goes up and down on the way to where it is lowest. */
function isNoisy(points: readonly number[]): boolean {
  const way = points.slice(0, points.indexOf(Math.min(...points)) + 1);
  const steps = way.slice(1).map((loss, i) => loss - (way[i] ?? loss));
  const sum = (some: readonly number[]) => some.reduce((a, b) => a + b, 0);
  return sum(steps.filter(step => step > 0)) > NOISY * -sum(steps.filter(step => step < 0));
}

function agreed(rules: Rules, noisy: boolean): Pick<Agreement, 'suggestion' | 'reason'> {
  const found = (['valley', 'slide', 'minimum', 'steep'] as const)
    .flatMap((name): Found[] => (rules[name] === undefined ? [] : [[name, rules[name]]]))
    .sort(([, a], [, b]) => a - b);
  // The most rules that lie together; of as many, those at lower rates.
  const groups = found.map(([, lowest], i) => found.slice(i).filter(([, lr]) => lr <= lowest * NEAR));
  const together = groups.reduce((best, group) => (group.length > best.length ? group : best), []);
  const noise = noisy ? ' The curve is noisy: make more steps (numIt) or larger batches to be surer.' : '';
  const [lowest, highest] = [together[0]?.[1] ?? NaN, together.at(-1)?.[1] ?? NaN];
  if (together.length < 2)
    return {suggestion: undefined, reason: `No two rules agree within a factor of ${NEAR}.${noise}`};
  const mean = Math.exp(together.reduce((sum, [, lr]) => sum + Math.log(lr), 0) / together.length);
  const most = rules.minimum ?? mean;
  const names = together.map(([name]) => name);
  const agree =
    `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''} agree within a factor of ` +
    (highest / lowest).toPrecision(2);
  return mean > most
    ? {suggestion: most, reason: `${agree}; their middle is above minimum, which is taken.${noise}`}
    : {suggestion: mean, reason: `${agree}; this is their geometric mean.${noise}`};
}
