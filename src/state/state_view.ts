import * as tf from '@tensorflow/tfjs-core';

import type {Parameter} from '../params/parameter';
import type {Chain} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import {own} from '../util/own';
import {isTensor} from '../util/tensors';
import {checkStateEntry} from './state_check';

/** The state of one parameter, with the flags that were set. */
export type ParameterState = Readonly<Record<string, tf.Tensor | Scalar>>;

/** The state of an optimizer by variable. */
export interface StateView {
  /**
   * The state and flags of a variable. The tensors are the optimizer's own: clone what has to outlive the next step.
   */
  get(variable: tf.Variable): ParameterState;
  /**
   * Sets the flags `doWd` and `forceTrain`, host numbers and tensors (copied) of a variable, before its first step
   * too.
   * @throws for what is neither a flag nor a state entry, or of another type or shape; nothing is set then.
   */
  set(variable: tf.Variable, values: ParameterState): void;
}

/** What the view needs of its optimizer. */
export interface StateOwner {
  readonly chain: () => Chain;
  readonly common: () => Record<string, number>;
  /** The parameter of a variable that is bound. */
  readonly known: (variable: tf.Variable) => Parameter | undefined;
  /** The parameter of a variable, which is bound where it can be and is not yet. */
  readonly bound: (variable: tf.Variable) => Parameter;
}

export function stateView({chain, common, known, bound}: StateOwner): StateView {
  return {
    get: variable => {
      const {entries = {}, flags = {}} = known(variable) ?? {};
      return {...entries, ...(Object.keys(entries).length > 0 ? common() : {}), ...flags};
    },
    set: (variable, values) => {
      const now = known(variable)?.entries;
      for (const [name, value] of Object.entries(values))
        checkStateEntry(chain(), variable, name, value, now && own(now, name));
      const parameter = bound(variable);
      const {entries, flags} = parameter;
      // All copies first: among the values may be the state itself, also of other entries.
      const copied = Object.entries(values).map(
        ([name, value]) => [name, isTensor(value) ? tf.keep(value.clone()) : value] as const,
      );
      for (const [name, value] of copied) {
        if (name === 'doWd' || name === 'forceTrain') flags[name] = value === true;
        else if (typeof value === 'number') (chain().common.has(name) ? common() : entries)[name] = value;
        else if (isTensor(value)) {
          const old = own(entries, name);
          // Whoever sets a point in weight space means the weights that he sets with it.
          delete parameter.isReplaced;
          entries[name] = value;
          if (isTensor(old)) old.dispose();
        }
      }
    },
  };
}
