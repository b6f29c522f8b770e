import * as tf from '@tensorflow/tfjs';

/** The largest difference between the numbers of tensors in one list and in another. */
export function difference(a: readonly tf.Tensor[], b: readonly tf.Tensor[]): number {
  return Math.max(
    ...a.map((tensor, i) =>
      tf.tidy(
        () =>
          tensor
            .sub(b[i] ?? NaN)
            .abs()
            .max()
            .dataSync()[0] ?? NaN,
      ),
    ),
  );
}
