import type * as tf from '@tensorflow/tfjs-core';

import type {Scalar} from '../rule/declaration';
import {type WeightKind, weightKind} from './weight_kind';

/** Flags that users set on a parameter; they stay when the state is cleared. */
export interface Flags {
  /** Whether weight decay and L2 act on the parameter. */
  doWd?: boolean;
  /** Whether it trains although its group is frozen. */
  forceTrain?: boolean;
}

/** One variable that an optimizer trains, with its state. */
export interface Parameter {
  readonly variable: tf.Variable;
  /** State by entry: tensors and numbers of the host. */
  readonly entries: Record<string, tf.Tensor | number>;
  readonly flags: Flags;
  /** What the variable was told to be, or is by its name. */
  readonly kind: WeightKind | undefined;
  /** The group that it is in. */
  group: Group;
  /** Whether others wrote the variable since its last step. Absent before the first step with its state. */
  isReplaced?: () => boolean;
}

/** Parameters with the same hypers. */
export interface Group {
  readonly index: number;
  readonly parameters: Parameter[];
  readonly hypers: Record<string, Scalar>;
  frozen: 'no' | 'unless forced' | 'wholly';
}

/** A parameter with neither state nor flags. */
export function newParameter(variable: tf.Variable, group: Group): Parameter {
  return {variable, entries: {}, flags: {}, kind: weightKind(variable), group};
}

/** Frees the tensors of a parameter's state and forgets it; the flags stay. */
export function clearEntries(parameter: Parameter): void {
  const {entries} = parameter;
  delete parameter.isReplaced;
  for (const [name, value] of Object.entries(entries)) {
    if (typeof value !== 'number') value.dispose();
    Reflect.deleteProperty(entries, name);
  }
}

/** Gives a parameter other state and flags, or none. The tensors are its own then. */
export function replaceState(
  parameter: Parameter,
  {entries, flags}: Pick<Parameter, 'entries' | 'flags'> = {entries: {}, flags: {}},
): void {
  clearEntries(parameter);
  delete parameter.flags.doWd;
  delete parameter.flags.forceTrain;
  Object.assign(parameter.entries, entries);
  Object.assign(parameter.flags, flags);
}
