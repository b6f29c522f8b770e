import type * as tf from '@tensorflow/tfjs-core';

import type {Scalar} from '../rule/declaration';
import {type WeightKind, weightKind} from './weight_kind';

/** Flags that users set on a parameter. They stay when the state is cleared. */
export interface Flags {
  /** Whether weight decay and L2 act on the parameter. */
  doWd?: boolean;
  /** Whether the parameter trains although its group is frozen. */
  forceTrain?: boolean;
}

/** One variable that an optimizer trains, with its state. */
export interface Parameter {
  readonly variable: tf.Variable;
  /** State by entry: tensors and host numbers. */
  readonly entries: Record<string, tf.Tensor | number>;
  readonly flags: Flags;
  /** What the variable was declared to be; otherwise what its name tells. */
  readonly kind: WeightKind | undefined;
  /** The group that it is in. */
  group: Group;
  /** Whether others wrote the variable since its last step. Absent while nothing needs to know. */
  isReplaced?: () => boolean;
}

/** Parameters with the same hypers. */
export interface Group {
  readonly index: number;
  readonly parameters: Parameter[];
  readonly hypers: Record<string, Scalar>;
  frozen: 'no' | 'unless forced' | 'wholly';
  /** Only in a partition: the index of the user's group of which this is one part, and the part. */
  of?: {readonly group: number; readonly part: number; readonly name: string};
}

/** The index of a group, as users count groups. */
export function indexOf({of, index}: Group): number {
  return of === undefined ? index : of.group;
}

/** A parameter with neither state nor flags. */
export function newParameter(variable: tf.Variable, group: Group): Parameter {
  return {variable, entries: {}, flags: {}, kind: weightKind(variable), group};
}

/** Removes a parameter's state and disposes its tensors. The flags stay. */
export function clearEntries(parameter: Parameter): void {
  const {entries} = parameter;
  delete parameter.isReplaced;
  for (const [name, value] of Object.entries(entries)) {
    if (typeof value !== 'number') value.dispose();
    Reflect.deleteProperty(entries, name);
  }
}

/** Replaces a parameter's state and flags, by default with none. The parameter then owns the tensors. */
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
