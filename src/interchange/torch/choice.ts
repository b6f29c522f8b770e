import {at} from '../../util/at';
import {
  type Chained,
  checkStateless,
  entriesOf,
  type Fit,
  fitOf,
  namesOf,
  valueIn,
  withState,
} from '../training/chain_parts';
import type {FileGroup} from '../training/file_groups';
import type {Holding} from '../training/held';
import {problems} from '../transfer/lossy';
import {decaysIn, isTuple} from './optimizer_groups';
import {type TorchRule, torchRules} from './rules';

/** The rule that is written for a part, and what it lacks. */
export interface Choice {
  readonly rule: TorchRule;
  /** What can't be computed there. */
  readonly lost: readonly string[];
  /** Whether the decay of the class is ours. */
  readonly decays: boolean;
}

const HOW = {weightDecay: 'decays the weights', l2Reg: 'adds the decay to the gradient'};

/**
 * The rule for each part of an optimizer that has parameters.
 * @throws where there is no rule that computes the same; with `lossy`, where none has even the same state.
 */
export function chosenFor(holding: Holding, lossy: boolean): Array<Choice | undefined> {
  const {held, hypers, parts} = holding;
  const choices = parts.map((chained, part): Choice | undefined => {
    const mine = held.filter(({row}) => row % parts.length === part);
    if (mine.length === 0) return undefined;
    const isDecaying = mine.some(({decays, row}) => decays && at(hypers, row)['wd'] !== 0);
    const choice = best(chained, isDecaying) ?? (lossy ? nearest(chained) : undefined);
    if (choice === undefined)
      throw new Error(
        `No optimizer of PyTorch or timm that this package knows computes ${namesOf(chained.callbacks)}. ` +
          'Write the weights alone, without `optimizer`' +
          (lossy ? '; no state of it has a counterpart either.' : ', or pass lossy: true where some state is enough.'),
      );
    if (choice.rule.matrices === true)
      for (const {counterpart} of mine) {
        const shape = counterpart.layout.shapeThere(counterpart.variable.shape);
        if (shape.length !== 2)
          throw new Error(
            `${choice.rule.cls} trains matrices only; '${counterpart.name}' has the shape [${shape}]. ` +
              'Give such kernels to the other part: muon(lr, {head: …}), or `of`.',
          );
      }
    return choice;
  });
  const {problem, done} = problems(lossy, 'what PyTorch does not have is left out of the file');
  for (const choice of choices)
    if (choice !== undefined) for (const text of choice.lost) problem(`${choice.rule.cls} does not have ${text}.`);
  done();
  return choices;
}

/** The rule that lacks least. */
function best(chained: Chained, isDecaying: boolean): Choice | undefined {
  const choices = torchRules.flatMap((rule): Choice[] => {
    const fit = fitOf(chained, rule.pieces);
    return fit === undefined ? [] : [choiceOf(rule, fit, chained, isDecaying)];
  });
  // Of equal ones, the first stays first.
  return choices.sort((a, b) => a.lost.length - b.lost.length)[0];
}

function choiceOf(rule: TorchRule, {decay, extra}: Fit, {callbacks, hypers}: Chained, isDecaying: boolean): Choice {
  const decays = decay === rule.decay;
  return {
    rule,
    decays,
    lost: [
      ...extra.map(cb => `the callback ${withState(cb)}`),
      ...(isDecaying && decay !== undefined && !decays
        ? [`a decay that ${HOW[decay].replace('decays', 'acts on')}`]
        : []),
      ...new Set(hypers.flatMap(values => rule.lost?.(name => valueIn(callbacks, values, name)) ?? [])),
    ],
  };
}

/** A rule that makes another step from the same state. */
function nearest({callbacks, hypers}: Chained): Choice | undefined {
  const state = entriesOf(callbacks);
  const names = Object.keys(at(hypers, 0));
  const rule = torchRules.find(
    ({state: entries, hypers: specs, count}) =>
      Object.keys(entries).length > 0 &&
      Object.values(entries).every(ours => state.has(ours)) &&
      (count !== 'step' || state.has('step')) &&
      Object.values(specs).every(spec =>
        typeof spec === 'string' ? names.includes(spec) : !isTuple(spec) || spec.every(name => names.includes(name)),
      ),
  );
  return rule && {rule, decays: true, lost: [`the step of ${namesOf(callbacks)}, and makes its own from that state`]};
}

/**
 * The rule of a class in a file, for the callbacks that are to have its state.
 * @param problem is called where they differ. It may throw.
 * @throws for a class that no rule has.
 */
export function ruleInFile(
  chained: Chained,
  cls: string,
  groups: readonly FileGroup[],
  problem: (text: string) => void,
): TorchRule {
  const {callbacks} = chained;
  const fits = torchRules.flatMap(rule => {
    const fit = fitOf(chained, rule.pieces);
    return fit === undefined || rule.cls !== cls ? [] : [{rule, fit}];
  });
  const [first] = fits.sort((a, b) => a.fit.extra.length - b.fit.extra.length);
  if (first === undefined) {
    const known = torchRules.find(rule => rule.cls === cls);
    if (known === undefined)
      throw new Error(
        `The file has the state of ${cls}, which this package does not know. It knows ` +
          `${[...new Set(torchRules.map(rule => rule.cls))].join(', ')}.`,
      );
    problem(`The file has the state of ${cls}, which does not compute what ${namesOf(callbacks)} computes here.`);
    return known;
  }
  const {rule, fit} = first;
  checkStateless(fit.extra, problem);
  if (fit.decay !== rule.decay && decaysIn(groups))
    problem(
      `${cls} ${HOW[rule.decay]}; this optimizer ${fit.decay === undefined ? 'has no decay' : HOW[fit.decay]}. ` +
        `Make it with decoupleWd: ${rule.decay === 'weightDecay'}.`,
    );
  return rule;
}
