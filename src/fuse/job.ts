import type * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import {own} from '../util/own';

/** One parameter of a step, as the optimizer hands it over: what to compute with, and where the results go. */
export interface Job {
  readonly variable: tf.Variable;
  /** The index of the parameter's group. */
  readonly group: number;
  /** Of the variable's shape, float32; absent where there is none. */
  readonly grad: tf.Tensor | undefined;
  /** False for a frozen parameter. */
  readonly trains: boolean;
  readonly doWd: boolean;
  /** The hypers of the parameter's group: the same object for all parameters of a group. */
  readonly hypers: Readonly<Record<string, Scalar>>;
  /** State: tensors and host numbers by entry. A step replaces them. */
  readonly entries: Record<string, tf.Tensor | number>;
}

/** Puts a host number that a step left for some parameters where it belongs: with each, or in `common`. */
export function numberWriter(
  chain: Chain,
  common: Record<string, number>,
): (jobs: readonly Job[], name: string, value: number) => void {
  const before = {...common};
  return (jobs, name, value) => {
    if (!chain.common.has(name)) for (const {entries} of jobs) entries[name] = value;
    // A parameter that was stopped before the callback's turn has the number as it was before the step.
    else if (value !== own(before, name)) common[name] = value;
  };
}
