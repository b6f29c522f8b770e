import {ParameterSet, type Treatment} from '../params/parameter_groups';
import type {Chain} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import type {SavedConfig} from '../state/saved_config';
import {memo} from '../util/memo';

/** Groups with the hypers of a saved configuration. Their parameters come later, with the variables. */
export function savedGroups({hypers}: SavedConfig, {externals, ranges}: Chain, treatment: Treatment): ParameterSet {
  const columns = new Map<string, Scalar[]>();
  for (const values of hypers)
    for (const [name, value] of Object.entries(values)) memo(columns, name, (): Scalar[] => []).push(value);
  return new ParameterSet(undefined, hypers.length, columns, treatment, externals, ranges);
}
