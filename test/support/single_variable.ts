import type {Optimizer} from '../../src';
import {tf} from './tfjs';
import {variableOf} from './vectors';

/**
 * The values of one variable after each step of an optimizer, which is then disposed.
 * @param start its values before.
 * @param before called before each step.
 */
export async function valuesBySteps(
  optimizer: Optimizer,
  start: readonly number[],
  gradients: ReadonlyArray<readonly number[]>,
  before: (step: number) => void = () => undefined,
): Promise<number[][]> {
  const variable = variableOf([...start]);
  const seen: number[][] = [];
  for (const [step, gradient] of gradients.entries()) {
    before(step);
    tf.tidy(() => {
      optimizer.applyGradients([{name: variable.name, tensor: tf.tensor1d([...gradient])}]);
    });
    seen.push([...(await variable.data())]);
  }
  optimizer.dispose();
  variable.dispose();
  return seen;
}
