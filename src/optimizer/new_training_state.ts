import {ParameterSet} from '../params/parameter_groups';
import {variablesOf} from '../params/variables_of';
import {chainOf, isDecaying} from '../rule/chain';
import type {Callback, HyperDefaults} from '../rule/declaration';
import {checkCore} from '../util/core_copies';
import {listOf} from '../util/iterable';
import {type AnyCallback, type BaseSettings, hyperValues, treatmentOf} from './settings';
import {TrainingState} from './training_state';

function isStatistic(cb: Callback): boolean {
  const {state, skips} = cb.declaration;
  return !isDecaying(cb) && (skips || Object.keys(state).length > 0);
}

/** @throws where a callback decays the weights beside a step that decays them by itself. */
function checkStepDecays(callbacks: readonly Callback[], values: ReadonlyMap<string, unknown>): void {
  const decaying = callbacks.filter(cb => isDecaying(cb, values));
  const step = decaying.find(cb => cb.declaration.isStep)?.name;
  const other = decaying.find(cb => cb.name !== step)?.name;
  if (step !== undefined && other !== undefined)
    throw new Error(`${step} decays the weights by itself; leave ${other} out.`);
}

/**
 * What a new optimizer trains.
 * @param isWhole whether it cannot take over the callbacks of others later.
 * @throws for unknown or impossible hypers, callbacks that don't go together or make no step, or parameters that can't
 *   be trained.
 */
export function trainingStateOf(
  callbacks: AnyCallback | readonly AnyCallback[],
  settings: BaseSettings,
  declared: HyperDefaults,
  rules: readonly string[],
  isWhole: boolean,
): TrainingState {
  const list = listOf<AnyCallback>(callbacks);
  const chain = chainOf(list);
  const hasStep = list.some(cb => cb.declaration.isStep);
  // Decay alone moves the weights too.
  if (list.length === 0 ? isWhole : !hasStep && list.some(isStatistic)) {
    const got = list.map(({name}) => name).join(', ') || 'none';
    throw new Error(`An optimizer needs a callback that makes a step, such as sgdStep; got ${got}.`);
  }
  const lists = settings.params === undefined ? undefined : variablesOf(settings.params);
  lists?.flat().forEach(checkCore);
  const values = hyperValues(chain, settings, declared);
  checkStepDecays(list, values);
  const {externals, ranges} = chain;
  // Without `params` there is one group.
  const set = new ParameterSet(lists, lists?.length ?? 1, values, treatmentOf(settings), externals, ranges);
  return new TrainingState(chain, set, lists !== undefined, rules);
}
