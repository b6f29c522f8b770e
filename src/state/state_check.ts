import * as tf from '@tensorflow/tfjs-core';

import type {Chain} from '../rule/chain';
import {startShape} from '../rule/starts';
import {isTensor} from '../util/tensors';

/**
 * Checks one flag or state entry of a variable.
 * @param now the entry as it is, whose shape rules where its start does not tell one.
 * @throws for what is neither a flag nor an entry of the chain, or can't be its value.
 */
export function checkStateEntry(
  chain: Chain,
  variable: tf.Variable,
  name: string,
  value: unknown,
  now?: unknown,
): void {
  if (name === 'doWd' || name === 'forceTrain') {
    if (typeof value !== 'boolean') throw new Error(`'${name}' is true or false, got ${String(value)}.`);
    return;
  }
  const start = chain.state.get(name);
  if (start === undefined)
    throw new Error(
      `'${name}' is no state of this optimizer; known: ${['doWd', 'forceTrain', ...chain.state.keys()].join(', ')}.`,
    );
  if (typeof start === 'number') {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new Error(`The state '${name}' of '${variable.name}' is a finite number, got ${String(value)}.`);
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
      `The state '${name}' of '${variable.name}' is a float32 tensor${shape === undefined ? '' : ` of shape [${shape}]`}, got ${got}.`,
    );
  }
  if (value.isDisposed) throw new Error(`The state '${name}' of '${variable.name}' is disposed.`);
}
