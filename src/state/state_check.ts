import * as tf from '@tensorflow/tfjs-core';

import {startShape} from '../fuse/start_shape';
import {type Chain, startIn} from '../rule/chain';
import type {Scalar} from '../rule/declaration';
import {shown} from '../util/shown';
import {isTensor} from '../util/tensors';

/**
 * Checks one flag or state entry of a variable.
 * @param hypers those of the variable's group.
 * @param now the entry's present value. Its shape must stay where the entry's start does not tell one.
 * @throws for a name that is neither a flag nor an entry of the chain, and for a value that the entry can't have.
 */
export function checkStateEntry(
  chain: Chain,
  variable: tf.Variable,
  hypers: Readonly<Record<string, Scalar>>,
  name: string,
  value: unknown,
  now?: unknown,
): void {
  if (name === 'doWd' || name === 'forceTrain') {
    if (typeof value !== 'boolean') throw new Error(`'${name}' must be true or false; got ${shown(value)}.`);
    return;
  }
  const found = startIn(chain, name, hypers);
  if (found === undefined)
    throw new Error(
      `This optimizer has no state '${name}'; it has ${['doWd', 'forceTrain', ...chain.state.keys()].join(', ')}.`,
    );
  const {start, options} = found;
  if (typeof start === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new Error(`The state '${name}' of '${variable.name}' must be a finite number; got ${shown(value)}.`);
    return;
  }
  const shape = startShape(start, variable.shape, options) ?? (isTensor(now) ? now.shape : undefined);
  if (
    !isTensor(value) ||
    value.dtype !== 'float32' ||
    (shape !== undefined && !tf.util.arraysEqual([...shape], value.shape))
  ) {
    const got = isTensor(value) ? `${value.dtype} of shape [${value.shape}]` : shown(value);
    throw new Error(
      `The state '${name}' of '${variable.name}' must be a float32 tensor` +
        `${shape === undefined ? '' : ` of shape [${shape}]`}; got ${got}.`,
    );
  }
  if (value.isDisposed)
    throw new Error(`The new state '${name}' of '${variable.name}' is disposed; pass a live tensor.`);
}
