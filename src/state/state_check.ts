import * as tf from '@tensorflow/tfjs-core';

import {startShape} from '../fuse/start_shape';
import type {Chain} from '../rule/chain';
import {isTensor} from '../util/tensors';

/**
 * Checks one flag or state entry of a variable.
 * @param now the entry's present value. Its shape must stay where the entry's start does not tell one.
 * @throws for a name that is neither a flag nor an entry of the chain, and for a value that the entry can't have.
 */
export function checkStateEntry(
  chain: Chain,
  variable: tf.Variable,
  name: string,
  value: unknown,
  now?: unknown,
): void {
  if (name === 'doWd' || name === 'forceTrain') {
    if (typeof value !== 'boolean') throw new Error(`'${name}' must be true or false; got ${String(value)}.`);
    return;
  }
  const start = chain.state.get(name);
  if (start === undefined)
    throw new Error(
      `This optimizer has no state '${name}'; it has ${['doWd', 'forceTrain', ...chain.state.keys()].join(', ')}.`,
    );
  if (typeof start === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new Error(`The state '${name}' of '${variable.name}' must be a finite number; got ${String(value)}.`);
    return;
  }
  const shape = startShape(start, variable.shape) ?? (isTensor(now) ? now.shape : undefined);
  if (
    !isTensor(value) ||
    value.dtype !== 'float32' ||
    (shape !== undefined && !tf.util.arraysEqual([...shape], value.shape))
  ) {
    const got = isTensor(value) ? `${value.dtype} of shape [${value.shape}]` : String(value);
    throw new Error(
      `The state '${name}' of '${variable.name}' must be a float32 tensor` +
        `${shape === undefined ? '' : ` of shape [${shape}]`}; got ${got}.`,
    );
  }
  if (value.isDisposed)
    throw new Error(`The new state '${name}' of '${variable.name}' is disposed; pass a live tensor.`);
}
