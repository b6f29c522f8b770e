import type * as tf from '@tensorflow/tfjs-core';

import {type Chain, commonKey} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import type {GroupNumbers} from '../rule/group_numbers';
import {at} from '../util/at';
import {own} from '../util/own';

/** One parameter in a step: what to compute with, and where the results go. */
export interface Job {
  readonly variable: tf.Variable;
  /** The index of the parameter's group. */
  readonly group: number;
  /** Of the variable's shape, float32; undefined where the parameter has no gradient in this step. */
  readonly grad: tf.Tensor | undefined;
  /** False for a frozen parameter. */
  readonly trains: boolean;
  readonly doWd: boolean;
  /** The hypers of the parameter's group: the same object for all parameters of a group. */
  readonly hypers: Readonly<Record<string, Scalar>>;
  /** The numbers of the parameter's group: the same object for all its parameters. Absent where a chain has none. */
  readonly groupNumbers?: GroupNumbers | undefined;
  /** The state by entry: tensors and host numbers. A step replaces them. */
  readonly entries: Record<string, tf.Tensor | number>;
  /** What earlier parts of the step computed for later ones, by the name that graphs know it by. */
  temporaries?: ReadonlyMap<string, tf.Tensor> | undefined;
  /** The names of those that nodes of its graph became, by node. */
  crossed?: ReadonlyMap<number, string>;
}

/** The name of a tensor that crosses to a callback that runs alone, or back. No state entry can be called so. */
export function temporary(name: `${string}→${string}`): string {
  return name;
}

/** Whether it is the new value of a shared number. */
export function isNewShared(name: string): boolean {
  return name.endsWith('→shared');
}

export function isTemporary(name: string): boolean {
  return name.includes('→');
}

/** A function that stores a host number that a step computed: with each parameter, or in `common`. */
export function numberWriter(
  chain: Chain,
  common: Record<string, number>,
): (jobs: readonly Job[], name: string, value: number) => void {
  const before = {...common};
  return (jobs, name, value) => {
    const key = commonKey(chain, at(jobs, 0).group, name);
    if (key === undefined) for (const {entries} of jobs) entries[name] = value;
    // A parameter that was stopped before this callback ran still has the number from before the step.
    else if (value !== own(before, key)) common[key] = value;
  };
}
