import type {Optimizer} from '../../src';
import type {tf} from './tfjs';

/** The bits of the values of float32 tensors: -0 differs from 0, and NaN equals itself. */
export function bitsOf(tensors: readonly tf.Tensor[]): Promise<number[][]> {
  return Promise.all(tensors.map(async tensor => [...new Int32Array(Float32Array.from(await tensor.data()).buffer)]));
}

/**
 * Everything that an optimizer knows and, bit by bit, the values of variables: equal snapshots mean that nothing
 * changed.
 */
export async function snapshot(
  optimizer: Optimizer,
  variables: readonly tf.Tensor[] = optimizer.paramLists.flat(),
): Promise<object> {
  const {state, shared: numbers = {}, ...rest} = optimizer.stateDict();
  const shared = await bitsOf(Object.values(numbers));
  for (const tensor of Object.values(numbers)) tensor.dispose();
  const values = await Promise.all(
    state.map(
      async of =>
        new Map<string, unknown>(
          await Promise.all(
            Object.entries(of).map(async ([name, value]) => {
              if (typeof value !== 'object') return [name, value] as const;
              const bits = await bitsOf([value]);
              value.dispose();
              return [name, {shape: value.shape, bits}] as const;
            }),
          ),
        ),
    ),
  );
  return {...rest, shared, state: values.map(of => Object.fromEntries(of)), variables: await bitsOf(variables)};
}
