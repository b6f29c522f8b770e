import * as tf from '@tensorflow/tfjs-core';
import type {Scalar} from './callback';
import type {Chain} from './chain';
import {exposed} from './exposed';
import type {Parameter} from './groups';
import {checkStateEntry} from './state_check';
import {isTensor} from './tensors';

/** The state of one parameter, with the flags that were set. */
export type ParameterState = Readonly<Record<string, tf.Tensor | Scalar>>;

/** The state of an optimizer by variable. */
export class StateView {
  /**
   * @param known the parameter of a variable that is bound.
   * @param bound the parameter of a variable, which is bound where it can be and is not yet.
   */
  constructor(private readonly chain: () => Chain, private readonly common: () => Record<string, number>,
    private readonly known: (variable: tf.Variable) => Parameter | undefined, private readonly bound: (variable: tf.Variable) => Parameter) {}

  /** The state and flags of a variable. The tensors are the optimizer's own: clone what has to outlive the next step. */
  get(variable: tf.Variable): ParameterState {
    const {entries = {}, flags = {}} = this.known(variable) ?? {};
    const values = Object.values(entries);
    for (const value of values) if (isTensor(value)) exposed.add(value);
    return {...entries, ...values.length > 0 ? this.common() : {}, ...flags};
  }

  /**
   * Sets the flags `doWd` and `forceTrain`, host numbers and tensors (copied) of a variable, before its first step too.
   * @throws for what is neither a flag nor a state entry, or of another type or shape; nothing is set then.
   */
  set(variable: tf.Variable, values: ParameterState): void {
    const chain = this.chain();
    const now = this.known(variable)?.entries;
    for (const [name, value] of Object.entries(values)) checkStateEntry(chain, variable, name, value, now?.[name]);
    const {entries, flags} = this.bound(variable);
    for (const [name, value] of Object.entries(values)) {
      if (name === 'doWd' || name === 'forceTrain') flags[name] = value === true;
      else if (typeof value === 'number') (chain.common.has(name) ? this.common() : entries)[name] = value;
      else if (isTensor(value)) {
        const old = entries[name];
        entries[name] = tf.keep(value.clone());
        if (isTensor(old)) old.dispose();
      }
    }
  }
}
