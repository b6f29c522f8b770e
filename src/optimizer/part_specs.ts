import type * as tf from '@tensorflow/tfjs-core';

import type {PartOfSet} from '../params/divided_groups';
import {ParameterSet} from '../params/parameter_groups';
import {isSavedTaker} from '../params/takers';
import {type ParamGroups, variablesOf} from '../params/variables_of';
import {type Chain, isDecaying} from '../rule/chain';
import type {Callback, Scalar} from '../rule/declaration';
import type {HyperValue} from '../rule/slice';
import {at} from '../util/at';
import {answerOf} from '../util/options';
import {own} from '../util/own';
import {isPlain, shown} from '../util/shown';
import type {Optimizer} from './optimizer';
import {asOptimizer} from './optimizer_of_model';
import type {TrainingState} from './training_state';

/** A part as it was given, checked. */
interface GivenPart {
  readonly of: unknown;
  readonly by: Optimizer;
  readonly keepMom: boolean;
  /** What summaries call it. Undefined: the name of its rule. */
  readonly name: string | undefined;
}

/** @throws where the parts can't be those of a partition. */
export function partsIn(given: unknown): GivenPart[] {
  const form = 'Write partition([{of: model.layers[0], by: sgd(0.1)}, {by: adamW(1e-3)}])';
  if (!Array.isArray(given) || given.length === 0)
    throw new Error(`partition takes a list of parts; got ${shown(given)}. ${form}.`);
  const seen = new Map<unknown, number>();
  return given.map((part: unknown, i) => {
    if (!isPlain(part)) throw new Error(`Part ${i} must be {of, by}; got ${shown(part)}. ${form}.`);
    const odd = Object.keys(part).find(key => !['of', 'by', 'keepMom', 'name'].includes(key));
    if (odd !== undefined)
      throw new Error(`Part ${i} has '${odd}'; a part has only 'of', 'by', 'keepMom' and 'name'. ${form}.`);
    const {of, keepMom = false, name} = part;
    const by = asOptimizer(part['by']);
    if (by === undefined)
      throw new Error(
        `Part ${i} must have \`by\`, an optimizer of tfjs-optim such as sgd(0.1); got ${shown(part['by'])}. ${form}.`,
      );
    const isLast = i === given.length - 1;
    if (isLast && of !== undefined)
      throw new Error('The last part takes the rest, so it must have no `of`. Add a part {by: …} after it.');
    if (!isLast && (of === undefined || of === null))
      throw new Error(`Part ${i} has no \`of\`; only the last part takes the rest. Say which variables it takes.`);
    const before = seen.get(by);
    if (before !== undefined)
      throw new Error(`Part ${before} and part ${i} have the same optimizer; make one for each part.`);
    seen.set(by, i);
    if (typeof keepMom !== 'boolean')
      throw new Error(`Part ${i}: 'keepMom' must be true or false; got ${shown(keepMom)}.`);
    if (name !== undefined && typeof name !== 'string')
      throw new Error(`Part ${i}: 'name' must be a text such as 'head'; got ${shown(name)}.`);
    return {of, by, keepMom, name};
  });
}

/**
 * @param forAll the callbacks for all parts.
 * @throws where one of them decays the weights of a part whose own callback decays them.
 */
export function checkDecays(
  forAll: readonly Callback[],
  parts: readonly PartOfSet[],
  states: readonly TrainingState[],
): void {
  const second = forAll.find(cb => isDecaying(cb))?.name;
  if (second === undefined) return;
  for (const [i, {name}] of parts.entries()) {
    const own = at(states, i).chain.callbacks.find(cb => isDecaying(cb, at(states, i).set.values))?.name;
    // The chain refuses the same callback twice.
    if (own !== undefined && own !== second)
      throw new Error(
        `The part '${name}' decays its weights by ${own}, and ${second} for all parts would decay them again; ` +
          `leave ${second} out.`,
      );
  }
}

/** @throws where the optimizer has something that the partition would lose. */
export function checkNew(part: number, by: Optimizer, {explicit, set, common}: TrainingState): void {
  if (explicit)
    throw new Error(`The optimizer of part ${part} has \`params\`; leave them out, and give them to the partition.`);
  const {trainBn, wdBnBias, noWd} = set.treatment;
  if (!trainBn || wdBnBias || noWd !== undefined)
    throw new Error(
      `The optimizer of part ${part} sets ${!trainBn ? 'trainBn' : wdBnBias ? 'wdBnBias' : 'noWd'}; ` +
        'leave it out, and give it to the partition.',
    );
  const isFrozen = set.groups.some(({frozen}) => frozen !== 'no');
  if (
    by.iterations > 0 ||
    set.parameters.length > 0 ||
    Object.keys(common).length > 0 ||
    by.schedule !== undefined ||
    isFrozen
  )
    throw new Error(
      `The optimizer of part ${part} was used before: it has made steps, or has variables, schedules or frozen ` +
        'groups. Make a new one.',
    );
}

/** @throws for a setting that no callback for all parts has. */
export function checkShared(shared: Chain, values: object): void {
  const names = [...shared.hypers.keys(), ...shared.options.keys()];
  const [unknown] = Object.entries(values).find(([name, value]) => value !== undefined && !names.includes(name)) ?? [];
  if (unknown !== undefined)
    throw new Error(
      `partition has no setting '${unknown}'. Its own are params, callbacks, after, skipNonFinite, maxGradNorm, ` +
        `trainBn, wdBnBias, noWd${names.map(name => `, ${name}`).join('')}; give hypers to the optimizer of a part.`,
    );
}

/** The hypers of an optimizer with one group: as they were given, or else as they were set since. */
export function valuesIn({groups, values, ranges}: ParameterSet): Record<string, HyperValue> {
  const {hypers} = at(groups, 0);
  const first = new ParameterSet(undefined, 1, values, {trainBn: true, wdBnBias: false, noWd: undefined}, [], ranges);
  const before: Readonly<Record<string, Scalar>> = at(first.groups, 0).hypers;
  return Object.fromEntries(
    Object.entries(hypers).map(([name, value]): [string, HyperValue] => {
      const given = values.get(name);
      return [name, given !== undefined && own(before, name) === value ? given : value];
    }),
  );
}

/** @throws where it can't tell variables. */
export function takerOf(of: unknown, part: number): PartOfSet['takes'] {
  if (of === undefined) return undefined;
  if (typeof of === 'function' && isSavedTaker(of)) return of;
  if (isPredicate(of)) return variable => answerOf('of', variable, of(variable));
  if (!isParams(of))
    throw new Error(
      `\`of\` of part ${part} must be variables, layers, a model, lists of these, or a function; got ${shown(of)}.`,
    );
  const mine = new Set(variablesOf(of).flat());
  return variable => mine.has(variable);
}

function isPredicate(of: unknown): of is (variable: tf.Variable) => unknown {
  return typeof of === 'function';
}

/** `variablesOf` checks what is inside. */
function isParams(of: unknown): of is ParamGroups {
  return typeof of === 'object' && of !== null;
}
