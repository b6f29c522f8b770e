import * as tf from '@tensorflow/tfjs-core';

import type {Group, Parameter} from '../params/parameter';
import {type Chain, chainIn, commonIn, commonKey} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import {own} from '../util/own';
import {checkValues} from '../util/settings_check';
import {checkIsVariable, isTensor} from '../util/tensors';
import {checkStateEntry} from './state_check';

/** The state of one parameter, with the flags that were set. */
export type ParameterState = Readonly<Record<string, tf.Tensor | Scalar>>;

/** The state of an optimizer by variable. */
export interface StateView {
  /**
   * The state and flags of a variable. The optimizer owns the tensors; clone those that must outlive the next step.
   * @throws for a loaded optimizer that has no variables yet: `optimizerOf(model)` gives it those of the model.
   */
  get(variable: tf.Variable): ParameterState;
  /**
   * Sets the flags `doWd` and `forceTrain`, host numbers and tensors (copied) of a variable. It also works before the
   * first step.
   * @throws for a name that is neither a flag nor a state entry, and for a value of another type or shape; then
   *   nothing is set.
   */
  set(variable: tf.Variable, values: ParameterState): void;
}

/** What the view needs of its optimizer. */
interface StateOwner {
  readonly chain: () => Chain;
  readonly common: () => Record<string, number>;
  /** The parameter of a variable; undefined where the variable is not bound. */
  readonly known: (variable: tf.Variable) => Parameter | undefined;
  /** The same. @throws where loaded state still waits for its variables. */
  readonly read: (variable: tf.Variable) => Parameter | undefined;
  /** The parameter of a variable. It binds the variable first where needed. @throws where it can't be bound. */
  readonly bound: (variable: tf.Variable) => Parameter;
  /** The group that a variable would join if it were bound without saved state. */
  readonly groupOf: (variable: tf.Variable) => Group;
}

export function stateView({chain, common, known, read, bound, groupOf}: StateOwner): StateView {
  return {
    get: variable => {
      checkIsVariable(variable);
      const parameter = read(variable);
      if (parameter === undefined) return {};
      const {entries, flags, group} = parameter;
      const shared = Object.keys(entries).length > 0 ? commonIn(chain(), group.index, common()) : {};
      return {...entries, ...shared, ...flags};
    },
    set: (variable, values) => {
      checkIsVariable(variable);
      checkValues('state.set(variable, ', values);
      const before = known(variable);
      const {index, hypers} = before?.group ?? groupOf(variable);
      for (const [name, value] of Object.entries(values))
        checkStateEntry(chainIn(chain(), index), variable, hypers, name, value, before && own(before.entries, name));
      const parameter = bound(variable);
      const {entries, flags} = parameter;
      // All copies are made first, because the values may be this state itself, also under other names.
      const copied = Object.entries(values).map(
        ([name, value]) => [name, isTensor(value) ? tf.keep(value.clone()) : value] as const,
      );
      for (const [name, value] of copied) {
        if (name === 'doWd' || name === 'forceTrain') flags[name] = value === true;
        else if (typeof value === 'number') {
          const key = commonKey(chain(), parameter.group.index, name);
          if (key === undefined) entries[name] = value;
          else common()[key] = value;
        } else if (isTensor(value)) {
          const old = own(entries, name);
          // A point in weight space that a user sets belongs to the present weights, so it must not restart.
          delete parameter.isReplaced;
          entries[name] = value;
          if (isTensor(old)) old.dispose();
        }
      }
    },
  };
}
