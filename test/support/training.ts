import type {Optimizer} from '../../src';
import {tf} from './tfjs';

/** New variables of these shapes, with the same values every time. A name is the beginning of the variable's name. */
export function variablesOf(shapes: ReadonlyArray<readonly number[]>, name?: string): tf.Variable[] {
  return shapes.map((shape, i) =>
    tf.tidy(() =>
      tf.variable(
        tf.tensor(numbers(i, shape), [...shape], 'float32'),
        true,
        name === undefined ? undefined : `${name}${i}`,
      ),
    ),
  );
}

/**
 * Makes steps with gradients that depend on step, parameter and element alone; `missing` are the parameters without
 * one.
 */
export function train(
  optimizer: Pick<Optimizer, 'applyGradients'>,
  variables: readonly tf.Variable[],
  from: number,
  to: number,
  missing: readonly number[] = [],
): void {
  for (let step = from; step < to; step++) {
    const gradients = variables.map(({name, shape}, i) => ({
      name,
      tensor: missing.includes(i) ? null : tf.tensor(gradientNumbers(step, i, shape), shape, 'float32'),
    }));
    optimizer.applyGradients(gradients);
    // A missing gradient has no tensor.
    tf.dispose(gradients.flatMap(({tensor}) => tensor ?? []));
  }
}

/** The gradient that `train` gives parameter i in a step. */
export function gradientNumbers(step: number, i: number, shape: readonly number[]): number[] {
  return numbers(11 * step + 101 * i + 7, shape);
}

/** The values of some tensors. */
export async function valuesOf(tensors: readonly tf.Tensor[]): Promise<number[][]> {
  return Promise.all(tensors.map(async tensor => [...(await tensor.data())]));
}

/** A parameter's state as numbers. */
export async function stateOf(
  optimizer: Optimizer,
  variable: tf.Variable,
): Promise<Record<string, boolean | number | readonly number[]>> {
  const entries = Object.entries(optimizer.state.get(variable)).map(
    async ([name, value]) => [name, value instanceof tf.Tensor ? [...(await value.data())] : value] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

function numbers(seed: number, shape: readonly number[]): number[] {
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({length: size}, (_, j) => Math.fround(Math.sin(1 + seed + 3 * j)));
}
