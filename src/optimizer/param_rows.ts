import type * as tf from '@tensorflow/tfjs-core';

import type {GradientStore} from '../params/gradients';
import {indexOf} from '../params/parameter';
import type {ParameterSet} from '../params/parameter_groups';
import type {Scalar} from '../rule/declaration';
import type {ParameterState, StateView} from '../state/state_view';
import {at} from '../util/at';
import {checkSwitch} from '../util/options';

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

/** What rows are made from. */
interface Rows {
  readonly state: StateView;
  readonly hypers: ReadonlyArray<Record<string, Scalar>>;
  readonly grads: GradientStore;
}

/**
 * The parameters with their group, state and hypers.
 * @param index the index of the group, where a negative one counts from the end. Undefined: all groups.
 * @param withGrad whether to return only those that have a gradient.
 */
export function paramRows(
  set: ParameterSet,
  {state, hypers, grads}: Rows,
  index: number | undefined,
  withGrad: boolean,
): ParamRow[] {
  checkSwitch('withGrad', withGrad);
  const wanted = index !== undefined && index < 0 ? set.count + index : index;
  return set.parameters
    .filter(({variable, group}) => {
      if (withGrad && grads.get(variable) === undefined) return false;
      return wanted === undefined || indexOf(group) === wanted;
    })
    .map(parameter => ({
      variable: parameter.variable,
      group: indexOf(parameter.group),
      trainable: set.trains(parameter),
      state: state.get(parameter.variable),
      hypers: at(hypers, parameter.group.index),
    }));
}
