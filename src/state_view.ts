import * as tf from '@tensorflow/tfjs-core';
import type {Scalar} from './callback';
import type {Chain} from './chain';
import {exposed} from './exposed';
import type {Parameter} from './groups';
import {isTensor} from './tensors';

/** The state of one parameter, with the flags that were set. */
export type ParameterState = Readonly<Record<string, tf.Tensor | Scalar>>;

/** What the view needs of its optimizer. */
export interface StateOwner {
  readonly chain: Chain;
  readonly common: Record<string, number>;
  /** The parameter of a variable; bound where it can be and is not yet. */
  parameter(variable: tf.Variable): Parameter;
  known(variable: tf.Variable): Parameter | undefined;
}

/** The state of an optimizer by variable. */
export class StateView {
  constructor(private readonly owner: StateOwner) {}

  /** The state and flags of a variable. The tensors are the optimizer's own: clone what has to outlive the next step. */
  get(variable: tf.Variable): ParameterState {
    const {common} = this.owner;
    const parameter = this.owner.known(variable);
    for (const value of Object.values(parameter?.entries ?? {})) if (isTensor(value)) exposed.add(value);
    return parameter === undefined ? {} : {...parameter.entries, ...Object.keys(parameter.entries).length > 0 ? common : {}, ...parameter.flags};
  }

  /**
   * Sets the flags `doWd` and `forceTrain`, host numbers and tensors (copied) of a variable, before its first step too.
   * @throws for what is neither a flag nor a state entry, or of another type or shape; nothing is set then.
   */
  set(variable: tf.Variable, values: ParameterState): void {
    for (const [name, value] of Object.entries(values)) this.check(variable, name, value);
    const {entries, flags} = this.owner.parameter(variable);
    for (const [name, value] of Object.entries(values)) {
      if (name === 'doWd' || name === 'forceTrain') flags[name] = value === true;
      else if (typeof value === 'number') (this.owner.chain.common.has(name) ? this.owner.common : entries)[name] = value;
      else if (isTensor(value)) {
        const old = entries[name];
        entries[name] = tf.keep(value.clone());
        if (isTensor(old)) old.dispose();
      }
    }
  }

  private check(variable: tf.Variable, name: string, value: unknown): void {
    if (name === 'doWd' || name === 'forceTrain') {
      if (typeof value !== 'boolean') throw new Error(`'${name}' is true or false, got ${String(value)}.`);
      return;
    }
    const {state} = this.owner.chain;
    const start = state.get(name);
    if (start === undefined) throw new Error(`'${name}' is no state of this optimizer; known: ${['doWd', 'forceTrain', ...state.keys()].join(', ')}.`);
    if (typeof start === 'number') {
      if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`The state '${name}' is a finite number, got ${String(value)}.`);
      return;
    }
    const now = this.owner.known(variable)?.entries[name];
    const shape = isTensor(now) ? now.shape : undefined;
    if (!isTensor(value) || value.dtype !== 'float32' || (shape !== undefined && !tf.util.arraysEqual(shape, value.shape))) {
      throw new Error(`The state '${name}' of '${variable.name}' is a float32 tensor${shape === undefined ? '' : ` of shape [${shape}]`}.`);
    }
  }
}
