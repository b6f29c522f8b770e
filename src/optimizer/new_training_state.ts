import {ParameterSet} from '../params/parameter_groups';
import {variablesOf} from '../params/variables_of';
import {chainOf} from '../rule/chain';
import type {HyperDefaults} from '../rule/declaration';
import {checkCore} from '../util/core_copies';
import {listOf} from '../util/iterable';
import {type AnyCallback, type BaseSettings, hyperValues, treatmentOf} from './settings';
import {TrainingState} from './training_state';

/**
 * What a new optimizer trains.
 * @param isWhole whether it cannot take over the callbacks of others later.
 * @throws for unknown or impossible hypers, callbacks that don't go together, or parameters that can't be trained.
 */
export function trainingStateOf(
  callbacks: AnyCallback | readonly AnyCallback[],
  settings: BaseSettings,
  declared: HyperDefaults,
  rules: readonly string[],
  isWhole: boolean,
): TrainingState {
  const list = listOf<AnyCallback>(callbacks);
  if (isWhole && list.length === 0) throw new Error('An optimizer needs callbacks, such as [sgdStep]; got none.');
  const chain = chainOf(list);
  const lists = settings.params === undefined ? undefined : variablesOf(settings.params);
  lists?.flat().forEach(checkCore);
  const values = hyperValues(chain, settings, declared);
  const {externals, ranges} = chain;
  // Without `params` there is one group.
  const set = new ParameterSet(lists, lists?.length ?? 1, values, treatmentOf(settings), externals, ranges);
  return new TrainingState(chain, set, lists !== undefined, rules);
}
