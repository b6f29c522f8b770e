import type * as tf from '@tensorflow/tfjs-core';

import {indexOf} from '../params/parameter';
import type {ParameterSet} from '../params/parameter_groups';
import type {Scalar} from '../rule/declaration';
import type {ParameterState, StateView} from '../state/state_view';
import {at} from '../util/at';

/** One row of `allParams`. */
export interface ParamRow {
  /** The parameter. */
  readonly variable: tf.Variable;
  /** The index of the parameter's group. */
  readonly group: number;
  /** Whether it trains now. */
  readonly trainable: boolean;
  /** Its state and flags. The optimizer owns the tensors. */
  readonly state: ParameterState;
  /** The hypers of its group. Writes to them are checked and act on the next step. */
  readonly hypers: Record<string, Scalar>;
}

/**
 * The parameters with their group, state and hypers.
 * @param of `group`: the index of the group, where a negative one counts from the end. Undefined: all groups.
 */
export function paramRows(
  set: ParameterSet,
  of: {
    readonly state: StateView;
    readonly hypers: ReadonlyArray<Record<string, Scalar>>;
    readonly group: number | undefined;
  },
): ParamRow[] {
  const wanted = of.group !== undefined && of.group < 0 ? set.count + of.group : of.group;
  return set.parameters
    .filter(({group}) => wanted === undefined || indexOf(group) === wanted)
    .map(parameter => ({
      variable: parameter.variable,
      group: indexOf(parameter.group),
      trainable: set.trains(parameter),
      state: of.state.get(parameter.variable),
      hypers: at(of.hypers, parameter.group.index),
    }));
}
